import { afterAll, beforeAll, expect, test } from 'vitest';
import { OpenStackClient } from '../support/openstack-client.ts';
import { ReduClient } from '../support/redu-client.ts';
import { startWranglerDev, type WranglerDev } from '../support/wrangler-dev.ts';
import { requireOpenStack } from './target.ts';

/** As in `.dev.vars` of an operator. */
const ADMIN_TOKEN = 'admin-token-of-the-tests';
const IMAGE = 'ubuntu-22.04-amd64';

const variables = requireOpenStack();
const read = (name: string) => variables[name] ?? '';
const credential = { id: read('ACME_APP_CRED_ID'), secret: read('ACME_APP_CRED_SECRET') };
const openStack = new OpenStackClient(fetch, read('OS_AUTH_URL'), credential);

let dev: WranglerDev;
let acme: ReduClient;
beforeAll(async () => {
  dev = await startWranglerDev('wrangler.toml', {
    OS_AUTH_URL: read('OS_AUTH_URL'),
    OS_REGION_NAME: read('OS_REGION_NAME'),
    LINGUANOVA_SECRET: Buffer.from('thirty-two bytes, for tests only').toString('base64'),
    LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
    LOG_LEVEL: 'warn',
  });
  const response = await fetch(`${dev.url}/admin/v1/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'test', application_credential: credential }),
  });
  expect(response.status).toBe(201);
  const { key } = (await response.json()) as { key: string };
  acme = new ReduClient(dev.url, key);
});
afterAll(() => dev?.close());

test('wrangler dev in front of a real OpenStack: list, create with isPublic, delete', async () => {
  const before = await openStack.belongings();
  const created = await acme.post('/v1/instances', {
    name: 'edge-public',
    flavor_id: 'm1.tiny',
    image_id: IMAGE,
    metadata: { isPublic: true },
  });
  expect(created.status).toBe(202);
  const { id, metadata } = created.body;
  expect(metadata.floatingIp).toMatch(/^203\.0\.113\./);
  try {
    const listed = (await acme.get('/v1/instances')).body.find((one: { id: string }) => one.id === id);
    expect(listed).toMatchObject({ name: 'edge-public', metadata: { isPublic: 'true' } });
    await acme.until(id, ({ state }) => state === 'active', 90_000);
  } finally {
    await acme.remove(id);
  }
  expect((await acme.get('/v1/instances')).body.map((one: { id: string }) => one.id)).not.toContain(id);
  await expect.poll(() => openStack.belongings()).toEqual(before);
});
