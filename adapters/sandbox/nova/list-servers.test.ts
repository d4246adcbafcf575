import { describe, expect, it } from 'vitest';
import { asCustomer, bootServer, byPassword, createTestSandbox } from '../test-client.ts';

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
