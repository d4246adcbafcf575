/**
 * What the gateways share through Redis. It may be away: then each goes on alone.
 *
 * @module
 */

import type { Logger } from '../../src/telemetry/logger.ts';
import type { Metrics } from '../../src/telemetry/metrics.ts';
import type { Counter } from '../../src/traffic/limit/counter.ts';
import { redisClient } from './client.ts';
import { redisCounter } from './counter.ts';
import { RedisLink } from './link.ts';
import type { RedisTarget } from './url.ts';

export { parseRedisUrl } from './url.ts';

export interface Redis {
  readonly counter: Counter;
  /** Rejects while Redis cannot be written. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Connects; where that fails it goes on trying, and everything else goes on without it. */
export async function openRedis(
  target: RedisTarget,
  ports: { log: Logger; metrics: Metrics },
): Promise<Redis> {
  const link = new RedisLink(redisClient(target), ports);
  await link.open();
  return { counter: redisCounter(link), ping: () => link.ping(), close: () => link.close() };
}
