import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import { type GatewayProcess, runCommand, startProcess } from '../support/gateway-process.ts';
import { OpenStackClient } from '../support/openstack-client.ts';
import { type OpenStackProxy, openStackProxy, type ProxiedCall } from '../support/openstack-proxy.ts';
import { ReduClient } from '../support/redu-client.ts';
import { requireOpenStack } from './target.ts';

/**
 * The gateway is killed (SIGKILL) at each call that changes something in the cloud, just before the cloud gets it and just
 * after it was carried out. Then `linguanova reconcile` runs. Either the instance is there with all it was promised, or
 * nothing of it is; and what others made stays.
 */
describe('after a crash of the gateway during', () => {
  const variables = requireOpenStack();
  const read = (name: string) => variables[name] ?? '';
  const credential = { id: read('ACME_APP_CRED_ID'), secret: read('ACME_APP_CRED_SECRET') };
  const openStack = new OpenStackClient(fetch, read('OS_AUTH_URL'), credential);
  let proxy: OpenStackProxy;
  let othersPort: string;
  let othersAddress: string;
  let othersVolume: string;
  let others: Awaited<ReturnType<OpenStackClient['belongings']>>;

  beforeAll(async () => {
    proxy = await openStackProxy(read('OS_AUTH_URL'));
    const { port } = (
      await openStack.network('POST', '/ports', {
        port: { network_id: read('ACME_NETWORK_ID'), description: 'another user' },
      })
    ).body;
    othersPort = port.id;
    othersAddress = (
      await openStack.network('POST', '/floatingips', {
        floatingip: { floating_network_id: read('PUBLIC_NETWORK_ID') },
      })
    ).body.floatingip.id;
    const volume = { size: 1, name: 'another user', description: 'another user' };
    othersVolume = (await openStack.volume('POST', '/volumes', { volume })).body.volume.id;
    // What the file before this one has deleted takes its time to go.
    await vi.waitFor(async () => {
      const { servers } = (await openStack.compute('GET', '/servers/detail')).body;
      const tasks = servers.map((server: Record<string, unknown>) => server['OS-EXT-STS:task_state']);
      expect(tasks).not.toContain('deleting');
    }, 90_000);
    others = await openStack.belongings();
  });
  afterAll(async () => {
    await openStack.volume('DELETE', `/volumes/${othersVolume}`);
    await openStack.network('DELETE', `/floatingips/${othersAddress}`);
    await openStack.network('DELETE', `/ports/${othersPort}`);
    await proxy.close();
  });
  beforeEach(() => {
    proxy.before = () => {};
    proxy.after = () => {};
  });

  const running: GatewayProcess[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((gateway) => gateway.end('SIGKILL')));
  });
  const gatewayWithKey = async (): Promise<{ gateway: GatewayProcess; client: ReduClient }> => {
    const gateway = await startProcess({
      OS_AUTH_URL: proxy.authUrl,
      LINGUANOVA_SECRET: randomBytes(32).toString('base64'),
      LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
    });
    running.push(gateway);
    const response = await fetch(`${gateway.url}/admin/v1/keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'crash', application_credential: credential }),
    });
    const { key } = (await response.json()) as { key: string };
    return { gateway, client: new ReduClient(gateway.url, key) };
  };

  const reconcile = async () => {
    const { code, stdout, stderr } = await runCommand(['reconcile', '--older-than', '0', '--json'], {
      OS_AUTH_URL: read('OS_AUTH_URL'),
      OS_APPLICATION_CREDENTIAL_ID: credential.id,
      OS_APPLICATION_CREDENTIAL_SECRET: credential.secret,
    });
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout) as { kind: string; id: string }[];
  };

  /** What is released in the background, or was left by the one that was killed, is gone in the end. */
  const settled = () =>
    vi.waitFor(
      async () => {
        await reconcile();
        expect(await openStack.belongings()).toEqual(others);
      },
      { timeout: 60_000, interval: 3_000 },
    );

  /** Kills the gateway at the n-th call that changes something; resolves false when there is no n-th. */
  const killAt = (gateway: GatewayProcess, n: number, moment: 'before' | 'after') => {
    let seen = 0;
    let killed = false;
    proxy[moment] = async (call: ProxiedCall) => {
      if (call.method === 'GET' || call.path.endsWith('/auth/tokens')) return;
      seen += 1;
      if (seen !== n) return;
      killed = true;
      await gateway.end('SIGKILL');
      // The dead caller's connection is gone; what has not been passed on yet never will be.
      if (moment === 'before') throw new Error('killed');
    };
    return () => killed;
  };

  const POINTS = [1, 2, 3].flatMap((n) => [
    [n, 'before'],
    [n, 'after'],
  ]) as [number, 'before' | 'after'][];

  /** Of no other test, which identifies the volumes: Nova gives those it makes no name. */
  const BOOT_VOLUME_GB = 7;
  const bootVolumes = async () => {
    const { volumes } = (await openStack.volume('GET', '/volumes/detail')).body;
    const ofSize = volumes.filter(({ size }: { size: number }) => size === BOOT_VOLUME_GB);
    return ofSize.map(
      ({ attachments }: { attachments: { server_id: string }[] }) => attachments[0]?.server_id,
    );
  };

  test.each(POINTS)('a create with a public address and a boot volume: call %i, %s it', async (n, moment) => {
    const { gateway, client } = await gatewayWithKey();
    const killed = killAt(gateway, n, moment);
    const name = `crash-${n}-${moment}`;
    await client
      .post('/v1/instances', {
        name,
        flavor_id: 'm1.tiny',
        image_id: 'ubuntu-22.04-amd64',
        boot_volume: { size_gb: BOOT_VOLUME_GB, delete_with_instance: true },
        network_id: read('ACME_NETWORK_ID'),
        metadata: { isPublic: true },
      })
      .catch(() => {});
    expect(killed(), 'the point was reached').toBe(true);

    const freed = await reconcile();
    const { servers } = (await openStack.compute('GET', `/servers/detail?name=${name}`)).body;
    if (n === 3 && moment === 'after') {
      expect(servers).toHaveLength(1);
      expect(freed).toEqual([]);
      const second = await gatewayWithKey();
      const instance = await second.client.until(servers[0].id, ({ state }) => state === 'active');
      expect(instance.metadata).toMatchObject({ isPublic: 'true', floatingIp: expect.any(String) });
      expect(await bootVolumes()).toEqual([instance.id]);
      await second.client.remove(instance.id);
      await second.gateway.end('SIGTERM');
    } else {
      expect(servers).toEqual([]);
    }
    await settled();
    // Nova deletes the volume after the server.
    await expect.poll(bootVolumes, { timeout: 60_000, interval: 1_000 }).toEqual([]);
    expect((await openStack.volume('GET', `/volumes/${othersVolume}`)).body.volume.status).toBe('available');
  });

  const networkParts = async () => {
    const list = async (plural: string, query = '') =>
      (await openStack.network('GET', `/${plural}${query}`)).body[plural]
        .map(({ id }: { id: string }) => id)
        .sort();
    const interfaces = list('ports', '?device_owner=network:router_interface');
    return Promise.all([list('networks'), list('subnets'), list('routers'), interfaces]);
  };
  const NETWORK_POINTS = [1, 2, 3, 4].flatMap((n) => [
    [n, 'before'],
    [n, 'after'],
  ]) as [number, 'before' | 'after'][];

  test.each(NETWORK_POINTS)('the creation of a network: call %i, %s it', async (n, moment) => {
    const before = await networkParts();
    const { gateway, client } = await gatewayWithKey();
    const killed = killAt(gateway, n, moment);
    await client.post('/v1/networks', { name: 'crash', cidr: '10.95.0.0/24' }).catch(() => {});
    expect(killed(), 'the point was reached').toBe(true);
    const freed = await reconcile();
    const { networks } = (await openStack.network('GET', '/networks?name=crash')).body;
    if (n === 4 && moment === 'after') {
      // Complete: the customer sees and deletes it.
      expect([networks.length, freed]).toEqual([1, []]);
      const second = await gatewayWithKey();
      expect((await second.client.delete(`/v1/networks/${networks[0].id}`)).status).toBe(204);
      await second.gateway.end('SIGTERM');
    }
    expect(await networkParts()).toEqual(before);
  });

  test.each(POINTS)('a delete: call %i, %s it', async (n, moment) => {
    const { gateway, client } = await gatewayWithKey();
    const instance = await client.boot({
      name: `crash-delete-${n}-${moment}`,
      flavor_id: 'm1.tiny',
      image_id: 'ubuntu-22.04-amd64',
      network_id: read('ACME_NETWORK_ID'),
      metadata: { isPublic: true },
    });
    const killed = killAt(gateway, n, moment);
    await client.delete(`/v1/instances/${instance.id}`).catch(() => {});
    // Port and address are released in the background, once the server is gone.
    await expect.poll(killed, { timeout: 60_000, message: 'the point was reached' }).toBe(true);

    const second = await gatewayWithKey();
    if (n === 1 && moment === 'before') {
      await reconcile();
      expect((await second.client.get(`/v1/instances/${instance.id}`)).body.metadata).toEqual(
        instance.metadata,
      );
      await second.client.remove(instance.id);
    } else {
      await second.client.remove(instance.id);
    }
    await settled();
    await second.gateway.end('SIGTERM');
  });
});
