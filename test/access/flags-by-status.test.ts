import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ReleasingGateway, releasingGateway } from '../support/releasing-gateway.ts';
import { novaAsAdmin } from '../support/sandbox-admin.ts';

let setup: ReleasingGateway;
beforeAll(async () => {
  setup = await releasingGateway({ bootMilliseconds: 200 });
});
afterAll(() => setup.close());

/** Actions into each status in which Nova refuses metadata, and some in which it does not. */
const STATUSES: readonly (readonly [string, (id: string) => Promise<unknown>])[] = [
  ['RESCUE', (id) => setup.client.act(id, 'rescue')],
  ['SHELVED_OFFLOADED', (id) => setup.client.act(id, 'shelve')],
  ['VERIFY_RESIZE', (id) => setup.client.act(id, 'resize', { flavor_id: 'm1.small' })],
  [
    'ERROR',
    (id) =>
      novaAsAdmin(setup.sandbox, 'POST', `/servers/${id}/action`, { 'os-resetState': { state: 'error' } }),
  ],
  ['PAUSED', (id) => setup.client.act(id, 'pause')],
  ['SUSPENDED', (id) => setup.client.act(id, 'suspend')],
  ['SHUTOFF', (id) => setup.client.act(id, 'stop')],
];

async function inStatus(
  status: string,
  reach: (id: string) => Promise<unknown>,
  metadata: object,
): Promise<string> {
  const flavor = { flavor_id: 'm1.tiny', image_id: 'debian-12-amd64' };
  const { id } = await setup.client.boot({ name: 'flagged', ...flavor, metadata });
  await reach(id);
  await expect.poll(async () => (await setup.client.get(`/v1/instances/${id}`)).body.status).toBe(status);
  return id;
}
const change = (id: string, metadata: object) => setup.client.patch(`/v1/instances/${id}`, { metadata });
const flagsOf = async (id: string) => (await setup.client.get(`/v1/instances/${id}`)).body.metadata;

describe.each(STATUSES)('an instance in %s', (status, reach) => {
  test('PATCH removes public address and SSH, and the instance shows neither', async () => {
    const id = await inStatus(status, reach, { isPublic: true, enableSSH: true });
    const again = await change(id, { isPublic: true });
    expect([again.status, again.body.metadata.isPublic]).toEqual([200, 'true']);

    const closed = await change(id, { isPublic: false });
    expect([closed.status, closed.body.metadata?.isPublic]).toEqual([200, 'false']);
    expect((await flagsOf(id)).isPublic).toBe('false');
    const shut = await change(id, { enableSSH: false });
    expect([shut.status, shut.body.metadata?.enableSSH]).toEqual([200, 'false']);
    const ports = (await setup.openStack.network('GET', `/ports?device_id=${id}`)).body.ports;
    const addresses = (await setup.openStack.network('GET', `/floatingips?port_id=${ports[0].id}`)).body;
    expect(addresses.floatingips).toEqual([]);
    await setup.client.delete(`/v1/instances/${id}`);
  });

  test('PATCH adds a public address and SSH, and the instance shows both', async () => {
    const id = await inStatus(status, reach, {});
    const opened = await change(id, { isPublic: true, enableSSH: true });
    expect([opened.status, opened.body.metadata]).toEqual([
      200,
      { isPublic: 'true', enableSSH: 'true', floatingIp: expect.any(String) },
    ]);
    expect(await flagsOf(id)).toEqual(opened.body.metadata);
    await setup.client.delete(`/v1/instances/${id}`);
  });
});

describe('an instance whose status refuses metadata', () => {
  let id: string;
  beforeEach(async () => {
    id = await inStatus('RESCUE', (made) => setup.client.act(made, 'rescue'), { isPublic: true });
  });

  test('PATCH with its unchanged metadata still removes the public address', async () => {
    const { id: tagged } = await setup.client.boot({
      name: 'tagged',
      flavor_id: 'm1.tiny',
      image_id: 'debian-12-amd64',
      metadata: { isPublic: true, team: 'a' },
    });
    await setup.client.act(tagged, 'rescue');
    await expect
      .poll(async () => (await setup.client.get(`/v1/instances/${tagged}`)).body.status)
      .toBe('RESCUE');
    const closed = await change(tagged, { isPublic: false, team: 'a' });
    expect([closed.status, closed.body.metadata?.isPublic]).toEqual([200, 'false']);
    await setup.client.delete(`/v1/instances/${tagged}`);
  });

  test('PATCH that changes metadata is refused and changes no access', async () => {
    const refused = await change(id, { isPublic: false, team: 'web' });
    expect([refused.status, refused.body.error.code]).toEqual([409, 'conflictingRequest']);
    expect((await flagsOf(id)).isPublic).toBe('true');
  });

  test('PATCH of access is refused while locked, unless it changes nothing', async () => {
    await setup.client.act(id, 'lock');
    const refused = await change(id, { isPublic: false });
    expect([refused.status, refused.body.error.code]).toEqual([409, 'conflictingRequest']);
    expect((await change(id, { isPublic: true })).status).toBe(200);
    expect((await flagsOf(id)).isPublic).toBe('true');
  });
});
