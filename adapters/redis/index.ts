/**
 * What the gateways share through Redis. It may be away: then each goes on alone.
 *
 * @module
 */

import { PROBE_STATES, type ProbeState } from '../../src/health/probes.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import type { Metrics } from '../../src/telemetry/metrics.ts';
import type { CacheStore } from '../../src/traffic/cache/cache-store.ts';
import type { EventLog } from '../../src/traffic/events/event-log.ts';
import type { Counter } from '../../src/traffic/limit/counter.ts';
import type { ProjectVersions } from '../../src/traffic/versions/project-versions.ts';
import { redisCacheStore } from './cache-store.ts';
import { redisClient } from './client.ts';
import { RedisConnection } from './connection.ts';
import { redisCounter } from './counter.ts';
import { RedisEventLog } from './event-log.ts';
import { RedisFailure } from './failure.ts';
import type { RedisTarget } from './url.ts';
import { RedisVersions } from './versions.ts';

export { parseRedisUrl } from './url.ts';

export interface Redis {
  readonly counter: Counter;
  readonly versions: ProjectVersions;
  readonly cacheStore: CacheStore;
  readonly eventLog: EventLog;
  /** Rejects while Redis cannot be written. */
  ping(): Promise<void>;
  /** What `ping` finds, for `/readyz`. */
  probe(): Promise<ProbeState>;
  close(): Promise<void>;
}

/** Connects; where that fails it goes on trying, and everything else goes on without it. */
export async function openRedis(
  target: RedisTarget,
  ports: { log: Logger; metrics: Metrics },
): Promise<Redis> {
  const link = new RedisConnection(redisClient(target), ports);
  const versions = new RedisVersions(link, target);
  const eventLog = new RedisEventLog(link, target);
  // These define commands: a pipeline that was begun before would not have them.
  const [counter, cacheStore] = [redisCounter(link), redisCacheStore(link)];
  await link.open();
  await Promise.all([versions.open(), eventLog.connect()]);
  return {
    counter,
    versions,
    cacheStore,
    eventLog,
    ping: () => link.ping(),
    probe: () => link.ping().then(() => 'ok' as const, stateOf),
    async close() {
      versions.close();
      eventLog.close();
      await link.close();
    },
  };
}

function stateOf(error: unknown): ProbeState {
  const reason = error instanceof RedisFailure ? error.reason : null;
  return PROBE_STATES.find((state) => state === reason) ?? 'unreachable';
}
