import { afterAll, describe, expect, test } from 'vitest';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import { keyIdOf } from '../support/nova-client.ts';
import { ONE, regionalGateway, TWO, UNSERVED } from '../support/regional-gateway.ts';

const gateway = await regionalGateway();
const anyRegion = await regionalGateway('*');
afterAll(() => Promise.all([gateway.stop(), anyRegion.stop()]));
const at = (region: string, path: string) => `/regions/${region}${path}`;
const asOperator = { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } };
const bind = (key: string, regions: readonly string[] | null, one = gateway) =>
  one.request(`/admin/v1/keys/${keyIdOf(key)}`, { ...asOperator, method: 'PATCH', json: { regions } }, '');
const boundKey = async (regions: readonly string[], one = gateway) => {
  const key = await one.keyOf();
  expect((await bind(key, regions, one)).body.regions).toEqual(regions);
  one.sent.length = 0;
  return key;
};
/** Status, and the code of the error in the form of either dialect. */
const answer = async (key: string, path: string, one = gateway) => {
  const { status, body } = await one.request(path, {}, key);
  return `${status} ${body.error?.code ?? body.forbidden?.code ?? body.NeutronError?.type ?? ''}`.trim();
};

const REDU = ['/v1/instances', '/v1/flavors', '/cloud/v1/compute/instances/list', '/v1/events'];
const NOVA = ['/compute/v2.1/servers', '/image/v2/images', '/networking/v2.0/networks', '/volume/v3/volumes'];

describe('a key bound to a region', () => {
  test('is 403 in the others, in both dialects, and nothing reaches the cloud', async () => {
    const key = await boundKey([TWO]);
    for (const prefix of ['', at(ONE, '')]) {
      for (const path of [...REDU, ...NOVA])
        expect(await answer(key, prefix + path), path).toMatch(/^403( |$)/);
    }
    const json = { name: 'x', description: '' };
    const write = await gateway.request('/v1/security_groups', { method: 'POST', json }, key);
    expect([write.status, write.body.error.code]).toEqual([403, 'forbidden']);
    expect(write.body.error.message).toContain('bound to other regions');
    expect(gateway.sent).toEqual([]);
    expect(await answer(key, at(TWO, '/v1/flavors'))).toBe('200');
    expect(await answer(key, at(TWO, '/compute/v2.1/servers'))).toBe('200');
    expect(gateway.sent.filter((sent) => !sent.includes('/identity/') && !sent.includes(TWO))).toEqual([]);
  });

  test('is 404 in an unserved region, as any key', async () => {
    const key = await boundKey([UNSERVED]);
    expect(await answer(key, at(UNSERVED, '/v1/flavors'))).toBe('404 itemNotFound');
    expect(await answer(key, '/v1/flavors')).toBe('403 forbidden');
  });

  test('loses a region at the next request, cached responses included', async () => {
    for (const path of ['/v1/networks', '/compute/v2.1/servers']) {
      const key = await gateway.keyOf();
      for (const cached of [null, 'HIT', 'HIT']) {
        const { headers } = await gateway.request(path, {}, key);
        if (cached !== null) expect(headers.get('x-cache')).toBe(cached);
      }
      await bind(key, [TWO]);
      expect(await answer(key, path)).toMatch(/^403/);
      await bind(key, null);
      expect(await answer(key, path)).toBe('200');
    }
  });

  test('reads about itself, its regions and its siblings without naming a region', async () => {
    const key = await boundKey([TWO]);
    const me = await gateway.request('/v1/me', {}, key);
    expect([me.status, me.body.regions]).toEqual([200, [TWO]]);
    const regions = await gateway.request('/v1/regions', {}, key);
    expect(regions.body.items).toEqual([
      { name: TWO, default: false, services: ['compute', 'identity', 'image', 'network'] },
    ]);
    for (const path of ['/v1/api_keys', `/v1/api_keys/${keyIdOf(key)}`, '/v1/usage', '/cloud/v1/me'])
      expect(await answer(key, path), path).toBe('200');
    for (const path of ['/v1/me', '/v1/regions', '/v1/api_keys']) {
      expect(await answer(key, at(TWO, path)), path).toBe('200');
      expect(await answer(key, at(ONE, path)), path).toBe('403 forbidden');
    }
  });

  test('gives its regions to its successor', async () => {
    const key = await boundKey([TWO]);
    const rotated = await gateway.request(
      `/v1/api_keys/${keyIdOf(key)}/rotate`,
      { method: 'POST', json: {} },
      key,
    );
    expect([rotated.status, rotated.body.regions]).toEqual([201, [TWO]]);
    expect(await answer(rotated.body.key, '/v1/flavors')).toBe('403 forbidden');
  });

  test('revokes siblings with its regions only', async () => {
    const [one, two, all] = [await boundKey([ONE]), await boundKey([ONE, TWO]), await gateway.keyOf()];
    const revoke = async (by: string, key: string) =>
      (await gateway.request(`/v1/api_keys/${keyIdOf(key)}`, { method: 'DELETE' }, by)).status;
    expect(await revoke(one, two)).toBe(403);
    expect(await revoke(two, all)).toBe(403);
    expect(await revoke(two, one)).toBe(204);
    expect(await revoke(all, two)).toBe(204);
  });

  test('signs in at identity, whose catalog has its regions only', async () => {
    const key = await boundKey([TWO]);
    const credential = { id: keyIdOf(key), secret: key };
    const auth = { identity: { methods: ['application_credential'], application_credential: credential } };
    const json = { auth };
    const { status, body } = await gateway.request('/identity/v3/auth/tokens', { method: 'POST', json }, '');
    expect(status).toBe(201);
    const endpoints = body.token.catalog.flatMap((entry: { endpoints: object[] }) => entry.endpoints);
    expect(new Set(endpoints.map(({ region_id }: { region_id: string }) => region_id))).toEqual(
      new Set([TWO]),
    );
    expect(body.token.catalog.map(({ type }: { type: string }) => type)).toContain('identity');
  });

  test('with all regions served, does not learn which other regions exist', async () => {
    const key = await boundKey([TWO], anyRegion);
    for (const name of [ONE, UNSERVED, 'Nowhere'])
      expect(await answer(key, at(name, '/v1/flavors'), anyRegion)).toBe('403 forbidden');
    expect(anyRegion.sent).toEqual([]);
    expect(await answer(key, at(TWO, '/v1/flavors'), anyRegion)).toBe('200');
  });
});
