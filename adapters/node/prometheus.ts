import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { COUNTERS, GAUGES, HISTOGRAMS, type Metrics } from '../../src/telemetry/metrics.ts';
import { type Description, FastCounter, FastHistogram } from './fast-metrics.ts';

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
  const gauge = (name: keyof typeof GAUGES) => {
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
