import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Counter } from '../../src/traffic/limit/counter.ts';

/** Counts in this process; for a single gateway. */
export function memoryCounter(): Counter {
  const limiter = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: 1 });
  return {
    available: true,
    lostAt: Number.NEGATIVE_INFINITY,
    backAt: Number.NEGATIVE_INFINITY,
    nodes: 1,
    async take(key, points, seconds) {
      // It rejects past its own points with what it would have answered; here that is never.
      const result = await limiter
        .consume(key, points, { customDuration: seconds })
        .catch((error: unknown) => {
          if (error instanceof RateLimiterRes) return error;
          throw error;
        });
      return { total: result.consumedPoints, endsIn: result.msBeforeNext };
    },
  };
}
