import type { Metrics } from '../../src/telemetry/metrics.ts';

export interface AnalyticsDataset {
  writeDataPoint(point: { indexes: string[]; blobs: string[]; doubles: number[] }): void;
}

const EXPOSITION = '# Metrics of this worker are in Workers Analytics Engine: see docs/edge.md.\n';

function labelValues(labels: object): string[] {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([, value]) => String(value));
}

/**
 * Metrics in Workers Analytics Engine, since isolates are too short-lived for counters in memory. Index and first blob are the
 * metric's name, the other blobs its label values. Without a dataset nothing is counted.
 */
export function analyticsMetrics(dataset: AnalyticsDataset | undefined): Metrics {
  const write = (name: string, labels: object, value: number) =>
    dataset?.writeDataPoint({ indexes: [name], blobs: [name, ...labelValues(labels)], doubles: [value] });
  return {
    count: (name, labels, by = 1) => write(name, labels, by),
    set: (name, value, labels) => write(name, labels ?? {}, value),
    observe: (name, seconds, labels) => write(name, labels, seconds),
    beforeExpose() {},
    expose: async () => EXPOSITION,
  };
}
