/**
 * When a feed looks again. Pure; times in milliseconds.
 *
 * @module
 */

import { TRANSITIONAL_MAX_AGE_MS } from '../../inventory/inventory.ts';

/** Between two looks at least, whatever happens. */
export const SHORTEST_BEAT = 250;
/** How often who does not lead asks whether it may, and who leads says so. */
export const LEAD_BEAT = 2_000;
const LONGEST_BEAT = 30_000;
/** How often a cloud is looked at that nothing is kept of. */
const UNCACHED_BEAT = 2_500;

/**
 * Until the next look after one that went well: a second while something is in transition, else as long as a list is told from
 * memory, for looking more often would show nothing else.
 *
 * @param maxAge What an answer may be old.
 */
export function beatAfter(passing: boolean, maxAge: number): number {
  if (passing) return TRANSITIONAL_MAX_AGE_MS;
  const quiet = maxAge > 0 ? maxAge / 2 : UNCACHED_BEAT;
  return Math.min(Math.max(quiet, TRANSITIONAL_MAX_AGE_MS), LONGEST_BEAT);
}

/** After one that failed: a second, two, four ...; `before` failed on end before it. */
export function beatAfterFailures(before: number): number {
  return Math.min(TRANSITIONAL_MAX_AGE_MS * 2 ** Math.min(before, 10), LONGEST_BEAT);
}
