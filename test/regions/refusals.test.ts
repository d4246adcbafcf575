import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { send } from '../bad-input/send.ts';
import { ONE, regionalGateway, TWO, UNSERVED } from '../support/regional-gateway.ts';

const gateway = await regionalGateway();
afterAll(() => gateway.stop());
beforeEach(() => {
  gateway.sent.length = 0;
});

/** As a client may write the name of a region in a path. */
const NAMES = [
  UNSERVED,
  'Nowhere',
  'regiontwo',
  'REGIONTWO',
  'RegionTwo%20',
  '%20RegionTwo',
  '+RegionTwo',
  'RegionTwo+',
  'RegionTwo%00',
  '%00',
  'RegionTwo%0a',
  'RegionTwo%0d%0aX-Auth-Token:%20x',
  'Region%54wo',
  '%52egionTwo',
  'RegionTwo%252e',
  'RegionTwo%2f',
  'RegionTwo%2fcompute',
  '..%2fRegionTwo',
  '%2e%2e%2fRegionTwo',
  'RegionTwo;version=1',
  'RegionTwo,RegionOne',
  'RegionTwo.',
  'RegionTwo:443',
  'RegionTwo@127.0.0.1',
  '*',
  '%2a',
  '{region}',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  '%ff%fe',
  '%E2%80%8BRegionTwo',
  'Re%CC%81gionTwo',
  '%F0%9F%A6%8A',
  '%',
  '%zz',
  "'%20or%201=1--",
  'a'.repeat(4_000),
  '',
];

/** Paths that leave a region, or name one where none belongs. */
const PATHS = [
  `/regions/${TWO}`,
  `/regions/${TWO}/`,
  '/regions',
  '/regions/',
  `/Regions/${TWO}/v1/instances`,
  `/regions//${TWO}/v1/instances`,
  `//regions/${TWO}/v1/instances`,
  `/regions/${TWO}//v1/instances`,
  `/regions/${TWO}//compute/v2.1/servers`,
  `/regions/${TWO}/regions/${ONE}/v1/instances`,
  `/v1/regions/${TWO}/instances`,
  `/compute/regions/${TWO}/v2.1/servers`,
  `/regions/./v1/instances`,
  `/regions/../v1/instances`,
  `/regions/%2e%2e/v1/instances`,
  `/regions/%2E/compute/v2.1/servers`,
  `/regions/${TWO}/../${UNSERVED}/v1/instances`,
  `/regions/${TWO}/../../admin/v1/keys`,
  `/regions/${TWO}/%2e%2e/%2e%2e/admin/v1/keys`,
  `/regions/${TWO}/compute/%2e%2e/image/v2/images`,
  `/regions/${TWO}/compute/v2.1/%2e%2e/%2e%2e/identity/v3/users`,
  `/regions/${TWO}/compute/..%2f..%2fidentity/v3/users`,
  `/regions/${TWO}\\..\\v1\\instances`,
  `/regions/${TWO}/admin/v1/keys`,
  `/regions/${TWO}/console/session`,
  `/regions/${TWO}/identity/v3/auth/tokens`,
  `/regions/${TWO}/healthz`,
  `/regions/${TWO}/metrics`,
];

const get = (path: string) =>
  send(gateway.url, {
    method: 'GET',
    path,
    headers: { 'x-api-key': gateway.key },
    body: null,
    chunked: false,
  });

describe('a region that cannot be used', () => {
  const refused = async (path: string) => {
    const { status, headers, text } = await get(path);
    expect([400, 404], text).toContain(status);
    expect(headers['x-request-id']).toMatch(/^req-/);
    for (const secret of [gateway.key, gateway.projectId, 'sandbox.invalid'])
      expect(text).not.toContain(secret);
    expect(gateway.sent).toEqual([]);
    return JSON.parse(text);
  };

  test.each(NAMES)(
    '%s is 400 or 404 in the form of each dialect, and nothing reaches the cloud',
    async (name) => {
      const redu = await refused(`/regions/${name}/v1/instances`);
      expect(['itemNotFound', 'badRequest']).toContain(redu.error.code);
      const nova = await refused(`/regions/${name}/compute/v2.1/servers`);
      expect([404, 400]).toContain((nova.itemNotFound ?? nova.badRequest).code);
    },
  );

  test.each(PATHS)('%s is 400 or 404, and nothing reaches the cloud', async (path) => {
    expect(Object.keys(await refused(path))).not.toEqual([]);
  });

  test('a region with a wrong key, or none, is 401 and nothing reaches the cloud', async () => {
    for (const path of ['/v1/instances', '/compute/v2.1/servers'])
      for (const key of ['', `${gateway.key.slice(0, -1)}_`])
        expect((await gateway.request(`/regions/${TWO}${path}`, {}, key)).status).toBe(401);
    expect(gateway.sent).toEqual([]);
  });

  test('a region without the scope is 403 and nothing reaches the cloud', async () => {
    const key = await gateway.keyOf(['keypairs:write']);
    gateway.sent.length = 0;
    for (const path of ['/v1/instances', '/compute/v2.1/servers'])
      expect((await gateway.request(`/regions/${TWO}${path}`, {}, key)).status).toBe(403);
    expect(gateway.sent).toEqual([]);
  });
});
