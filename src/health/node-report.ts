import * as z from 'zod';
import { type MonotonicMs, monotonicMs } from '../clock.ts';
import type { CloudDriver } from '../compute/cloud.ts';
import type { MetricReader, Samples } from '../telemetry/metrics.ts';

/** Hit ratio and latency are those of the last minutes. */
const WINDOW_MS = 300_000;
/** Between readings that are stored. */
const MIN_AGE_MS = 10_000;

const ratio = z.number().min(0).max(1);

export const nodeReportSchema = z.object({
  window_seconds: z
    .int()
    .describe('What the following figures are about: the last five minutes, or since the start.'),
  cache: z.object({
    reads: z.int().describe('Reads that may be cached.'),
    hit_ratio: ratio
      .nullable()
      .describe('Part served from cache, stale responses included; null without reads.'),
  }),
  upstream: z
    .array(
      z.object({
        region: z.string().describe('Empty of identity, which is one for all regions.'),
        service: z.string(),
        circuit: z.enum(['closed', 'open']),
        in_flight: z.int(),
        calls: z.int(),
        failures: z.int().describe('Calls without a response, or with 5xx.'),
        mean_ms: z.number().nullable(),
        p95_ms: z.number().nullable().describe('Estimated from a histogram.'),
      }),
    )
    .describe('Services of the cloud that were called.'),
});
export type NodeReport = z.infer<typeof nodeReportSchema>;

interface Reading {
  readonly at: MonotonicMs;
  readonly reads: Samples;
  readonly calls: Samples;
}

/** Reads metrics back for operators without Prometheus. */
export class NodeReporter {
  readonly #metrics: MetricReader;
  readonly #clouds: Pick<CloudDriver, 'endpoints'>;
  /** Oldest first. */
  #readings: Reading[] = [{ at: monotonicMs(), reads: [], calls: [] }];

  constructor(metrics: MetricReader, clouds: Pick<CloudDriver, 'endpoints'>) {
    this.#metrics = metrics;
    this.#clouds = clouds;
  }

  async report(): Promise<NodeReport> {
    const [reads, calls] = await Promise.all([
      this.#metrics.read('cache_requests'),
      this.#metrics.read('upstream_duration_seconds'),
    ]);
    const now = { at: monotonicMs(), reads, calls };
    // The last one before the window is its begin.
    while (this.#readings.length > 1 && now.at - (this.#readings[1]?.at ?? now.at) >= WINDOW_MS)
      this.#readings.shift();
    const [begin = now] = this.#readings;
    if (now.at - (this.#readings.at(-1)?.at ?? 0) >= MIN_AGE_MS) this.#readings.push(now);
    return {
      window_seconds: Math.round((now.at - begin.at) / 1000),
      cache: cacheReport(since(begin.reads, reads)),
      upstream: this.#upstream(since(begin.calls, calls)),
    };
  }

  #upstream(calls: Samples): NodeReport['upstream'] {
    const endpoints = this.#clouds.endpoints?.() ?? [];
    return endpoints.map(({ region, service, isOpen, inFlight }) => {
      const own = calls.filter(({ labels }) => labels.region === region && labels.service === service);
      const total = sum(own, 'count');
      const failed = own.filter(({ labels }) => ['5xx', 'none'].includes(String(labels.status)));
      const p95 = quantile(own, total * 0.95);
      return {
        region,
        service,
        circuit: isOpen ? 'open' : 'closed',
        in_flight: inFlight,
        calls: total,
        failures: sum(failed, 'count'),
        mean_ms: total === 0 ? null : milliseconds(sum(own, 'sum') / total),
        p95_ms: p95 === null ? null : milliseconds(p95),
      } as const;
    });
  }
}

function cacheReport(reads: Samples): NodeReport['cache'] {
  const of = (...results: readonly string[]) =>
    sum(
      reads.filter(({ labels }) => results.includes(String(labels.result))),
      'count',
    );
  const all = of('hit', 'stale', 'miss');
  return { reads: all, hit_ratio: all === 0 ? null : Number((of('hit', 'stale') / all).toFixed(3)) };
}

/** What was counted between two readings. */
function since(begin: Samples, end: Samples): Samples {
  const keyOf = ({ part, labels }: Samples[number]) => `${part} ${JSON.stringify(labels)}`;
  const before = new Map(begin.map((sample) => [keyOf(sample), sample.value]));
  return end.map((sample) => ({ ...sample, value: sample.value - (before.get(keyOf(sample)) ?? 0) }));
}

function sum(samples: Samples, part: Samples[number]['part']): number {
  return samples.filter((sample) => sample.part === part).reduce((total, { value }) => total + value, 0);
}

/** As `histogram_quantile` of Prometheus does: linear within a bucket. null without a call. */
function quantile(samples: Samples, rank: number): number | null {
  const totals = new Map<number, number>();
  for (const { part, labels, value } of samples) {
    if (part === 'bucket') totals.set(Number(labels.le), (totals.get(Number(labels.le)) ?? 0) + value);
  }
  let below = 0;
  let lower = 0;
  for (const [upper, total] of [...totals].sort(([a], [b]) => a - b)) {
    if (rank > 0 && total >= rank) return lower + (upper - lower) * ((rank - below) / (total - below));
    below = total;
    lower = upper;
  }
  // Above the last bucket, of which only the lower end is known.
  return rank > 0 ? lower : null;
}

function milliseconds(seconds: number): number {
  return Number((seconds * 1000).toFixed(1));
}
