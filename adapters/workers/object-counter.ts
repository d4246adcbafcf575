import { withTimeout } from '../../src/async.ts';
import { monotonicMs } from '../../src/clock.ts';
import type { Counter } from '../../src/traffic/limit/counter.ts';
import type { ObjectNamespace } from './bindings.ts';
import type { Counted, LimitObject } from './limit-object.ts';

/** Milliseconds that an object may take to count; the far side of the world is about 300 away. */
const TAKE_TIMEOUT_MS = 1_000;
/** Milliseconds for which objects are not asked again after one has failed: each who asks would fail, or wait, as well. */
const COOLDOWN_MS = 2_000;
/** For how long the number of isolates that some object told is believed, milliseconds. */
const NODES_TTL_MS = 60_000;

export interface ObjectCounterOptions {
  /** The object that counts this key. */
  readonly nameOf: (key: string) => string;
  /** For tests. */
  readonly now?: () => number;
  /** Instead of `PATIENCE`. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Counts in Durable Objects, for all isolates there are. An isolate is a node: `nodes` is the largest number of isolates
 * that any object has seen in the last minute, for when one cannot be reached.
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

  async function ask(key: string, points: number, seconds: number): Promise<Counted> {
    // A new stub each time: one whose object failed once goes on failing.
    const take = () => objects.get(objects.idFromName(nameOf(key))).take(points, seconds, isolate);
    try {
      // An object that was moved, or deployed anew, is there again at once. What it has counted twice costs points, no more.
      return await inTime(
        take().catch((error) => (isRetryable(error) ? take() : Promise.reject(error))),
        timeoutMs,
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
      if (now() < cooldownUntil) throw new Error('the limit objects do not answer');
      const counted = await ask(key, points, seconds);
      if (lostAt > backAt) backAt = monotonicMs();
      const stale = now() - nodes.heardAt > NODES_TTL_MS;
      if (stale || counted.nodes >= nodes.number) nodes = { number: counted.nodes, heardAt: now() };
      return { total: counted.total, endsInMs: counted.endsInMs };
    },
  };
}

/** As the runtime marks it (developers.cloudflare.com/durable-objects/best-practices/error-handling). */
function isRetryable(error: unknown): boolean {
  const passing = error instanceof Error && 'retryable' in error && error.retryable === true;
  return passing && !('overloaded' in error && error.overloaded === true);
}

function inTime<Result>(work: Promise<Result>, timeoutMs: number): Promise<Result> {
  return withTimeout(work, timeoutMs, () => {
    throw new Error(`no response of a limit object in ${timeoutMs} ms`);
  });
}
