/**
 * How many points a node takes from the counter at a time.
 *
 * @module
 */

/** What is known when a lease is asked for; all in points. */
export interface LeaseContext {
  /** The limit of a window. */
  readonly points: number;
  /** What the counter can still give, as last heard; others may have taken of it since. */
  readonly remaining: number;
  /** What this request lacks; at least 1, at most `known`. */
  readonly needed: number;
  /** What this node has spent in the window, and what waits for points now. */
  readonly demand: number;
}

/** A lease is at most this part of the limit: so much at worst is held by a node that no longer needs it. */
const MAX_LEASE_SHARE = 1 / 20;
/** ... and at most this part of what is left, so that near the limit all nodes get their share, to the last point. */
const REMAINDER_SHARE = 1 / 8;

/** The most points that a node takes at a time, or grants itself in a short absence of the counter. */
export function maxLease(points: number): number {
  return Math.ceil(points * MAX_LEASE_SHARE);
}

/**
 * Doubles with the demand this node has shown, so that a node with little traffic holds little; shrinks as the limit nears.
 *
 * @returns Whole points, at least `need`.
 */
export function leaseSize({ points, remaining: known, needed: need, demand }: LeaseContext): number {
  const size = Math.min(points * MAX_LEASE_SHARE, known * REMAINDER_SHARE, demand);
  return Math.max(need, Math.ceil(size));
}
