import { Cluster, Redis } from 'ioredis';
import { backoff } from '../../src/async.ts';
import type { RedisTarget } from './url.ts';

/** What both kinds of client have. */
export type RedisClient = Redis | Cluster;

/** Milliseconds that a connection may take to be made, and may be silent while it owes an answer, before it is given up. */
const SOCKET_TIMEOUT_MS = 1_000;

/** Before the next attempt to connect, in ms. */
export function reconnectDelay(attempt: number): number {
  return backoff(attempt, { initialMs: 50, maxMs: 1_000 });
}

/**
 * A client that never keeps a command for later: what cannot be sent now is refused now, and what was sent on a connection
 * that broke is not sent again, for a lease that nobody waits for any more must not be taken.
 */
export function redisClient(target: RedisTarget): RedisClient {
  const { addresses } = target;
  const shared = { lazyConnect: true, enableOfflineQueue: false, enableAutoPipelining: true };
  if (target.kind === 'cluster') {
    return new Cluster(
      addresses.map((node) => ({ ...node })),
      {
        ...shared,
        redisOptions: connectionOptions(target),
        clusterRetryStrategy: reconnectDelay,
        // The certificates carry names, and a name may move.
        ...(target.tls && { dnsLookup: (name, done) => done(null, name) }),
      },
    );
  }
  return new Redis({ ...singleServerOptions(target, 0), ...shared, retryStrategy: reconnectDelay });
}

/**
 * For a connection that only listens, and that is not made again by itself. In a cluster it leads to one of the nodes.
 *
 * @param attempt Another address is tried each time.
 */
export function subscriberOptions(target: RedisTarget, attempt: number) {
  return {
    ...singleServerOptions(target, attempt),
    lazyConnect: true,
    retryStrategy: () => null,
    autoResubscribe: false,
  };
}

function connectionOptions({ username, password, tls }: RedisTarget) {
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    connectTimeout: SOCKET_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    ...(tls && { tls: {} }),
  };
}

/** To one server: the one that is named, or that the sentinels name. */
function singleServerOptions(target: RedisTarget, attempt: number) {
  const { addresses, db, master, tls } = target;
  if (target.kind !== 'sentinel') {
    const address = addresses[attempt % addresses.length];
    return { ...connectionOptions(target), ...(target.kind === 'single' && { db }), ...address };
  }
  return {
    ...connectionOptions(target),
    db,
    sentinels: addresses.map((node) => ({ ...node })),
    name: master,
    sentinelRetryStrategy: reconnectDelay,
    ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
  };
}
