import { cpuSeconds } from './cpu.ts';
import type { Load, LoadGenerator, LoadResult } from './load.ts';

/** A server that is measured against others in the same run. */
export interface Candidate {
  readonly name: string;
  /** The request it serves. */
  readonly load: Omit<Load, 'connections' | 'seconds'>;
  /** Whose CPU is its own; null where it is not ours to measure. */
  readonly pid: number | null;
  /** The Redis behind it. */
  readonly redisPid?: number;
}

/** One round of one contender. */
export interface Sample extends LoadResult {
  readonly perSecond: number;
  /** Microseconds of CPU per request. */
  readonly cpu: number;
  readonly redisCpu: number;
}

export interface Pace {
  readonly rounds: number;
  /** Of each round of each contender; whole. */
  readonly seconds: number;
  readonly connections: number;
  /** Of the round that warms up: V8 takes some ten thousand requests to compile what they run through. Whole. */
  readonly warmUpSeconds: number;
}

/** Measured is every round; the first one of all warms up, and is thrown away. */
export async function measureInterleaved(
  generator: LoadGenerator,
  contenders: readonly Candidate[],
  { rounds, seconds, connections, warmUpSeconds }: Pace,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    // Each begins as often as the others, so that none always follows the same one.
    const order = contenders.map((_, i) => contenders[(i + round) % contenders.length]);
    for (const contender of order) {
      if (contender === undefined) continue;
      const load = { ...contender.load, connections, seconds: round === 0 ? warmUpSeconds : seconds };
      const sample = await measure(generator, contender, load);
      if (round > 0) samples.get(contender.name)?.push(sample);
    }
  }
  return samples;
}

async function measure(generator: LoadGenerator, { pid, redisPid }: Candidate, load: Load): Promise<Sample> {
  const used = () => [pid, redisPid].map((id) => (id == null ? Number.NaN : cpuSeconds(id)));
  const [before = 0, redisBefore = 0] = used();
  const result = await generator.put(load);
  const [after = 0, redisAfter = 0] = used();
  return {
    ...result,
    perSecond: result.requests / result.seconds,
    cpu: ((after - before) / result.requests) * 1e6,
    redisCpu: ((redisAfter - redisBefore) / result.requests) * 1e6,
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = Number.NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}

/** The median of `of` over the samples. */
export function medianOf(samples: readonly Sample[] | undefined, of: (sample: Sample) => number): number {
  return median((samples ?? []).map(of));
}

/** The median over the rounds of a ratio within each round, so that only what ran in the same moments is compared. */
export function medianRatio(
  samples: readonly Sample[] | undefined,
  others: readonly Sample[] | undefined,
  ratio: (one: Sample, other: Sample) => number,
): number {
  const ratios = (samples ?? []).flatMap((sample, round) => {
    const other = others?.[round];
    return other === undefined ? [] : [ratio(sample, other)];
  });
  return median(ratios);
}
