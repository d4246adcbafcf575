import { Cluster, Redis } from 'ioredis';
import { backoff } from '../../src/async.ts';
import type { RedisTarget } from './url.ts';

export type RedisClient = Redis | Cluster;

/** For connecting, and for a connection that owes a reply. */
const SOCKET_TIMEOUT_MS = 1_000;

export function reconnectDelay(attempt: number): number {
  return backoff(attempt, { initialMs: 50, maxMs: 1_000 });
}

/**
 * A client without an offline queue and without resending: a command that cannot be sent now fails, and one that was sent on a
 * broken connection is not repeated, since a lease would be acquired twice.
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
        // Certificates are issued for host names, which have to stay unresolved.
        ...(target.tls && { dnsLookup: (name, done) => done(null, name) }),
      },
    );
  }
  return new Redis({ ...singleServerOptions(target, 0), ...shared, retryStrategy: reconnectDelay });
}

/** Of a pub/sub connection, which does not reconnect by itself; `attempt` selects the address, in turn. */
export function subscriberOptions(target: RedisTarget, attempt: number) {
  const options = singleServerOptions(target, attempt);
  return { ...options, lazyConnect: true, retryStrategy: () => null, autoResubscribe: false };
}

/** Registers Lua scripts as commands of the client; must precede the first pipeline, which lacks later ones. */
export function defineScripts<Scripts>(
  client: RedisClient,
  numberOfKeys: number,
  scripts: Record<keyof Scripts & string, string>,
): Scripts {
  for (const [name, lua] of Object.entries<string>(scripts))
    client.defineCommand(name, { numberOfKeys, lua });
  // The types of ioredis do not know defined commands.
  return client as unknown as Scripts;
}

/** null if it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
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
