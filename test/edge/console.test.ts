import { afterAll, beforeAll, expect, test } from 'vitest';
import { consoleAssets } from '../../adapters/assets/console.ts';
import { referencePage } from '../../adapters/assets/reference-page.ts';
import { BrowserClient } from '../console/browser-client.ts';
import { startWranglerDev, type WranglerDev } from '../support/wrangler-dev.ts';

const ADMIN_TOKEN = 'admin-token-of-the-tests';

let worker: WranglerDev;
beforeAll(async () => {
  const secrets = {
    LINGUANOVA_SECRET: Buffer.alloc(32, 7).toString('base64'),
    LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
  };
  worker = await startWranglerDev('wrangler.toml', secrets, 'sandbox');
}, 240_000);
afterAll(() => worker.close());

test('serves every file of the console and of /docs with the same headers as on Node', {
  timeout: 240_000,
}, async () => {
  for (const [path, { bytes, headers }] of [...consoleAssets(), ...referencePage()]) {
    const response = await fetch(worker.url + path, { redirect: 'manual' });
    const body = new TextDecoder().decode(await bytes('identity'));
    expect([path, response.status, await response.text()]).toEqual([path, 200, body]);
    const { ETag: _, ...expected } = headers;
    const actual = Object.fromEntries(
      Object.keys(expected).map((name) => [name, response.headers.get(name)]),
    );
    expect(actual, path).toEqual(expected);
  }
});

test('a session has the rights of its key or token; foreign origins are rejected', {
  timeout: 240_000,
}, async () => {
  const page = new BrowserClient(worker.url, '192.0.2.1');
  const { status, body } = await page.ask('POST', '/console/session', { admin_token: ADMIN_TOKEN });
  expect([status, body.session.as]).toEqual([200, 'operator']);
  const made = await page.ask('POST', '/admin/v1/keys', {
    name: 'made in the console',
    project_id: '719015812e824d5b874b4190dde8f43c',
  });
  expect(made.status).toBe(201);
  const customer = new BrowserClient(worker.url, '192.0.2.1');
  expect((await customer.ask('POST', '/console/session', { api_key: made.body.key })).status).toBe(200);
  expect((await customer.ask('GET', '/v1/instances')).body).toHaveLength(2);
  const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
  expect((await customer.ask('GET', '/v1/instances', undefined, foreign)).status).toBe(403);
  expect((await customer.ask('DELETE', '/console/session')).status).toBe(204);
  expect((await customer.ask('GET', '/v1/instances')).status).toBe(401);
});
