import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { EventReader, type StreamEvent } from '../events/event-reader.ts';
import { ReduClient } from '../support/redu-client.ts';
import { type SlowCloud, startSlowCloud } from '../support/slow-cloud.ts';
import { bundled } from '../support/worker-bundle.ts';
import { ADMIN_TOKEN, startWorkers, type Workers } from '../support/workers.ts';

const NEW = { name: 'web', flavor_id: 'm1.tiny', image_id: 'ubuntu-22.04-amd64' };
/** The longest polling interval: half of `LINGUANOVA_CACHE_SECONDS`. */
const MAX_POLL_INTERVAL_MS = 2_500;

let cloud: SlowCloud;
let workers: Workers;
const readers: EventReader[] = [];
beforeAll(async () => {
  cloud = await startSlowCloud(5);
  workers = await startWorkers({
    script: await bundled('wrangler.toml'),
    variables: { OS_AUTH_URL: cloud.authUrl, LINGUANOVA_PLANS: 'default=100000/60' },
    count: 2,
  });
});
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close();
});
afterAll(async () => {
  await workers?.close();
  await cloud?.stop();
});

const keyFor = () => {
  const { applicationCredentialId: id, applicationCredentialSecret: secret } = cloud.account;
  return workers.keyFor({ id, secret });
};

async function listen(url: string, key: string, lastEventId?: string): Promise<EventReader> {
  const reader = await EventReader.open(url, key, lastEventId === undefined ? {} : { lastEventId });
  readers.push(reader);
  return reader;
}

const polls = () => cloud.asked.filter((path) => path.endsWith('/servers/detail')).length;
const about = (id: string) => (event: StreamEvent) => event.data.instance?.id === id;
const isDeleted = ({ event }: StreamEvent) => event === 'instance.deleted';

test('subscribers on different isolates receive the same events from one poller', async () => {
  const [one = '', other = ''] = workers.urls;
  const key = await keyFor();
  const all = await Promise.all(Array.from({ length: 20 }, (_, n) => listen(n % 2 === 0 ? one : other, key)));
  const [first = all[0]] = all;
  await Promise.all(all.map((reader) => reader.until(({ event }) => event === 'ready')));
  expect(first?.response.headers).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
  });
  const [before, began] = [polls(), Date.now()];
  await new Promise((resolve) => setTimeout(resolve, 2 * MAX_POLL_INTERVAL_MS));
  const most = Math.ceil((Date.now() - began) / MAX_POLL_INTERVAL_MS) + 1;
  expect(polls() - before).toBeLessThanOrEqual(most);

  const client = new ReduClient(other, key);
  const { id } = (await client.post('/v1/instances', NEW)).body;
  await Promise.all(
    all.map((reader) =>
      reader.until(({ data }) => data.instance?.state === 'active' && data.instance.id === id),
    ),
  );
  await client.delete(`/v1/instances/${id}`);
  await Promise.all(all.map((reader) => reader.until(isDeleted)));
  const received = all.map((reader) => JSON.stringify(reader.events.filter(about(id))));
  expect(new Set(received).size).toBe(1);

  const { id: from } = first?.events[0] ?? {};
  const again = await listen(one, key, from);
  await again.until(isDeleted);
  expect(again.events.filter(about(id))).toEqual(first?.events.filter(about(id)));
});

test('polling stops once all subscribers have left', async () => {
  const key = await keyFor();
  const reader = await listen(workers.url, key);
  await reader.until(() => true);
  reader.close();
  await expect
    .poll(
      async () => {
        const before = polls();
        await new Promise((resolve) => setTimeout(resolve, 2 * MAX_POLL_INTERVAL_MS));
        return polls() - before;
      },
      { timeout: 50_000 },
    )
    .toBe(0);
});

test('revoking a key ends its streams; errors keep their status and body', async () => {
  const key = await keyFor();
  const reader = await listen(workers.url, key);
  await reader.until(() => true);
  const response = await fetch(`${workers.url}/admin/v1/keys/${key.split('_')[1]}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  expect(response.status).toBe(204);
  await reader.ended();
  expect((await listen(workers.url, key)).status).toBe(401);
  const missing = await new ReduClient(workers.url, await keyFor()).get(
    `/v1/instances/${crypto.randomUUID()}/events`,
  );
  expect([missing.status, missing.body.error.code]).toEqual([404, 'itemNotFound']);
});
