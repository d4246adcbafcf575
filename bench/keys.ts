import { type Candidate, measureInterleaved, medianOf, medianRatio } from './harness/rounds.ts';
import type { Setting } from './harness/setting.ts';
import { figure, table } from './harness/table.ts';
import { benchGateway } from './targets/gateway.ts';
import { benchRedis } from './targets/redis.ts';
import { benchUpstream, owner } from './targets/upstream.ts';

const TARGET = '/v1/instances';
const INSTANCES = 10;
/** So many requests, then the same ones again. */
const SEQUENCE = 50_000;
/** Keys that are used for the first time concurrently. */
const FIRST_AT_ONCE = 32;

/** (d) Cached lists with many keys of many projects, each as often as any other or as Zipf has it, against one key alone. */
export async function keys({ generator, pace, scale, stopLater, print }: Setting): Promise<void> {
  const redis = stopLater(await benchRedis());
  const upstream = stopLater(await benchUpstream(INSTANCES));
  const owners = Array.from({ length: scale.keys }, (_, n) => owner(n % scale.projects));
  const environment = { ...upstream.environment, ...(redis !== null && { REDIS_URL: redis.url }) };
  const gateway = stopLater(await benchGateway(environment, owners));
  const url = gateway.url + TARGET;
  const headers = gateway.keys.map((key) => ({ 'x-api-key': key }));
  await askOnce(url, headers);

  const contender = (name: string, sequence: readonly number[]): Candidate => ({
    name,
    load: { url, headers, sequence },
    pid: gateway.pid,
    ...(redis !== null && { redisPid: redis.pid }),
  });
  const contenders = [
    contender('one key', [0]),
    contender(
      'uniform',
      draw(scale.keys, () => 1),
    ),
    contender(
      'zipf',
      draw(scale.keys, (rank) => 1 / rank),
    ),
  ];
  const samples = await measureInterleaved(generator, contenders, pace);
  print(`(d) ${scale.keys} keys of ${scale.projects} projects, ${pace.connections} connections`);
  print(
    table(
      ['', 'requests/s', 'CPU us/request', 'of Redis', 'CPU / that of one key', 'p99 ms'],
      contenders.map(({ name }) => [
        name,
        figure(medianOf(samples.get(name), ({ perSecond }) => perSecond)),
        figure(
          medianOf(samples.get(name), ({ cpu }) => cpu),
          1,
        ),
        figure(
          medianOf(samples.get(name), ({ redisCpu }) => redisCpu),
          2,
        ),
        figure(
          medianRatio(samples.get(name), samples.get('one key'), (one, other) => one.cpu / other.cpu),
          2,
        ),
        figure(
          medianOf(samples.get(name), ({ p99 }) => p99),
          1,
        ),
      ]),
    ),
  );
}

/** Each key has signed in and has its list before anything is measured. */
async function askOnce(url: string, headers: readonly Readonly<Record<string, string>>[]): Promise<void> {
  const waiting = headers.values();
  const client = async () => {
    for (const set of waiting) {
      const response = await fetch(url, { headers: set });
      const body = await response.text();
      if (response.status !== 200) throw new Error(`${response.status} ${body}`);
    }
  };
  await Promise.all(Array.from({ length: FIRST_AT_ONCE }, client));
}

/** Indices from 0 to `count` - 1, drawn by the weight of their rank; the same ones in every run. */
function draw(count: number, weight: (rank: number) => number): number[] {
  const sums: number[] = [];
  let total = 0;
  for (let rank = 1; rank <= count; rank++) {
    total += weight(rank);
    sums.push(total);
  }
  // Park and Miller's generator.
  let state = 42;
  return Array.from({ length: SEQUENCE }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return firstAbove(sums, (state / 2_147_483_647) * total);
  });
}

function firstAbove(sums: readonly number[], value: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sums[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
