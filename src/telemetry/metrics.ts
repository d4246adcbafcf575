/** Counters by name: what is counted, and the labels each count carries. Labels have few values; never an id or an address. */
export interface CounterLabels {
  /** Requests answered. */
  requests: {
    readonly method: string;
    readonly route: string;
    readonly dialect: string;
    readonly status: string;
  };
  /** Attempts to sign in, with `ok` or the reason of the refusal. */
  key_verifications: { readonly result: string };
  /** Requests that the rate limits judged: `admitted`, `rejected`, or `shadow_rejected` where one would have been refused. */
  limit_decisions: { readonly decision: string; readonly plan: string };
  /**
   * Requests with an Idempotency-Key: `first`, `resumed` after one that was cut off, `replayed`, `waited` for the answer of
   * another, `conflict`.
   */
  idempotent_requests: { readonly result: string };
  /** Commands that Redis did not carry out, with the reason. */
  redis_failures: { readonly reason: string };
  /** Times a project's instances were brought up to date: `full` or `delta`. */
  inventory_syncs: { readonly kind: string };
  /** Reads by where their answer came from: `hit`, `miss`, `stale`, or `bypass` where nothing is kept. */
  cache_requests: { readonly result: string; readonly route: string };
  /** Answers that were fetched beside requests: `ok` or `failed`. */
  cache_revalidations: { readonly result: string };
  /** What has happened to instances, as listeners were told: `created`, `state_changed`, `updated`, `deleted`. */
  events: { readonly kind: string };
  /** Looks at a project for those who listen to it: `ok` or `failed`. */
  event_polls: { readonly result: string };
  /** Streams of events that ended, by reason. */
  event_streams_closed: { readonly reason: string };
  /**
   * Connections closed for want of descriptors: `no_request`, without any request; `idle`, between two; `rejected`, new ones while all
   * others were busy.
   */
  connections_closed: { readonly reason: string };
  /** Lines of the log that were dropped: their reader has `stalled`, is `closed`, or writing `failed`. */
  log_lines_dropped: { readonly reason: string };
  /** Calls that were not made to the cloud: `breaker_open` or `concurrency_limit`. */
  upstream_rejections: { readonly service: string; readonly reason: string };
}

/** What goes up and down, and its labels. */
export interface GaugeLabels {
  /** 1 while Redis serves, 0 while the gateway does without it; absent where none is configured. */
  redis_up: Record<never, never>;
  /** What the answers kept in this process take, bytes. */
  cache_bytes: Record<never, never>;
  /** Streams of events that are open. */
  event_streams: Record<never, never>;
  /** Feeds that somebody listens to here, by what this gateway does for them: `leader`, `standalone`, `follower`. */
  event_feeds: { readonly role: string };
  /** Endpoints of a service that are spared, because they are not well. */
  upstream_breakers_open: { readonly service: string };
  /** Calls to a service that are under way. */
  upstream_calls_in_flight: { readonly service: string };
  /** API keys by what they are: `active`, `disabled`, `expired`, `revoked`. */
  keys: { readonly state: string };
}

/** What is measured in seconds, and its labels. */
export interface HistogramLabels {
  /** From the arrival of a request to its answer. */
  request_duration_seconds: { readonly route: string; readonly dialect: string };
  /** Calls to the cloud; `status` is its class, `2xx` to `5xx`, or `none` without an answer. */
  upstream_duration_seconds: { readonly service: string; readonly method: string; readonly status: string };
}

/** Where the gateway counts what happens. */
export interface Metrics {
  /** @param by 1 by default. */
  count<Name extends keyof CounterLabels>(name: Name, labels: CounterLabels[Name], by?: number): void;
  set<Name extends keyof GaugeLabels>(name: Name, value: number, labels?: GaugeLabels[Name]): void;
  observe<Name extends keyof HistogramLabels>(
    name: Name,
    seconds: number,
    labels: HistogramLabels[Name],
  ): void;
  /** Registers what is to be done before each `expose`, for what is cheaper to look up than to keep up. */
  beforeExpose(fill: () => void | Promise<void>): void;
  /** Everything counted, in the text format of Prometheus. */
  expose(): Promise<string>;
}
