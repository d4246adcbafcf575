import { Cluster, Redis } from 'ioredis';
import type { RedisTarget } from './url.ts';

/** What both kinds of client have. */
export type RedisClient = Redis | Cluster;

/** Milliseconds that a connection may take to be made, and may be silent while it owes an answer, before it is given up. */
const SILENCE = 1_000;
/** Longest pause between two attempts to connect, milliseconds. */
const MAX_PAUSE = 1_000;

/** 50 ms, 100, 200 ... with jitter, so that the nodes do not come back as one. */
function pause(attempt: number): number {
  return Math.min(25 * 2 ** Math.min(attempt, 10), MAX_PAUSE) * (0.75 + Math.random() / 2);
}

/**
 * A client that never keeps a command for later: what cannot be sent now is refused now, and what was sent on a connection
 * that broke is not sent again, for a lease that nobody waits for any more must not be taken.
 */
export function redisClient(target: RedisTarget): RedisClient {
  const { addresses, username, password, db, master } = target;
  const common = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    connectTimeout: SILENCE,
    socketTimeout: SILENCE,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
  };
  const shared = { lazyConnect: true, enableOfflineQueue: false, enableAutoPipelining: true };
  const tls = target.tls ? { tls: {} } : {};
  if (target.kind === 'cluster') {
    return new Cluster(
      addresses.map((node) => ({ ...node })),
      {
        ...shared,
        redisOptions: { ...common, ...tls },
        clusterRetryStrategy: pause,
        // The certificates carry names, and a name may move.
        ...(target.tls && { dnsLookup: (name, done) => done(null, name) }),
      },
    );
  }
  const alone = { ...common, ...shared, ...tls, db, retryStrategy: pause };
  if (target.kind === 'sentinel') {
    return new Redis({
      ...alone,
      sentinels: addresses.map((node) => ({ ...node })),
      name: master,
      sentinelRetryStrategy: pause,
      ...(target.tls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
    });
  }
  const [address] = addresses;
  return new Redis({ ...alone, ...address });
}
