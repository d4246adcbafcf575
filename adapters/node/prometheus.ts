import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CounterLabels, GaugeLabels, HistogramLabels, Metrics } from '../../src/telemetry/metrics.ts';

/** Name, help and labels of each metric as Prometheus sees them; `linguanova_` comes before, `_total` after counters. */
interface Descriptions<Labels> {
  readonly help: string;
  readonly labels: readonly (keyof Labels & string)[];
}

const COUNTERS: { readonly [Name in keyof CounterLabels]: Descriptions<CounterLabels[Name]> } = {
  requests: { help: 'Requests answered.', labels: ['method', 'route', 'dialect', 'status'] },
  key_verifications: { help: 'Attempts to sign in, by result.', labels: ['result'] },
  limit_decisions: { help: 'Requests that the rate limits judged.', labels: ['decision', 'plan'] },
  idempotency: { help: 'Requests with an Idempotency-Key, by result.', labels: ['result'] },
  redis_failures: { help: 'Commands that Redis did not carry out.', labels: ['reason'] },
  fleet_refreshes: { help: "Times a project's instances were brought up to date.", labels: ['kind'] },
  cache_results: { help: 'Reads, by where their answer came from.', labels: ['result', 'route'] },
  cache_refreshes: { help: 'Answers that were fetched beside requests.', labels: ['result'] },
  events: { help: 'What has happened to instances, as listeners were told.', labels: ['kind'] },
  event_looks: { help: 'Looks at a project for those who listen.', labels: ['result'] },
  event_streams_ended: { help: 'Streams of events that ended.', labels: ['reason'] },
  upstream_refusals: { help: 'Calls that were not made to the cloud.', labels: ['service', 'reason'] },
};

const GAUGES: { readonly [Name in keyof GaugeLabels]: Descriptions<GaugeLabels[Name]> } = {
  redis_up: { help: 'Whether Redis serves.', labels: [] },
  cache_bytes: { help: 'What the answers kept in this process take.', labels: [] },
  event_streams: { help: 'Streams of events that are open.', labels: [] },
  event_feeds: { help: 'Feeds that somebody listens to here.', labels: ['role'] },
  upstream_breakers_open: { help: 'Endpoints of the cloud that are not asked.', labels: ['service'] },
  upstream_calls_running: { help: 'Calls to the cloud that are under way.', labels: ['service'] },
  keys: { help: 'API keys, by state.', labels: ['state'] },
};

const HISTOGRAMS: { readonly [Name in keyof HistogramLabels]: Descriptions<HistogramLabels[Name]> } = {
  request_seconds: { help: 'Requests, until their answer.', labels: ['route', 'dialect'] },
  upstream_seconds: { help: 'Calls to the cloud.', labels: ['service', 'method', 'status'] },
};

/** Seconds: from a cached answer to the deadline of a request. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Metrics in this process, for Prometheus to fetch; with those of Node itself. */
export function prometheusMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const settings = (name: string, { help, labels }: { help: string; labels: readonly string[] }) => ({
    name: `linguanova_${name}`,
    help,
    labelNames: [...labels],
    registers: [registry],
  });
  const counters = new Map(
    Object.entries(COUNTERS).map(([name, description]) => [name, new Tally(name, description, registry)]),
  );
  const histograms = new Map(
    Object.entries(HISTOGRAMS).map(([name, about]) => [
      name,
      new Histogram({ ...settings(name, about), buckets: BUCKETS }),
    ]),
  );
  /** Made when first set, for one that nobody sets would say 0. */
  const gauges = new Map<string, Gauge>();
  const gauge = (name: keyof GaugeLabels) => {
    const known = gauges.get(name);
    if (known !== undefined) return known;
    const made = new Gauge(settings(name, GAUGES[name]));
    gauges.set(name, made);
    return made;
  };
  const fills: (() => void | Promise<void>)[] = [];
  return {
    count: (name, labels) => counters.get(name)?.add(labels),
    set: (name, value, labels) => gauge(name).set({ ...labels }, value),
    observe: (name, seconds, labels) => histograms.get(name)?.observe({ ...labels }, seconds),
    beforeExpose: (fill) => fills.push(fill),
    async expose() {
      await Promise.all(fills.map((fill) => fill()));
      return registry.metrics();
    },
  };
}

/**
 * Counts by labels for a counter of prom-client, which hears of it when it is asked: there each increment checks and sorts the
 * labels, and three of those are a tenth of what a cached answer costs.
 */
class Tally {
  readonly #labels: readonly string[];
  readonly #counts = new Map<string, { readonly labels: Readonly<Record<string, string>>; count: number }>();

  constructor(
    name: string,
    { help, labels }: { readonly help: string; readonly labels: readonly string[] },
    registry: Registry,
  ) {
    this.#labels = labels;
    const counts = this.#counts;
    new Counter({
      name: `linguanova_${name}_total`,
      help,
      labelNames: [...labels],
      registers: [registry],
      collect() {
        this.reset();
        for (const { labels, count } of counts.values()) this.inc({ ...labels }, count);
      },
    });
  }

  add(labels: Readonly<Record<string, string>>): void {
    let key = '';
    // None of the values has a line break in it: they are names of routes, plans and results.
    for (const label of this.#labels) key += `${labels[label]}\n`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { labels, count: 1 });
    else known.count += 1;
  }
}
