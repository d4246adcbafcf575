/** A metric; `linguanova_` precedes its name, and `_total` follows a counter's. Labels have few values: never an id or an address. */
export interface MetricDefinition {
  readonly help: string;
  readonly labels: readonly string[];
}

export const COUNTERS = {
  requests: {
    help: 'Requests by route, response status and region; region is empty without a served one.',
    labels: ['method', 'route', 'dialect', 'status', 'region'],
  },
  key_verifications: {
    help: 'Authentications: ok, admin_token, or the reason of a refusal.',
    labels: ['result'],
  },
  limit_decisions: {
    help: 'Rate limit decisions: admitted, rejected, or shadow_rejected when limits are only observed.',
    labels: ['decision', 'plan'],
  },
  idempotent_requests: {
    help: 'Requests with an Idempotency-Key: first, resumed, replayed, waited or conflict.',
    labels: ['result', 'region'],
  },
  redis_failures: { help: 'Redis commands that failed, by reason.', labels: ['reason'] },
  inventory_syncs: { help: "Syncs of a project's instances: full or delta.", labels: ['kind', 'region'] },
  cache_requests: {
    help: 'Reads: hit, miss, stale, or bypass when nothing is cached.',
    labels: ['result', 'route', 'region'],
  },
  cache_revalidations: { help: 'Background revalidations: ok or failed.', labels: ['result', 'region'] },
  events: {
    help: 'Instance events: created, state_changed, updated or deleted.',
    labels: ['kind', 'region'],
  },
  event_polls: { help: 'Polls of projects with subscribers: ok or failed.', labels: ['result', 'region'] },
  event_streams_closed: { help: 'Event streams closed, by reason.', labels: ['reason'] },
  connections_closed: {
    help: 'Connections closed for lack of file descriptors: no_request, idle, or rejected when all others were busy.',
    labels: ['reason'],
  },
  log_lines_dropped: {
    help: 'Log lines dropped: the reader stalled or closed, or writing failed.',
    labels: ['reason'],
  },
  upstream_rejections: {
    help: 'Calls not made to the cloud: breaker_open or concurrency_limit.',
    labels: ['region', 'service', 'reason'],
  },
  reconcile_runs: {
    help: 'Runs of reconcile on this node: completed, failed or stopped.',
    labels: ['outcome'],
  },
  reconcile_released: { help: 'Resources that reconcile released, by kind.', labels: ['kind', 'region'] },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export const GAUGES = {
  build_info: { help: 'Always 1; its label is the version that runs.', labels: ['version'] },
  store_up: { help: '1 while the database responds, as found within the last 30 s.', labels: [] },
  redis_up: { help: '1 while Redis works; absent without REDIS_URL.', labels: [] },
  cache_bytes: { help: 'Bytes of cached responses in this process.', labels: [] },
  event_streams: { help: 'Open event streams.', labels: [] },
  event_feeds: { help: 'Feeds with subscribers, by role: leader, follower or standalone.', labels: ['role'] },
  upstream_breakers_open: { help: 'Endpoints whose circuit is open.', labels: ['region', 'service'] },
  upstream_calls_in_flight: { help: 'Calls to the cloud in flight.', labels: ['region', 'service'] },
  keys: {
    help: 'API keys: active, disabled, expired or revoked. Counted every 30 s, up to 100,000.',
    labels: ['state'],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** In seconds. */
export const HISTOGRAMS = {
  request_duration_seconds: {
    help: 'Time from the arrival of a request to its response.',
    labels: ['route', 'dialect', 'region'],
  },
  upstream_duration_seconds: {
    help: 'Time of calls to the cloud; status is a class, or none without a response.',
    labels: ['region', 'service', 'method', 'status'],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

type Labels<Definition extends MetricDefinition> = Readonly<Record<Definition['labels'][number], string>>;

export interface Metrics {
  /** @param by 1 by default. */
  count<Name extends keyof typeof COUNTERS>(
    name: Name,
    labels: Labels<(typeof COUNTERS)[Name]>,
    by?: number,
  ): void;
  set<Name extends keyof typeof GAUGES>(
    name: Name,
    value: number,
    labels?: Labels<(typeof GAUGES)[Name]>,
  ): void;
  observe<Name extends keyof typeof HISTOGRAMS>(
    name: Name,
    seconds: number,
    labels: Labels<(typeof HISTOGRAMS)[Name]>,
  ): void;
  /** Registers a collector, which sets gauges before each `expose`. */
  beforeExpose(collect: () => void | Promise<void>): void;
  expose(): Promise<string>;
}

/** The values of a counter (`count`) or of a histogram, whose buckets are cumulative and have the label `le`. */
export type Samples = readonly {
  readonly part: 'count' | 'sum' | 'bucket';
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}[];

/** Reads back what this process has counted since its start. */
export interface MetricReader {
  read(name: keyof typeof COUNTERS | keyof typeof HISTOGRAMS): Promise<Samples>;
}
