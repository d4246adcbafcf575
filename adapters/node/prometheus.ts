import { Counter, collectDefaultMetrics, Gauge as PrometheusGauge, Registry } from 'prom-client';
import type { CounterLabels, Gauge, Metrics } from '../../src/telemetry/metrics.ts';

/** Name, help and labels of each counter as Prometheus sees them. */
const COUNTERS: Record<keyof CounterLabels, { readonly help: string; readonly labels: readonly string[] }> = {
  requests: { help: 'Requests answered.', labels: ['method', 'route', 'status'] },
  key_verifications: { help: 'Attempts to sign in, by result.', labels: ['result'] },
  limit_decisions: { help: 'Requests that the rate limits judged.', labels: ['decision', 'plan'] },
  idempotency: { help: 'Requests with an Idempotency-Key, by result.', labels: ['result'] },
  redis_failures: { help: 'Commands that Redis did not carry out.', labels: ['reason'] },
  fleet_refreshes: { help: "Times a project's instances were brought up to date.", labels: ['kind'] },
  cache_results: { help: 'Reads, by where their answer came from.', labels: ['result', 'route'] },
  cache_refreshes: { help: 'Answers that were fetched beside requests.', labels: ['result'] },
};

const GAUGES: Record<Gauge, string> = {
  redis_up: 'Whether Redis serves.',
  cache_bytes: 'What the answers kept in this process take.',
};

/** Metrics in this process, for Prometheus to fetch; with those of Node itself. */
export function prometheusMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counters = new Map(
    Object.entries(COUNTERS).map(([name, { help, labels }]) => [
      name,
      new Counter({ name: `linguanova_${name}_total`, help, labelNames: [...labels], registers: [registry] }),
    ]),
  );
  const gauges = new Map<Gauge, PrometheusGauge>();
  const gauge = (name: Gauge) => {
    const known = gauges.get(name);
    if (known !== undefined) return known;
    const made = new PrometheusGauge({
      name: `linguanova_${name}`,
      help: GAUGES[name],
      registers: [registry],
    });
    gauges.set(name, made);
    return made;
  };
  return {
    set: (name, value) => gauge(name).set(value),
    count: (name, labels) => counters.get(name)?.inc({ ...labels }),
    expose: () => registry.metrics(),
  };
}
