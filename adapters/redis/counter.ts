import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Counter } from '../../src/traffic/limit/counter.ts';
import type { RedisLink } from './link.ts';

/** Of all counters: `linguanova:limit:family:<plan>:<id>`, `linguanova:limit:project:<plan>:<id>`. */
const PREFIX = 'linguanova:limit';

/** Counts in Redis, for all gateways that share it. */
export function redisCounter(link: RedisLink): Counter {
  const limiter = new RateLimiterRedis({
    storeClient: link.client,
    keyPrefix: PREFIX,
    points: Number.MAX_SAFE_INTEGER,
    duration: 1,
    rejectIfRedisNotReady: true,
  });
  return {
    get available() {
      return link.available;
    },
    get lostAt() {
      return link.lostAt;
    },
    get backAt() {
      return link.backAt;
    },
    get nodes() {
      return link.nodes;
    },
    async take(key, points, seconds) {
      // It rejects past its own points with what it would have answered; here that is never.
      const result = await link.run(() =>
        limiter.consume(key, points, { customDuration: seconds }).catch((error: unknown) => {
          if (error instanceof RateLimiterRes) return error;
          throw error;
        }),
      );
      return { total: result.consumedPoints, endsIn: result.msBeforeNext };
    },
  };
}
