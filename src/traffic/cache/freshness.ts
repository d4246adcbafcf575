/**
 * How long an answer may be told again: pure decisions, all times in milliseconds.
 *
 * @module
 */

/** When an answer was true, and how old it may get. */
export interface StoredTimestamps {
  /** Monotonic milliseconds at which the cloud told the oldest part of it, at the latest. */
  readonly generatedAt: number;
  /** Age past which it is not told while the cloud answers. */
  readonly freshnessLifetime: number;
}

/**
 * - `fresh`: tell it;
 * - `aging`: tell it, and fetch the next one beside;
 * - `expired`: fetch the next one first.
 */
export type Freshness = 'fresh' | 'aging' | 'expired';

/** An answer of which a part passes by itself is told for no longer than that part holds. */
export function freshnessLifetimeOf(lifetime: number, maxAgeMs: number): number {
  return Math.min(lifetime, maxAgeMs);
}

/**
 * Fresh for the first half of its life, so that what is asked for all the time is fetched in time and nobody waits.
 *
 * @param maxAge As in `ProjectVersion`.
 */
export function freshness(
  { generatedAt: asOf, freshnessLifetime: itsOwn }: StoredTimestamps,
  now: number,
  maxAge = Number.POSITIVE_INFINITY,
): Freshness {
  const age = now - asOf;
  const until = Math.min(itsOwn, maxAge);
  // An instant from a later process, or another clock, says nothing about age.
  if (age < 0 || age >= until) return 'expired';
  return age < until / 2 ? 'fresh' : 'aging';
}

/** Whether an expired answer may stand in for a cloud that does not answer. */
export function isUsableOnError(
  { generatedAt: asOf }: StoredTimestamps,
  staleIfErrorMs: number,
  now: number,
): boolean {
  const age = now - asOf;
  return age >= 0 && age <= staleIfErrorMs;
}

/** What is known of a key whose last fetch failed, and how to go on. */
export type FailurePolicy = 'wait' | 'try beside' | 'leave alone';

/** A cloud that just failed is left alone for so long. */
const FAILURE_COOLDOWN_MS = 1_000;
/** ... and tried beside the requests for so long after that; then somebody waits for it again. */
const BACKGROUND_RETRY_MS = 10_000;

/** @param failedAt When the last fetch failed, or kept everybody waiting for too long; undefined when it did not. */
export function failurePolicy(failedAt: number | undefined, now: number): FailurePolicy {
  if (failedAt === undefined || now < failedAt || now - failedAt > BACKGROUND_RETRY_MS) return 'wait';
  return now - failedAt < FAILURE_COOLDOWN_MS ? 'leave alone' : 'try beside';
}
