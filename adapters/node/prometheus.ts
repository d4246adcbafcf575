import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { CounterLabels, GaugeLabels, HistogramLabels, Metrics } from '../../src/telemetry/metrics.ts';
import { type Description, FastCounter, FastHistogram } from './fast-metrics.ts';

/** Name, help and labels of each metric as Prometheus sees them; `linguanova_` comes before, `_total` after counters. */
interface Descriptions<Labels> {
  readonly help: string;
  readonly labels: readonly (keyof Labels & string)[];
}

const COUNTERS: { readonly [Name in keyof CounterLabels]: Descriptions<CounterLabels[Name]> } = {
  requests: { help: 'Requests answered.', labels: ['method', 'route', 'dialect', 'status'] },
  key_verifications: { help: 'Attempts to sign in, by result.', labels: ['result'] },
  limit_decisions: { help: 'Requests that the rate limits judged.', labels: ['decision', 'plan'] },
  idempotent_requests: { help: 'Requests with an Idempotency-Key, by result.', labels: ['result'] },
  redis_failures: { help: 'Commands that Redis did not carry out.', labels: ['reason'] },
  inventory_syncs: { help: "Times a project's instances were brought up to date.", labels: ['kind'] },
  cache_requests: { help: 'Reads, by where their answer came from.', labels: ['result', 'route'] },
  cache_revalidations: { help: 'Answers that were fetched beside requests.', labels: ['result'] },
  events: { help: 'What has happened to instances, as listeners were told.', labels: ['kind'] },
  event_polls: { help: 'Looks at a project for those who listen.', labels: ['result'] },
  event_streams_closed: { help: 'Streams of events that ended.', labels: ['reason'] },
  connections_closed: { help: 'Connections closed for want of descriptors.', labels: ['reason'] },
  log_lines_dropped: {
    help: 'Lines of the log that were dropped instead of blocking requests.',
    labels: ['reason'],
  },
  upstream_rejections: { help: 'Calls that were not made to the cloud.', labels: ['service', 'reason'] },
};

const GAUGES: { readonly [Name in keyof GaugeLabels]: Descriptions<GaugeLabels[Name]> } = {
  redis_up: { help: 'Whether Redis serves.', labels: [] },
  cache_bytes: { help: 'What the answers kept in this process take.', labels: [] },
  event_streams: { help: 'Streams of events that are open.', labels: [] },
  event_feeds: { help: 'Feeds that somebody listens to here.', labels: ['role'] },
  upstream_breakers_open: { help: 'Endpoints of the cloud that are not asked.', labels: ['service'] },
  upstream_calls_in_flight: { help: 'Calls to the cloud that are under way.', labels: ['service'] },
  keys: { help: 'API keys, by state.', labels: ['state'] },
};

const HISTOGRAMS: { readonly [Name in keyof HistogramLabels]: Descriptions<HistogramLabels[Name]> } = {
  request_duration_seconds: { help: 'Requests, until their answer.', labels: ['route', 'dialect'] },
  upstream_duration_seconds: { help: 'Calls to the cloud.', labels: ['service', 'method', 'status'] },
};

/** Seconds: from a cached answer to the deadline of a request. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Metrics in this process, for Prometheus to fetch; with those of Node itself. */
export function prometheusMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counters = eachOf(COUNTERS, '_total', (about) => new FastCounter(about, registry));
  const histograms = eachOf(HISTOGRAMS, '', (about) => new FastHistogram(about, BUCKETS, registry));
  /** Made when first set, for one that nobody sets would say 0. */
  const gauges = new Map<string, Gauge>();
  const gauge = (name: keyof GaugeLabels) => {
    const known = gauges.get(name);
    if (known !== undefined) return known;
    const { help, labels } = GAUGES[name];
    const made = new Gauge({
      name: `linguanova_${name}`,
      help,
      labelNames: [...labels],
      registers: [registry],
    });
    gauges.set(name, made);
    return made;
  };
  const fills: (() => void | Promise<void>)[] = [];
  return {
    count: (name, labels, by) => counters[name].add(labels, by),
    set: (name, value, labels) => gauge(name).set({ ...labels }, value),
    observe: (name, seconds, labels) => histograms[name].add(labels, seconds),
    beforeExpose: (fill) => fills.push(fill),
    async expose() {
      await Promise.all(fills.map((fill) => fill()));
      return registry.metrics();
    },
  };
}

/** One for each description. */
function eachOf<Name extends string, Made>(
  descriptions: Readonly<Record<Name, { readonly help: string; readonly labels: readonly string[] }>>,
  suffix: string,
  make: (about: Description) => Made,
): Readonly<Record<Name, Made>> {
  const made = {} as Record<Name, Made>;
  for (const name of Object.keys(descriptions) as Name[]) {
    const { help, labels } = descriptions[name];
    made[name] = make({ name: `linguanova_${name}${suffix}`, help, labelNames: labels });
  }
  return made;
}
