import type { Metrics } from '../../src/telemetry/metrics.ts';

/** What is used of a binding to Workers Analytics Engine. */
export interface AnalyticsDataset {
  writeDataPoint(point: { indexes: string[]; blobs: string[]; doubles: number[] }): void;
}

const EXPOSITION =
  '# An isolate counts nothing of its own: what happens is in Workers Analytics Engine (docs/edge.md).\n';

/** @returns The values of labels, in the order of their names. */
function labelValues(labels: object): string[] {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([, value]) => String(value));
}

/**
 * Counts in Workers Analytics Engine: index and first blob are the counter's name, the other blobs its labels in the order of
 * their names. Isolates come and go, so counters in their memory would say nothing. Without a dataset nothing is counted.
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
