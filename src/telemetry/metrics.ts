/** Counters by name: what is counted, and the labels each count carries. Labels have few values; never an id or an address. */
export interface CounterLabels {
  /** Requests answered. */
  requests: { readonly method: string; readonly route: string; readonly status: string };
  /** Attempts to sign in, with `ok` or the reason of the refusal. */
  key_verifications: { readonly result: string };
  /** Requests that the rate limits judged: `admitted`, `refused`, or `observed` where one would have been refused. */
  limit_decisions: { readonly decision: string; readonly plan: string };
  /**
   * Requests with an Idempotency-Key: `first`, `resumed` after one that was cut off, `replayed`, `waited` for the answer of
   * another, `conflict`.
   */
  idempotency: { readonly result: string };
  /** Commands that Redis did not carry out, with the reason. */
  redis_failures: { readonly reason: string };
  /** Times a project's instances were brought up to date: `full`, or by `changes` alone. */
  fleet_refreshes: { readonly kind: string };
  /** Reads by where their answer came from: `hit`, `miss`, `stale`, or `off` where nothing is kept. */
  cache_results: { readonly result: string; readonly route: string };
  /** Answers that were fetched beside requests: `ok` or `failed`. */
  cache_refreshes: { readonly result: string };
}

/** What goes up and down. */
export type Gauge =
  /** 1 while Redis serves, 0 while the gateway does without it; absent where none is configured. */
  | 'redis_up'
  /** What the answers kept in this process take, bytes. */
  | 'cache_bytes';

/** Where the gateway counts what happens. */
export interface Metrics {
  count<Name extends keyof CounterLabels>(name: Name, labels: CounterLabels[Name]): void;
  set(gauge: Gauge, value: number): void;
  /** Everything counted, in the text format of Prometheus. */
  expose(): Promise<string>;
}
