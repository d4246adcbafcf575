import { vi } from 'vitest';

const monotonic = performance.now.bind(performance);

/** Lets time pass for both clocks of the code under test, without waiting. `now` ends it. */
export function later(milliseconds: number): void {
  const ahead = performance.now() - monotonic() + milliseconds;
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + milliseconds });
  vi.spyOn(performance, 'now').mockImplementation(() => monotonic() + ahead);
}

/** Back to the clocks as they are. */
export function now(): void {
  vi.useRealTimers();
  vi.restoreAllMocks();
}
