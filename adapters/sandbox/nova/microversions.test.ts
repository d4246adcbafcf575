import { describe, expect, it } from 'vitest';
import {
  asCustomer,
  bootServer,
  createTestSandbox,
  type Send,
} from '../../../test/support/sandbox-client.ts';

const BASE = '/compute/v2.1';

async function world(options: Parameters<typeof createTestSandbox>[0] = {}) {
  const { sandbox, acme, wait } = createTestSandbox(options);
  const send = await asCustomer(sandbox, acme);
  const at =
    (minor: number | 'latest'): Send =>
    (method, path, body) => {
      const version = minor === 'latest' ? minor : `2.${minor}`;
      return send(method, `${BASE}${path}`, body, { 'OpenStack-API-Version': `compute ${version}` });
    };
  return { sandbox, acme, wait, send, at };
}

describe('a server', () => {
  it.each([
    [95, []],
    [96, ['pinned_availability_zone']],
    [100, ['pinned_availability_zone', 'scheduler_hints']],
  ])('at 2.%i has what came after Zed: %j', async (minor, added) => {
    const { sandbox, acme, send, at } = await world();
    const id = await bootServer(send, sandbox, acme);
    const { server } = (await at(minor)('GET', `/servers/${id}`)).body;
    const names = ['pinned_availability_zone', 'scheduler_hints'].filter((name) => name in server);
    expect(names).toEqual(added);
    expect('properties' in server.image).toBe(minor >= 98);
  });

  it('is unpinned from its zone, and pinned to the one it is in', async () => {
    const { sandbox, acme, send, at, wait } = await world();
    const id = await bootServer(send, sandbox, acme, { availability_zone: 'nova' });
    wait(5000);
    const pin = (pinned_availability_zone: string | null) =>
      at(104)('PUT', `/servers/${id}`, { server: { pinned_availability_zone } });
    expect((await pin('other')).status).toBe(409);
    expect((await pin(null)).body.server.pinned_availability_zone).toBeNull();
    expect((await pin('other')).status).toBe(409);
    expect((await pin('nova')).body.server.pinned_availability_zone).toBe('nova');
    expect(
      (await at(103)('PUT', `/servers/${id}`, { server: { pinned_availability_zone: null } })).status,
    ).toBe(400);
  });
});

describe('from 2.102 on', () => {
  it.each(['/servers/{id}', '/os-availability-zone', '/os-server-groups', '/flavors'])(
    '%s refuses an unknown parameter',
    async (path) => {
      const { sandbox, acme, send, at } = await world();
      const id = await bootServer(send, sandbox, acme);
      const get = (minor: number) => at(minor)('GET', `${path.replace('{id}', id)}?unknown=1`);
      expect((await get(102)).status).toBe(400);
      expect((await get(74)).status).toBe(200);
    },
  );

  it('flavors are found by name and lack rxtx_factor', async () => {
    const { at } = await world();
    const { flavors } = (await at(102)('GET', '/flavors/detail?name=m1.tiny')).body;
    expect(flavors.map(({ id, rxtx_factor }: Record<string, unknown>) => [id, rxtx_factor])).toEqual([
      ['m1.tiny', undefined],
    ]);
  });
});

it('a Nova of other versions says so, and refuses what it lacks', async () => {
  const { at } = await world({ novaMinors: { oldest: 30, newest: 60 } });
  const { version } = (await at(30)('GET', '/')).body;
  expect(version).toMatchObject({ min_version: '2.30', version: '2.60' });
  expect((await at('latest')('GET', '/servers')).headers.get('OpenStack-API-Version')).toBe('compute 2.60');
  for (const minor of [29, 61]) expect((await at(minor)('GET', '/servers')).status).toBe(406);
});
