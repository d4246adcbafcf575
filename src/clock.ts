/**
 * The two clocks. Durations are measured by the monotonic one, which no operator, NTP step or leap second sets; the wall clock
 * serves what is stored, shown, or compared with a stored instant. `test/clock/clock-use.test.ts` keeps other code off both.
 *
 * @module
 */

declare const monotonic: unique symbol;

/** An instant of the monotonic clock of this process, in ms. The brand keeps wall-clock instants from being passed for it. */
export type MonotonicMs = number & { readonly [monotonic]: true };

/** The monotonic clock, in ms since an arbitrary instant. */
export function monotonicMs(): MonotonicMs {
  return performance.now() as MonotonicMs;
}

/** The wall clock, in ms since the epoch: to be stored, shown, or compared with what was stored. */
export function wallMs(): number {
  return Date.now();
}

/** The instant `durationMs` from now. */
export function deadlineIn(durationMs: number): MonotonicMs {
  return (performance.now() + durationMs) as MonotonicMs;
}

/** How long until `deadline`, in whole ms; not negative. */
export function remainingMs(deadline: MonotonicMs): number {
  return Math.max(0, Math.ceil(deadline - performance.now()));
}

/** The wall clock in ISO 8601. */
export function wallTime(): string {
  return new Date().toISOString();
}
