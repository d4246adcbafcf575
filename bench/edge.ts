/**
 * `node bench/edge.ts`: the worker in workerd. From start to the first response, and a cached list against a worker that does
 * nothing, in turns; docs/edge.md.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { startSlowCloud } from '../test/support/slow-cloud.ts';
import { bundled } from '../test/support/worker-bundle.ts';
import { startWorkers } from '../test/support/workers.ts';

const TARGET = '/v1/instances';
const EMPTY =
  'export default { fetch: () => new Response("[]", { headers: { "content-type": "application/json" } }) }';
const MAX_RATIO = 2;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
  },
});
const [rounds, seconds, connections] = [values.rounds, values.seconds, values.connections].map(Number) as [
  number,
  number,
  number,
];

interface Sample {
  readonly perSecond: number;
  /** Microseconds of CPU of workerd per request. */
  readonly cpu: number;
}

/** Sends requests for the duration of a round, over so many connections. */
async function measure(url: string, pid: number, headers: Record<string, string>): Promise<Sample> {
  const pool = new Pool(new URL(url).origin, { connections, pipelining: 1 });
  const end = performance.now() + seconds * 1000;
  const before = cpuSeconds(pid);
  const began = performance.now();
  let requests = 0;
  const client = async () => {
    while (performance.now() < end) {
      const { statusCode, body } = await pool.request({ method: 'GET', path: TARGET, headers });
      await body.dump();
      if (statusCode !== 200) throw new Error(`a request failed with ${statusCode}`);
      requests += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  const elapsed = (performance.now() - began) / 1000;
  const cpu = ((cpuSeconds(pid) - before) / requests) * 1e6;
  await pool.close();
  return { perSecond: requests / elapsed, cpu };
}

/** Of one process, in user and kernel mode: `/proc/<pid>/stat`, see proc(5). */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
const TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** The workerd processes that this one has started. */
function workerds(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        return parent === process.pid && stat.includes('(workerd)');
      } catch {
        return false;
      }
    });
}

async function started<T>(start: () => Promise<T>): Promise<T & { readonly pid: number }> {
  const before = workerds();
  const workers = await start();
  const pid = workerds().find((candidate) => !before.includes(candidate));
  if (pid === undefined) throw new Error('workerd is not to be seen');
  return { ...workers, pid };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

const script = await bundled('wrangler.toml');
const cloud = await startSlowCloud(0);
const { applicationCredentialId: id, applicationCredentialSecret: secret } = cloud.account;
const variables = { OS_AUTH_URL: cloud.authUrl, LINGUANOVA_PLANS: 'default=999999999/60' };

/** From the start of workerd to the first response, in ms. */
async function firstAnswer(code: string): Promise<number> {
  const began = performance.now();
  const workers = await startWorkers({ script: code, variables, migrate: false });
  const response = await fetch(`${workers.url}/healthz`);
  if (!response.ok) throw new Error(`the first request failed with ${response.status}`);
  const elapsed = performance.now() - began;
  await workers.close();
  return elapsed;
}

const starts = { gateway: [] as number[], empty: [] as number[] };
for (let round = 0; round < rounds; round++) {
  starts.gateway.push(await firstAnswer(script));
  starts.empty.push(await firstAnswer(EMPTY));
}
const more = median(starts.gateway.map((time, round) => time - (starts.empty[round] ?? 0)));
console.log(
  `start to first response: ${median(starts.gateway).toFixed(0)} ms, ${more.toFixed(0)} ms more than an empty worker`,
);

const gateway = await started(() => startWorkers({ script, variables }));
const empty = await started(() => startWorkers({ script: EMPTY, variables, migrate: false }));
const headers = { 'x-api-key': await gateway.keyFor({ id, secret }) };
const samples = { gateway: [] as Sample[], empty: [] as Sample[] };
for (let round = 0; round <= rounds; round++) {
  const one = await measure(gateway.url, gateway.pid, headers);
  const other = await measure(empty.url, empty.pid, headers);
  // The first round warms up.
  if (round === 0) continue;
  samples.gateway.push(one);
  samples.empty.push(other);
}
const ratioOf = (ratio: (one: Sample, other: Sample) => number) =>
  median(samples.gateway.map((one, round) => ratio(one, samples.empty[round] as Sample)));
const [time, cpu] = [
  ratioOf((one, other) => other.perSecond / one.perSecond),
  ratioOf((one, other) => one.cpu / other.cpu),
];
for (const [name, of] of Object.entries(samples)) {
  console.log(
    `${name}: ${median(of.map(({ perSecond }) => perSecond)).toFixed(0)} requests/s, ${median(of.map((sample) => sample.cpu)).toFixed(0)} us of CPU each`,
  );
}
console.log(
  `${time <= MAX_RATIO ? 'met' : 'MISSED'}: a cached list takes at most ${MAX_RATIO} times as long as an empty worker: ${time.toFixed(2)} (CPU ${cpu.toFixed(2)})`,
);
await Promise.all([gateway.close(), empty.close()]);
await cloud.stop();
