import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Counter } from '../../src/traffic/limit/counter.ts';
import type { RedisConnection } from './connection.ts';

/** Of all counters: `linguanova:limit:family:<plan>:<id>`, `linguanova:limit:project:<plan>:<id>`. */
const KEY_PREFIX = 'linguanova:limit';

/** Counts in Redis, for all gateways that share it. */
export function redisCounter(link: RedisConnection): Counter {
  const limiter = new RateLimiterRedis({
    storeClient: link.client,
    keyPrefix: KEY_PREFIX,
    points: Number.MAX_SAFE_INTEGER,
    duration: 1,
    rejectIfRedisNotReady: true,
  });
  return {
    get available() {
      return link.available;
    },
    get downSince() {
      return link.downSince;
    },
    get upSince() {
      return link.upSince;
    },
    get nodes() {
      return link.nodes;
    },
    async acquire(key, points, seconds) {
      // It rejects past its own points with what it would have answered; here that is never.
      const result = await link.run(() =>
        limiter.consume(key, points, { customDuration: seconds }).catch((error: unknown) => {
          if (error instanceof RateLimiterRes) return error;
          throw error;
        }),
      );
      return { total: result.consumedPoints, endsInMs: result.msBeforeNext };
    },
  };
}
