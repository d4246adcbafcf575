import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import {
  COUNTERS,
  GAUGES,
  HISTOGRAMS,
  type MetricDefinition,
  type MetricReader,
  type Metrics,
  type Samples,
} from '../../src/telemetry/metrics.ts';

/** From a cached response to a request's time-out. */
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function prometheusMetrics(): Metrics & MetricReader {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counters = mapValues(COUNTERS, (name, { help, labels }) => {
    return new Counter({ name: `linguanova_${name}_total`, help, labelNames: [...labels], registers });
  });
  const histograms = mapValues(HISTOGRAMS, (name, { help, labels }) => {
    const buckets = BUCKETS_SECONDS;
    return new Histogram({ name: `linguanova_${name}`, help, labelNames: [...labels], buckets, registers });
  });
  // Registered when first set: a gauge that is never set must be absent, not 0.
  const gauges = new Map<string, Gauge>();
  const gauge = (name: keyof typeof GAUGES): Gauge => {
    const existing = gauges.get(name);
    if (existing !== undefined) return existing;
    const { help, labels } = GAUGES[name];
    const created = new Gauge({ name: `linguanova_${name}`, help, labelNames: [...labels], registers });
    gauges.set(name, created);
    return created;
  };
  const collectors: (() => void | Promise<void>)[] = [];
  return {
    count: (name, labels, by) => counters[name].inc(labels, by),
    set: (name, value, labels) => gauge(name).set({ ...labels }, value),
    observe: (name, seconds, labels) => histograms[name].observe(labels, seconds),
    beforeExpose: (collect) => collectors.push(collect),
    async expose() {
      await Promise.all(collectors.map((collect) => collect()));
      return registry.metrics();
    },
    async read(name) {
      const metric: Counter | Histogram = { ...counters, ...histograms }[name];
      const { values } = await metric.get();
      return values.map(({ labels, value, ...sample }) => {
        const part = /_(bucket|sum|count)$/.exec(
          'metricName' in sample ? String(sample.metricName) : '',
        )?.[1];
        return {
          part: (part ?? 'count') as Samples[number]['part'],
          labels: labels as Samples[number]['labels'],
          value,
        };
      });
    },
  };
}

function mapValues<Name extends string, Metric>(
  definitions: Readonly<Record<Name, MetricDefinition>>,
  create: (name: Name, definition: MetricDefinition) => Metric,
): Readonly<Record<Name, Metric>> {
  const names = Object.keys(definitions) as Name[];
  return Object.fromEntries(names.map((name) => [name, create(name, definitions[name])])) as Record<
    Name,
    Metric
  >;
}
