/**
 * When a feed looks again. Pure; times in milliseconds.
 *
 * @module
 */

import { TRANSITION_AGE } from '../fleet/fleet.ts';

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
  if (passing) return TRANSITION_AGE;
  const quiet = maxAge > 0 ? maxAge / 2 : UNCACHED_BEAT;
  return Math.min(Math.max(quiet, TRANSITION_AGE), LONGEST_BEAT);
}

/** After one that failed: a second, two, four ...; `before` failed on end before it. */
export function beatAfterFailures(before: number): number {
  return Math.min(TRANSITION_AGE * 2 ** Math.min(before, 10), LONGEST_BEAT);
}
