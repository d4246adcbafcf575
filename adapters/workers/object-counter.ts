import { withTimeout } from '../../src/async.ts';
import { monotonicMs } from '../../src/clock.ts';
import type { Counter } from '../../src/traffic/limit/counter.ts';
import type { ObjectNamespace } from './bindings.ts';
import type { Counted, LimitObject } from './limit-object.ts';

/** The far side of the world is about 300 ms away. */
const TAKE_TIMEOUT_MS = 1_000;
/** After a failure no object is called for this long. */
const COOLDOWN_MS = 2_000;
const NODES_TTL_MS = 60_000;

export interface ObjectCounterOptions {
  /** Name of the object that counts a key. */
  readonly nameOf: (key: string) => string;
  /** For tests. */
  readonly now?: () => number;
  /** For tests. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Counts points in Durable Objects, shared by all isolates. Each isolate is a node; `nodes` is the largest number of isolates that
 * an object has reported in the last minute.
 */
export function objectCounter(
  objects: ObjectNamespace<LimitObject>,
  { nameOf, now = monotonicMs, timeoutMs = TAKE_TIMEOUT_MS }: ObjectCounterOptions,
): Counter {
  const isolate = crypto.randomUUID();
  let cooldownUntil = Number.NEGATIVE_INFINITY;
  let lostAt = Number.NEGATIVE_INFINITY;
  let backAt = Number.NEGATIVE_INFINITY;
  let nodes = { number: 1, heardAt: Number.NEGATIVE_INFINITY };

  async function takeRemote(key: string, points: number, seconds: number): Promise<Counted> {
    // A new stub for each call: a stub whose object failed keeps failing.
    const take = () => objects.get(objects.idFromName(nameOf(key))).take(points, seconds, isolate);
    try {
      // A moved or redeployed object is available again immediately. Points counted twice are acceptable.
      return await withTimeout(
        take().catch((error) => (isRetryable(error) ? take() : Promise.reject(error))),
        timeoutMs,
        () => {
          throw new Error(`a limit object did not respond in ${timeoutMs} ms`);
        },
      );
    } catch (error) {
      cooldownUntil = now() + COOLDOWN_MS;
      if (backAt >= lostAt) lostAt = monotonicMs();
      throw error;
    }
  }

  return {
    get available() {
      return now() >= cooldownUntil;
    },
    get downSince() {
      return lostAt;
    },
    get upSince() {
      return backAt;
    },
    get nodes() {
      return nodes.number;
    },
    async acquire(key, points, seconds) {
      if (now() < cooldownUntil) throw new Error('the limit objects are unavailable');
      const counted = await takeRemote(key, points, seconds);
      if (lostAt > backAt) backAt = monotonicMs();
      const stale = now() - nodes.heardAt > NODES_TTL_MS;
      if (stale || counted.nodes >= nodes.number) nodes = { number: counted.nodes, heardAt: now() };
      return { total: counted.total, endsInMs: counted.endsInMs };
    },
  };
}

/** See `retryable` and `overloaded` (developers.cloudflare.com/durable-objects/best-practices/error-handling). */
function isRetryable(error: unknown): boolean {
  const passing = error instanceof Error && 'retryable' in error && error.retryable === true;
  return passing && !('overloaded' in error && error.overloaded === true);
}
