/** What a counter says after points were taken. */
export interface AcquireResult {
  /** All that was taken in this window so far, these points included; it may be more than any limit. */
  readonly total: number;
  /** Milliseconds until the window ends, as seen by the counter when it counted. */
  readonly endsInMs: number;
}

/**
 * Counts points by key, for all gateways that draw on it: the truth of the limits. It knows no limits. As each take is one
 * atomic addition, the points `total - points + 1` to `total` are the caller's alone, and those up to its limit are valid:
 * so no two gateways ever get the same one, and none is lost when a take goes past the limit.
 */
export interface Counter {
  /**
   * Adds `points`, at least 1. When no window runs for `key`, one of `seconds` begins. Answers or rejects within a bounded
   * time; at once while it knows that it cannot be reached. After a rejection the points may have been added or not.
   */
  acquire(key: string, points: number, seconds: number): Promise<AcquireResult>;
  /** Whether there is any use in asking; no I/O. */
  readonly available: boolean;
  /** When it was last lost, and when it was there again; `performance.now()`, negative infinity when never. */
  readonly downSince: number;
  readonly upSince: number;
  /** Gateways that draw on it, this one included, as last known; at least 1. */
  readonly nodes: number;
}
