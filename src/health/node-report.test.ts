import { afterEach, expect, test, vi } from 'vitest';
import type { MetricReader, Samples } from '../telemetry/metrics.ts';
import { NodeReporter } from './node-report.ts';

afterEach(() => vi.restoreAllMocks());

function reporter() {
  const counted: { reads: Samples; calls: Samples } = { reads: [], calls: [] };
  const metrics: MetricReader = {
    read: async (name) => (name === 'cache_requests' ? counted.reads : counted.calls),
  };
  const endpoints = () => [
    { region: 'RegionOne', service: 'compute', isOpen: false, inFlight: 3 },
    { region: 'RegionOne', service: 'image', isOpen: true, inFlight: 0 },
  ];
  return { counted, reporter: new NodeReporter(metrics, { endpoints }) };
}

const reads = (hit: number, stale: number, miss: number, bypass: number): Samples =>
  Object.entries({ hit, stale, miss, bypass }).map(([result, value]) => ({
    part: 'count',
    labels: { result, route: '/v1/instances' },
    value,
  }));

/** Calls of compute: `fast` up to 10 ms, `slow` up to 100 ms, each of 5 ms or 50 ms. */
function calls(fast: number, slow: number, status = '2xx'): Samples {
  const labels = { region: 'RegionOne', service: 'compute', method: 'GET', status };
  return [
    { part: 'bucket', labels: { ...labels, le: 0.01 }, value: fast },
    { part: 'bucket', labels: { ...labels, le: 0.1 }, value: fast + slow },
    { part: 'bucket', labels: { ...labels, le: '+Inf' }, value: fast + slow },
    { part: 'sum', labels, value: fast * 0.005 + slow * 0.05 },
    { part: 'count', labels, value: fast + slow },
  ];
}

test('without traffic there are no ratios and latencies', async () => {
  const none = { calls: 0, failures: 0, mean_ms: null, p95_ms: null };
  expect(await reporter().reporter.report()).toEqual({
    window_seconds: 0,
    cache: { reads: 0, hit_ratio: null },
    upstream: [
      { region: 'RegionOne', service: 'compute', circuit: 'closed', in_flight: 3, ...none },
      { region: 'RegionOne', service: 'image', circuit: 'open', in_flight: 0, ...none },
    ],
  });
});

test('hit ratio, latency and failures are computed from the counters', async () => {
  const { counted, reporter: one } = reporter();
  counted.reads = reads(80, 10, 10, 500);
  counted.calls = [...calls(90, 8), ...calls(0, 2, '5xx')];
  const { cache, upstream } = await one.report();
  expect(cache).toEqual({ reads: 100, hit_ratio: 0.9 });
  // Half of the slow ones: in the middle of 10 ms to 100 ms.
  expect(upstream[0]).toMatchObject({ calls: 100, failures: 2, mean_ms: 9.5, p95_ms: 55 });
});

test('what was counted more than five minutes ago no longer counts', async () => {
  const start = performance.now();
  const { counted, reporter: one } = reporter();
  const after = (seconds: number) => vi.spyOn(performance, 'now').mockReturnValue(start + seconds * 1000);
  counted.reads = reads(0, 0, 100, 0);
  after(20);
  expect((await one.report()).cache).toEqual({ reads: 100, hit_ratio: 0 });
  counted.reads = reads(60, 0, 100, 0);
  after(330);
  expect(await one.report()).toMatchObject({ window_seconds: 310, cache: { reads: 60, hit_ratio: 1 } });
});
