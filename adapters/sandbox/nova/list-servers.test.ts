import { describe, expect, it } from 'vitest';
import {
  asCustomer,
  bootServer,
  byPassword,
  createTestSandbox,
} from '../../../test/support/sandbox-client.ts';

async function threeServers() {
  const { sandbox, acme, globex, wait } = createTestSandbox();
  const send = await asCustomer(sandbox, acme);
  for (const name of ['Web-1', 'web-2', 'db']) {
    await bootServer(send, sandbox, acme, { name });
    wait(1000);
  }
  const names = async (query: string) => {
    const { body } = await send('GET', `/compute/v2.1/servers?${query}`);
    return body.servers.map(({ name }: { name: string }) => name);
  };
  return { sandbox, acme, globex, send, names };
}

describe('lists of servers', () => {
  it('are newest first and filtered as Nova filters', async () => {
    const { names } = await threeServers();
    expect(await names('')).toEqual(['db', 'web-2', 'Web-1']);
    expect(await names('name=WEB')).toEqual(['web-2', 'Web-1']);
    expect(await names('name=^web-1$')).toEqual(['Web-1']);
    expect(await names('status=shutoff&status=active')).toHaveLength(3);
    expect(await names('status=SHUTOFF')).toEqual([]);
    expect(await names('flavor=m1.large')).toEqual([]);
    expect(await names('ip=10.')).toHaveLength(3);
    expect(await names('sort_key=display_name&sort_dir=asc')).toEqual(['Web-1', 'db', 'web-2']);
    expect(await names('project_id=someone')).toHaveLength(3);
  });

  it('come in pages; a full page has a next link even when it is the last', async () => {
    const { send } = await threeServers();
    const all: string[] = [];
    let path: string | undefined = '/compute/v2.1/servers?limit=3';
    for (let page = 0; path && page < 5; page++) {
      const body: { servers: { id: string }[]; servers_links?: { href: string }[] } = (
        await send('GET', path)
      ).body;
      all.push(...body.servers.map(({ id }) => id));
      path = body.servers_links?.[0]?.href.replace('http://sandbox.invalid', '');
      expect(path === undefined).toBe(page === 1);
    }
    expect(new Set(all).size).toBe(3);
  });

  it('are ordered by id within a second; what is not scheduled yet is first, as it was asked for', async () => {
    const { sandbox, acme, wait } = createTestSandbox();
    const send = await asCustomer(sandbox, acme);
    for (const name of ['a', 'b', 'c', 'd', 'e']) await bootServer(send, sandbox, acme, { name });
    const listed = async () => (await send('GET', '/compute/v2.1/servers')).body.servers;
    expect((await listed()).map(({ name }: { name: string }) => name)).toEqual(['e', 'd', 'c', 'b', 'a']);
    wait(5000);
    const ids = (await listed()).map(({ id }: { id: string }) => id);
    expect(ids).toEqual(ids.toSorted());
  });

  it('of changes have what changed since, deleted ones too, and no trace of what was never scheduled', async () => {
    const { sandbox, acme, wait } = createTestSandbox();
    const send = await asCustomer(sandbox, acme);
    const [old, gone] = [await bootServer(send, sandbox, acme), await bootServer(send, sandbox, acme)];
    wait(60_000);
    const changes = async () => {
      const { body } = await send('GET', '/compute/v2.1/servers/detail?changes-since=2026-03-01T12:01:00Z');
      return body.servers.map(({ id, status }: { id: string; status: string }) => [id, status]);
    };
    expect(await changes()).toEqual([]);
    await send('DELETE', `/compute/v2.1/servers/${gone}`);
    wait(5000);
    expect(await changes()).toEqual([[gone, 'DELETED']]);
    await send('PUT', `/compute/v2.1/servers/${old}`, { server: { name: 'other' } });
    expect((await changes()).map(([id]: [string]) => id).toSorted()).toEqual([old, gone].toSorted());
    const never = await bootServer(send, sandbox, acme);
    expect(await changes()).toHaveLength(3);
    await send('DELETE', `/compute/v2.1/servers/${never}`);
    expect((await send('GET', `/compute/v2.1/servers/${never}`)).status).toBe(404);
    expect(await changes()).toHaveLength(2);
  });

  it('can be long: many servers are made at once, beyond any quota, and are servers as others', async () => {
    const { sandbox, acme, wait } = createTestSandbox({
      projects: [{ name: 'acme', cidr: '10.64.0.0/16', withManyServers: 1_200 }],
    });
    const send = await asCustomer(sandbox, acme);
    const first = (await send('GET', '/compute/v2.1/servers/detail')).body;
    expect(first.servers).toHaveLength(1_000);
    expect(first.servers[0]).toMatchObject({
      name: 'fleet-1199',
      status: 'ACTIVE',
      security_groups: [{ name: 'default' }],
    });
    const { id } = first.servers[0];
    await send('DELETE', `/compute/v2.1/servers/${id}`);
    wait(5000);
    expect((await send('GET', `/compute/v2.1/servers/${id}`)).status).toBe(404);
    expect((await send('GET', `/networking/v2.0/ports?device_id=${id}`)).body.ports).toEqual([]);
  });

  it('of all tenants are for the administrator', async () => {
    const { sandbox, send, globex } = await threeServers();
    const theirs = await asCustomer(sandbox, globex);
    await bootServer(theirs, sandbox, globex, { name: 'theirs' });
    expect((await send('GET', '/compute/v2.1/servers?all_tenants=1')).status).toBe(403);
    const admin = await byPassword(sandbox, sandbox.admin);
    expect((await admin('GET', '/compute/v2.1/servers?all_tenants=1')).body.servers).toHaveLength(4);
  });
});

describe('quotas', () => {
  it('stop a project at its limit', async () => {
    const { sandbox, globex } = createTestSandbox();
    const send = await asCustomer(sandbox, globex);
    for (const name of ['a', 'b', 'c']) await bootServer(send, sandbox, globex, { name });
    await expect(bootServer(send, sandbox, globex)).rejects.toThrow(
      'Quota exceeded for instances: Requested 1, but already used 3 of 3 instances',
    );
  });

  it('of Neutron count too', async () => {
    const { sandbox, acme } = createTestSandbox();
    const admin = await byPassword(sandbox, sandbox.admin);
    await admin('PUT', `/networking/v2.0/quotas/${acme.projectId}`, { quota: { port: 1 } });
    const send = await asCustomer(sandbox, acme);
    await expect(bootServer(send, sandbox, acme)).rejects.toThrow('Maximum number of ports exceeded');
  });

  it('give as many of several servers as there is room for', async () => {
    const { sandbox, globex } = createTestSandbox();
    const send = await asCustomer(sandbox, globex);
    await bootServer(send, sandbox, globex, { name: 'many', min_count: 1, max_count: 9 });
    const { servers } = (await send('GET', '/compute/v2.1/servers')).body;
    expect(servers.map(({ name }: { name: string }) => name)).toEqual(['many-3', 'many-2', 'many-1']);
  });
});
