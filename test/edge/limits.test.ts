import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SlowCloud, startSlowCloud } from '../support/slow-cloud.ts';
import { bundled } from '../support/worker-bundle.ts';
import { startWorkers, type Workers } from '../support/workers.ts';

const POINTS = 200;
/** Longer than the tests, so that all requests are in one window. */
const SECONDS = 600;
const ISOLATES = 4;

let cloud: SlowCloud;
let workers: Workers;
beforeAll(async () => {
  cloud = await startSlowCloud(0);
  workers = await startWorkers({
    script: await bundled('test/edge/wrangler.toml'),
    variables: { OS_AUTH_URL: cloud.authUrl, LINGUANOVA_PLANS: `default=${POINTS}/${SECONDS}/100000` },
    count: ISOLATES,
  });
}, 120_000);
afterAll(async () => {
  await workers?.close();
  await cloud?.stop();
});

/** Sends to all isolates concurrently until each has rejected five times in a row; returns the number admitted by each. */
function askAll(key: string, after: (admitted: number) => Promise<void> = async () => {}): Promise<number[]> {
  return Promise.all(
    workers.urls.map(async (url) => {
      let admitted = 0;
      for (let refused = 0; refused < 5; ) {
        const { status } = await fetch(`${url}/v1/api_keys?limit=1`, { headers: { 'x-api-key': key } });
        expect([200, 429]).toContain(status);
        if (status === 429) refused += 1;
        else {
          admitted += 1;
          refused = 0;
          await after(admitted);
        }
      }
      return admitted;
    }),
  );
}

function newKey(): Promise<string> {
  const { applicationCredentialId: id, applicationCredentialSecret: secret } = cloud.account;
  return workers.keyFor({ id, secret });
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

test('four isolates together admit exactly the points of the plan', async () => {
  const admitted = await askAll(await newKey());
  expect(sum(admitted)).toBe(POINTS);
  expect(Math.min(...admitted), 'each admitted some').toBeGreaterThan(0);
}, 120_000);

test('an evicted limit object keeps its count', async () => {
  let evictions = 0;
  const admitted = await askAll(await newKey(), async (count) => {
    if (count % 20 !== 10) return;
    evictions += await workers.evictCounters();
  });
  expect(evictions).toBeGreaterThan(2);
  expect(sum(admitted)).toBe(POINTS);
}, 120_000);
