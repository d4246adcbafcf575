/**
 * When a feed looks again. Pure; times in milliseconds.
 *
 * @module
 */

import { TRANSITIONAL_MAX_AGE_MS } from '../../inventory/inventory.ts';

/** Between two looks at least, whatever happens. */
export const MIN_POLL_INTERVAL_MS = 250;
/** How often who does not lead asks whether it may, and who leads says so. */
export const LEASE_RENEW_INTERVAL_MS = 2_000;
const MAX_POLL_INTERVAL_MS = 30_000;
/** How often a cloud is looked at that nothing is kept of. */
const UNCACHED_POLL_INTERVAL_MS = 2_500;

/**
 * Until the next look after one that went well: a second while something is in transition, else as long as a list is told from
 * memory, for looking more often would show nothing else.
 *
 * @param maxAge What an answer may be old.
 */
export function nextPollDelay(hasTransitional: boolean, maxAge: number): number {
  if (hasTransitional) return TRANSITIONAL_MAX_AGE_MS;
  const idleDelay = maxAge > 0 ? maxAge / 2 : UNCACHED_POLL_INTERVAL_MS;
  return Math.min(Math.max(idleDelay, TRANSITIONAL_MAX_AGE_MS), MAX_POLL_INTERVAL_MS);
}

/** After one that failed: a second, two, four ...; `before` failed on end before it. */
export function backoffDelay(before: number): number {
  return Math.min(TRANSITIONAL_MAX_AGE_MS * 2 ** Math.min(before, 10), MAX_POLL_INTERVAL_MS);
}
