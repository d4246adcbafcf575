import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '../src/async.ts';
import type { Setting } from './harness/setting.ts';
import { table } from './harness/table.ts';
import { benchGateway } from './targets/gateway.ts';
import { benchUpstream, owner } from './targets/upstream.ts';

const COVERED = new URL('targets/covered-main.ts', import.meta.url).pathname;
const REPOSITORY = new URL('..', import.meta.url).pathname;
const TARGET = '/v1/instances';
const INSTANCES = 1;
const SAMPLES = 7;
const CACHE_SECONDS = 1;
/** Longer than a response is cached and than a key's row is. */
const EXPIRY_MS = 1_200;

/** The gateway and the driver; not the server, the key store and packages. */
const COUNTED = /\/(?:src|adapters\/openstack)\//;

interface FileCalls {
  readonly url: string;
  readonly calls: number;
}

/**
 * The files and function calls of one request for a list: a miss, and a hit on the fast path. Counted by V8 in the gateway's process;
 * the least of several samples, since timers run besides. With `--checkouts` those of other checkouts, too.
 */
export async function traversal(setting: Setting): Promise<void> {
  const rows: string[][] = [];
  for (const checkout of [REPOSITORY, ...setting.scale.checkouts]) {
    const { miss, hit } = await traversalOf(setting, join(checkout, 'adapters/node/main.ts'));
    const figures = [miss.files, miss.calls, hit.files, hit.calls];
    rows.push([checkout === REPOSITORY ? 'this' : checkout, ...figures.map(String)]);
    if (process.env.BENCH_VERBOSE) setting.print([...miss.paths, '', ...hit.paths].join('\n'));
  }
  setting.print('Files traversed and functions called by one GET /v1/instances');
  setting.print(table(['', 'miss: files', 'calls', 'hit: files', 'calls'], rows));
}

async function traversalOf({ stopLater }: Setting, main: string) {
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-coverage-'));
  const coverageFile = join(folder, 'calls.json');
  const upstream = stopLater(await benchUpstream(INSTANCES));
  const environment = {
    ...upstream.environment,
    LINGUANOVA_CACHE_SECONDS: `${CACHE_SECONDS}`,
    COVERAGE_FILE: coverageFile,
    COVERED_MAIN: main,
  };
  const gateway = stopLater(await benchGateway(environment, [owner(0)], COVERED));
  const [key = ''] = gateway.keys;
  const get = async () => {
    const response = await fetch(gateway.url + TARGET, { headers: { 'x-api-key': key } });
    await response.arrayBuffer();
    return response.headers.get('x-cache');
  };
  const callsSince = async (): Promise<readonly FileCalls[]> => {
    // The log line and the metrics come after the response.
    await sleep(20);
    process.kill(gateway.pid, 'SIGUSR2');
    while (!existsSync(coverageFile)) await sleep(5);
    const files: readonly FileCalls[] = JSON.parse(readFileSync(coverageFile, 'utf8'));
    rmSync(coverageFile);
    return files.filter(({ url }) => COUNTED.test(url) && !url.includes('/node_modules/'));
  };
  const measure = async (expected: string, prepare: () => Promise<unknown>) => {
    const samples: (readonly FileCalls[])[] = [];
    while (samples.length < SAMPLES) {
      await prepare();
      await callsSince();
      const result = await get();
      const files = await callsSince();
      if (result === expected) samples.push(files);
    }
    const files = Math.min(...samples.map((sample) => sample.length));
    const calls = Math.min(...samples.map((sample) => sample.reduce((sum, { calls }) => sum + calls, 0)));
    const least = samples.find((sample) => sample.length === files) ?? [];
    return {
      files,
      calls,
      paths: least.map(({ url, calls }) => `${calls} ${url.replace(/^.*?\/(src|adapters)\//, '$1/')}`),
    };
  };
  await get();
  const miss = await measure('MISS', () => sleep(EXPIRY_MS));
  const hit = await measure('HIT', async () => {
    await sleep(EXPIRY_MS);
    await get();
    await get();
  });
  rmSync(folder, { recursive: true });
  return { miss, hit };
}
