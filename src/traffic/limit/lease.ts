/**
 * How many points a node takes from the counter at a time.
 *
 * @module
 */

/** What is known when a lease is asked for; all in points. */
export interface Situation {
  /** The limit of a window. */
  readonly points: number;
  /** What the counter can still give, as last heard; others may have taken of it since. */
  readonly known: number;
  /** What this request lacks; at least 1, at most `known`. */
  readonly need: number;
  /** What this node has spent in the window, and what waits for points now. */
  readonly demand: number;
}

/** A lease is at most this part of the limit: so much at worst is held by a node that no longer needs it. */
const LARGEST_PART = 1 / 20;
/** ... and at most this part of what is left, so that near the limit all nodes get their share, to the last point. */
const PART_OF_REST = 1 / 8;

/** The most points that a node takes at a time, or grants itself in a short absence of the counter. */
export function largestLease(points: number): number {
  return Math.ceil(points * LARGEST_PART);
}

/**
 * Doubles with the demand this node has shown, so that a node with little traffic holds little; shrinks as the limit nears.
 *
 * @returns Whole points, at least `need`.
 */
export function leaseSize({ points, known, need, demand }: Situation): number {
  const size = Math.min(points * LARGEST_PART, known * PART_OF_REST, demand);
  return Math.max(need, Math.ceil(size));
}
