/** Freshness of stored responses (RFC 9111, 4.2; RFC 5861). Pure; all times in ms. */

export interface StoredTimestamps {
  /** Monotonic: when the cloud generated the oldest part of it, at the latest. */
  readonly generatedAt: number;
  /** Maximum age while the cloud responds. */
  readonly freshnessLifetimeMs: number;
}

/** `stale-while-revalidate`: served, and revalidated in the background. */
export type Freshness = 'fresh' | 'stale-while-revalidate' | 'expired';

/** Fresh for half of its lifetime, then stale-while-revalidate, so that hot entries are replaced in time. */
export function freshness(
  { generatedAt, freshnessLifetimeMs }: StoredTimestamps,
  now: number,
  maxAgeMs = Number.POSITIVE_INFINITY,
): Freshness {
  const age = now - generatedAt;
  const lifetimeMs = Math.min(freshnessLifetimeMs, maxAgeMs);
  // A time from a later process, or from another clock, has no age.
  if (age < 0 || age >= lifetimeMs) return 'expired';
  return age < lifetimeMs / 2 ? 'fresh' : 'stale-while-revalidate';
}

/** Whether an expired response may be served when the upstream fails (RFC 5861, stale-if-error). */
export function isUsableOnError(
  { generatedAt }: StoredTimestamps,
  staleIfErrorMs: number,
  now: number,
): boolean {
  const age = now - generatedAt;
  return age >= 0 && age <= staleIfErrorMs;
}

/** What a request does whose key failed to fetch and that can be served stale. */
export type FailurePolicy = 'await' | 'revalidate' | 'cooldown';

/** No fetch of the key for so long after a failure, */
const FAILURE_COOLDOWN_MS = 1_000;
/** then in the background only; after this requests await the fetch again. */
const BACKGROUND_RETRY_MS = 10_000;

/** @param failedAt When the last fetch failed or timed out; undefined: it did not. */
export function failurePolicy(failedAt: number | undefined, now: number): FailurePolicy {
  if (failedAt === undefined || now < failedAt || now - failedAt > BACKGROUND_RETRY_MS) return 'await';
  return now - failedAt < FAILURE_COOLDOWN_MS ? 'cooldown' : 'revalidate';
}
