import { describe, expect, it } from 'vitest';
import { anonymous, asCustomer, byPassword, createTestSandbox } from '../../test/support/sandbox-client.ts';
import { createSandbox } from './index.ts';

async function demo() {
  const sandbox = createSandbox();
  const [account] = sandbox.accounts;
  if (!account) throw new Error('no account');
  return { sandbox, account, send: await asCustomer(sandbox, account) };
}

describe('the sandbox as it comes', () => {
  it("holds exactly the two servers of redu's documentation", async () => {
    const { send } = await demo();
    const { body } = await send('GET', '/compute/v2.1/servers/detail');
    const shown = body.servers.map((server: Record<string, unknown>) => {
      const { id, name, status, created, updated, metadata, user_id, tenant_id } = server;
      const { image, flavor } = server as Record<string, Record<string, unknown>>;
      return {
        id,
        name,
        status,
        image: image?.id,
        flavor: flavor?.original_name,
        created,
        updated,
        metadata,
        user_id,
        tenant_id,
      };
    });
    const owner = {
      user_id: 'ab2399414c9248a09de5ed551c817f16',
      tenant_id: '719015812e824d5b874b4190dde8f43c',
    };
    expect(shown).toEqual([
      {
        id: '8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11',
        name: 'web-production-01',
        status: 'ACTIVE',
        image: 'a2f1d2c3-4455-4e11-8e33-9a7b0c6d1234',
        flavor: 'm1.small',
        created: '2026-02-12T09:14:22Z',
        updated: '2026-02-12T09:16:03Z',
        metadata: { isPublic: 'true', enableSSH: 'true', floatingIp: '203.0.113.42' },
        ...owner,
      },
      {
        id: 'c3a29e87-5e7f-4f88-b8a2-44d6e8f19abc',
        name: 'api-staging',
        status: 'SHUTOFF',
        image: 'b1c3d5e7-8899-4d22-9f44-0a1b2c3d4e5f',
        flavor: 'm1.medium',
        created: '2026-02-10T18:03:11Z',
        updated: '2026-02-14T12:45:09Z',
        metadata: { isPublic: 'false', enableSSH: 'true' },
        ...owner,
      },
    ]);
  });

  it('joins the first of them with its floating IP and both with the SSH group', async () => {
    const { send, account } = await demo();
    const [web, api] = (await send('GET', '/compute/v2.1/servers/detail')).body.servers;
    const addresses = web.addresses['demo-private'].map((entry: Record<string, string>) => [
      entry.addr,
      entry['OS-EXT-IPS:type'],
    ]);
    expect(addresses).toEqual([
      [expect.stringMatching(/^10\./), 'fixed'],
      ['203.0.113.42', 'floating'],
    ]);
    expect(web.security_groups).toEqual([{ name: 'default' }, { name: 'linguanova-ssh' }]);
    expect(api.security_groups).toEqual([{ name: 'linguanova-ssh' }]);
    const { body } = await send('GET', `/networking/v2.0/floatingips?floating_ip_address=203.0.113.42`);
    expect(body.floatingips).toMatchObject([
      { status: 'ACTIVE', project_id: account.projectId, port_details: { device_id: web.id } },
    ]);
  });

  it('has services, flavors, images, a key pair, a network and a hypervisor', async () => {
    const { send, sandbox, account } = await demo();
    const flavors = (await send('GET', '/compute/v2.1/flavors')).body.flavors.map(
      ({ id }: { id: string }) => id,
    );
    expect(flavors.sort()).toEqual(['m1.large', 'm1.medium', 'm1.small', 'm1.tiny']);
    const images = (await send('GET', '/image/v2/images')).body.images;
    expect(Object.fromEntries(images.map((image: Record<string, string>) => [image.name, image.id]))).toEqual(
      sandbox.images,
    );
    const keys = (await send('GET', '/compute/v2.1/os-keypairs')).body.keypairs;
    expect(keys).toMatchObject([
      {
        keypair: {
          name: account.keyPairName,
          fingerprint: expect.stringMatching(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/),
        },
      },
    ]);
    const networks = (await send('GET', '/networking/v2.0/networks?router:external=false')).body.networks;
    expect(networks).toMatchObject([{ id: account.networkId, name: 'demo-private' }]);
    const admin = await byPassword(sandbox, sandbox.admin);
    expect((await admin('GET', '/compute/v2.1/os-hypervisors/detail')).body.hypervisors).toHaveLength(1);
  });

  it('takes projects as they are described', async () => {
    const sandbox = createSandbox({
      projects: [{ name: 'wide', cidr: '10.64.0.0/16', password: 'secret', quota: { cores: 2 } }],
    });
    const [account] = sandbox.accounts;
    expect(account).toMatchObject({ projectName: 'wide', userName: 'wide-user', password: 'secret' });
    const send = account && (await asCustomer(sandbox, account));
    const { subnets } = (await send?.('GET', '/networking/v2.0/subnets'))?.body ?? {};
    expect(subnets).toMatchObject([{ cidr: '10.64.0.0/16', gateway_ip: '10.64.0.1' }]);
    const quota = await send?.('GET', `/compute/v2.1/os-quota-sets/${account?.projectId}`);
    expect(quota?.body.quota_set).toMatchObject({ cores: 2, instances: 100 });
  });

  it('its catalog has the given address, and it serves below a path', async () => {
    const baseUrl = 'https://cloud.example/sandbox';
    const sandbox = createSandbox({ baseUrl });
    expect(sandbox.authUrl).toBe(`${baseUrl}/identity/v3`);
    const reply = await sandbox.fetch(new Request(sandbox.authUrl));
    expect((await reply.json()).version.links).toEqual([{ rel: 'self', href: `${baseUrl}/identity/v3/` }]);
    expect((await sandbox.fetch(new Request(`${baseUrl}/dns/v2`))).status).toBe(404);
  });
});

describe('tenants', () => {
  it('see nothing of each other', async () => {
    const { sandbox, acme, globex } = createTestSandbox();
    const [mine, theirs] = [await asCustomer(sandbox, acme), await asCustomer(sandbox, globex)];
    const { port } = (await mine('POST', '/networking/v2.0/ports', { port: { network_id: acme.networkId } }))
      .body;
    const body = { floatingip: { floating_network_id: sandbox.publicNetworkId } };
    const { floatingip } = (await mine('POST', '/networking/v2.0/floatingips', body)).body;
    for (const path of [`ports/${port.id}`, `floatingips/${floatingip.id}`, `networks/${acme.networkId}`]) {
      expect((await theirs('GET', `/networking/v2.0/${path}`)).status).toBe(404);
      expect((await theirs('DELETE', `/networking/v2.0/${path}`)).status).toBe(404);
    }
    const ids = (await theirs('GET', '/networking/v2.0/ports')).body.ports.map(
      ({ id }: { id: string }) => id,
    );
    expect(ids).not.toContain(port.id);
    const foreign = { port: { network_id: acme.networkId } };
    expect((await theirs('POST', '/networking/v2.0/ports', foreign)).status).toBe(404);
  });

  it('need a token', async () => {
    const { sandbox } = createTestSandbox();
    for (const path of [
      '/compute/v2.1/servers',
      '/networking/v2.0/ports',
      '/image/v2/images',
      '/identity/v3/auth/projects',
    ]) {
      expect((await anonymous(sandbox)('GET', path)).status).toBe(401);
      expect((await anonymous(sandbox, 'nonsense')('GET', path)).status).toBe(401);
    }
  });
});
