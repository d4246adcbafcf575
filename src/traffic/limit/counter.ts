/** Result of adding points to a counter. */
export interface AcquireResult {
  /** Points added in this window so far, these included; may exceed any limit. */
  readonly total: number;
  /** Time until the window ends, in ms, on the counter's clock when it counted. */
  readonly endsInMs: number;
}

/**
 * Counts points by key for all gateways that share it, and knows no limits. An acquisition is one atomic addition: the points
 * `total - points + 1` to `total` belong to the caller, so no two gateways receive the same point and none is lost.
 */
export interface Counter {
  /**
   * Adds `points` (at least 1), and starts a window of `seconds` when none runs for `key`. Settles within a bounded time,
   * immediately while the counter is known to be down. After a rejection the points may or may not have been added.
   */
  acquire(key: string, points: number, seconds: number): Promise<AcquireResult>;
  /** False while calls are known to fail; no I/O. */
  readonly available: boolean;
  /** Start and end of the last outage on the monotonic clock; negative infinity if there was none. */
  readonly downSince: number;
  readonly upSince: number;
  /** Gateways that share the counter, this one included, as last known; at least 1. */
  readonly nodes: number;
}
