import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SlowCloud, startSlowCloud } from '../support/slow-cloud.ts';
import { bundled } from '../support/worker-bundle.ts';
import { startWorkers, type Workers } from '../support/workers.ts';

/** Requests that share an isolate share what they wait for, and the runtime keeps apart what belongs to each. */
let cloud: SlowCloud;
let workers: Workers;
let key: string;
beforeAll(async () => {
  cloud = await startSlowCloud(20);
  workers = await startWorkers({
    script: await bundled('wrangler.toml'),
    variables: { OS_AUTH_URL: cloud.authUrl, LINGUANOVA_PLANS: 'default=100000/60' },
    count: 2,
  });
  const { applicationCredentialId: id, applicationCredentialSecret: secret } = cloud.account;
  // Made at the first isolate, so that the second is not awake yet.
  key = await workers.keyFor({ id, secret });
});
afterAll(async () => {
  await workers?.close();
  await cloud?.stop();
});

function crowd(url: string, paths: readonly string[], size: number): Promise<number[]> {
  return Promise.all(
    Array.from({ length: size }, async (_, n) => {
      const response = await fetch(url + paths[n % paths.length], { headers: { 'x-api-key': key } });
      await response.arrayBuffer();
      return response.status;
    }),
  );
}

const ALL_OK = { statuses: [200] };
const seen = (statuses: number[]) => ({ statuses: [...new Set(statuses)].sort() });

test('concurrent requests to a cold isolate each get their own response', async () => {
  const [, asleep = ''] = workers.urls;
  expect(seen(await crowd(asleep, ['/v1/instances'], 40))).toEqual(ALL_OK);
});

test('sustained concurrent requests do, while keys and responses expire', async () => {
  const paths = ['/v1/instances', '/v1/instances', '/v1/flavors', '/v1/security_groups'];
  const ofClients = await Promise.all(
    Array.from({ length: 64 }, async () => {
      const statuses: number[] = [];
      for (let n = 0; n < 40; n++) statuses.push(...(await crowd(workers.url, [paths[n % 4] ?? ''], 1)));
      return statuses;
    }),
  );
  expect(seen(ofClients.flat())).toEqual(ALL_OK);
}, 120_000);
