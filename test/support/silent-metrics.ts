import type { Metrics } from '../../src/telemetry/metrics.ts';

export const silentMetrics: Metrics = {
  count() {},
  set() {},
  observe() {},
  beforeExpose() {},
  expose: async () => '',
};
