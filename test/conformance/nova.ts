import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { byCredential, keyIdOf, novaClient, sendNova } from '../support/nova-client.ts';
import type { OpenStackClient } from '../support/openstack-client.ts';
import type { ReduClient } from '../support/redu-client.ts';
import { IMAGE, type Target } from './target.ts';

const TIMEOUT_MS = { timeout: 40_000, interval: 200 };

/** The same instances through both dialects, with one key. */
export function novaConformance(target: () => Target): void {
  describe('the Nova dialect', () => {
    let redu: ReduClient;
    let nova: OpenStackClient;
    const made: string[] = [];
    beforeAll(async () => {
      redu = await target().acme.client();
      nova = novaClient(target().url, redu.key);
    });
    afterEach(async () => {
      for (const id of made.splice(0)) await redu.remove(id);
    });
    const imageId = async () => (await nova.image('GET', `/images?name=${IMAGE}`)).body.images[0].id;
    const server = async (id: string) => (await nova.compute('GET', `/servers/${id}`)).body.server;
    const until = (id: string, status: string) =>
      vi.waitUntil(async () => (await server(id)).status === status, TIMEOUT_MS);
    const gone = (id: string) =>
      vi.waitUntil(async () => (await nova.compute('GET', `/servers/${id}`)).status === 404, TIMEOUT_MS);
    const boot = async (name: string) => {
      const { status, body } = await nova.compute('POST', '/servers', {
        server: {
          name,
          flavorRef: 'm1.tiny',
          imageRef: await imageId(),
          networks: [{ uuid: target().acme.networkId }],
        },
      });
      expect(status).toBe(202);
      made.push(body.server.id);
      await until(body.server.id, 'ACTIVE');
      return body.server.id as string;
    };

    test('a token has the cloud’s user and project, and only URLs of the gateway', async () => {
      const { url, acme } = target();
      const signIn = byCredential({ id: keyIdOf(redu.key), secret: redu.key });
      const { status, headers, body } = await sendNova(url, 'POST /identity/v3/auth/tokens', {}, signIn);
      expect(status).toBe(201);
      expect(headers.get('x-subject-token')).toMatch(/^lnt_/);
      const { token } = body;
      expect(token.project).toEqual({
        id: acme.projectId,
        name: expect.any(String),
        domain: { id: 'default', name: 'Default' },
      });
      expect(token.user).toMatchObject({ id: acme.userId, name: acme.userName });
      const roles = token.roles.map(({ name }: { name: string }) => name);
      // Keystone may add the roles that a role implies.
      expect(roles.filter((role: string) => role !== 'reader')).toEqual(['member']);
      const endpoints = token.catalog.flatMap((entry: { endpoints: object[] }) => entry.endpoints);
      for (const endpoint of endpoints) {
        expect(endpoint).toMatchObject({ url: expect.stringMatching(`^${url}/`), region: 'RegionOne' });
      }
      const life = Date.parse(token.expires_at) - Date.now();
      expect(life).toBeGreaterThan(3_500_000);
      expect(life).toBeLessThanOrEqual(3_600_000);
    });

    test('Nova manages and deletes an instance that redu created, and nothing is left behind', async () => {
      const before = await target().acme.openStack.belongings();
      const { body } = await redu.post('/v1/instances', {
        name: 'both-redu',
        flavor_id: 'm1.tiny',
        image_id: IMAGE,
        metadata: { isPublic: true },
      });
      made.push(body.id);
      await until(body.id, 'ACTIVE');
      const shown = await server(body.id);
      expect(shown).toMatchObject({ name: 'both-redu', metadata: { isPublic: 'true' } });
      expect(shown.links[0].href).toBe(`${target().url}/compute/v2.1/servers/${body.id}`);

      expect((await nova.compute('POST', `/servers/${body.id}/action`, { 'os-stop': null })).status).toBe(
        202,
      );
      await until(body.id, 'SHUTOFF');
      expect((await redu.get(`/v1/instances/${body.id}`)).body).toMatchObject({ state: 'stopped' });

      expect((await nova.compute('DELETE', `/servers/${body.id}`)).status).toBe(204);
      await gone(body.id);
      await expect.poll(() => target().acme.openStack.belongings()).toEqual(before);
    });

    test('forceDelete leaves nothing behind', async () => {
      const before = await target().acme.openStack.belongings();
      const { id } = await redu.boot({
        name: 'both-forced',
        flavor_id: 'm1.tiny',
        image_id: IMAGE,
        metadata: { isPublic: true },
      });
      const { status } = await nova.compute('POST', `/servers/${id}/action`, { forceDelete: null });
      expect(status).toBe(202);
      await gone(id);
      await expect.poll(() => target().acme.openStack.belongings()).toEqual(before);
    });

    test('redu manages an instance that Nova created', async () => {
      const before = await target().acme.openStack.belongings();
      const id = await boot('both-nova');
      const list = (await redu.get('/v1/instances')).body;
      expect(list).toContainEqual(expect.objectContaining({ id, name: 'both-nova', state: 'active' }));
      await redu.act(id, 'stop');
      await until(id, 'SHUTOFF');
      const opened = await redu.patch(`/v1/instances/${id}`, { metadata: { isPublic: true } });
      expect(opened.status).toBe(200);
      await vi.waitUntil(async () => JSON.stringify(await server(id)).includes('"floating"'), TIMEOUT_MS);
      await redu.remove(id);
      await expect.poll(() => target().acme.openStack.belongings()).toEqual(before);
    });

    test('floating IPs and interfaces by Neutron and Nova', async () => {
      const before = await target().acme.openStack.belongings();
      const id = await boot('both-interfaces');
      const { networks } = (await nova.network('GET', '/networks')).body;
      const external = networks.find((one: Record<string, unknown>) => one['router:external']);
      const allocated = await nova.network('POST', '/floatingips', {
        floatingip: { floating_network_id: external.id, description: 'both' },
      });
      expect([allocated.status, allocated.body.floatingip.description]).toEqual([201, 'both']);
      const path = `/floatingips/${allocated.body.floatingip.id}`;
      const [port] = (await nova.network('GET', `/ports?device_id=${id}`)).body.ports;
      const to = (port_id: string | null) => nova.network('PUT', path, { floatingip: { port_id } });
      expect((await to(port.id)).body.floatingip).toMatchObject({ port_id: port.id });
      expect((await to(null)).body.floatingip).toMatchObject({ port_id: null });
      expect((await nova.network('DELETE', path)).status).toBe(204);
      expect((await nova.network('DELETE', path)).status).toBe(404);

      const interfaces = `/servers/${id}/os-interface`;
      const attached = await nova.compute('POST', interfaces, {
        interfaceAttachment: { net_id: target().acme.networkId },
      });
      const { port_id } = attached.body.interfaceAttachment;
      expect(attached.status).toBe(200);
      const listed = async () =>
        (await nova.compute('GET', interfaces)).body.interfaceAttachments.map(
          (one: { port_id: string }) => one.port_id,
        );
      expect((await listed()).toSorted()).toEqual([port.id, port_id].toSorted());
      expect((await nova.compute('DELETE', `${interfaces}/${port_id}`)).status).toBe(202);
      await expect.poll(listed, { timeout: 20_000, interval: 500 }).toEqual([port.id]);
      await redu.remove(id);
      await expect.poll(() => target().acme.openStack.belongings()).toEqual(before);
    });

    test('links to the next page point to the gateway', async () => {
      await Promise.all([boot('both-page-1'), boot('both-page-2')]);
      const first = (await nova.compute('GET', '/servers?limit=1')).body;
      const [next] = first.servers_links;
      expect(next.href).toMatch(`${target().url}/compute/v2.1/servers?`);
      const second = await sendNova('', `GET ${next.href}`, { 'x-auth-token': redu.key });
      expect(second.body.servers).toHaveLength(1);
      expect(second.body.servers[0].id).not.toBe(first.servers[0].id);
    });

    const listStatus = async (query: string, minor: number) => {
      const headers = { 'x-auth-token': redu.key, 'openstack-api-version': `compute 2.${minor}` };
      return (await sendNova(target().url, `GET /compute/v2.1/servers?${query}`, headers)).status;
    };

    test.each([
      [
        1,
        [
          'name=',
          'ip=',
          'flavor=',
          'key_name=',
          'reservation_id=',
          'changes-since=',
          'sort_key=',
          'sort_dir=',
        ],
      ],
      [26, ['tags=', 'not-tags=']],
      [38, ['status=']],
      [66, ['changes-before=']],
      [73, ['locked=', 'locked=foo']],
      [75, ['instance_type_id=1', 'zzz=1']],
    ])(
      'a server list refuses parameters that Nova refuses since 2.%i, and none of them before',
      async (minor, queries) => {
        for (const query of queries) {
          expect(await listStatus(query, minor), query).toBe(400);
          if (minor > 1) expect(await listStatus(query, minor - 1), query).toBe(200);
        }
      },
    );

    test('a server list takes locked as a sort key since 2.73', async () => {
      expect(await listStatus('sort_key=locked', 75)).toBe(200);
    });

    test('Nova’s errors are returned unchanged', async () => {
      const headers = { 'x-auth-token': redu.key };
      const missing = await sendNova(
        target().url,
        'GET /compute/v2.1/servers/8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11',
        headers,
      );
      expect([missing.status, missing.body.itemNotFound.code]).toEqual([404, 404]);
      const tooNew = await sendNova(target().url, 'GET /compute/v2.1/servers', {
        ...headers,
        'openstack-api-version': 'compute 2.999',
      });
      expect([tooNew.status, tooNew.body.computeFault.code]).toEqual([406, 406]);
    });

    test('version documents need no key and have URLs of the gateway', async () => {
      const { url } = target();
      for (const path of [
        '/compute',
        '/compute/',
        '/compute/v2.1',
        '/compute/v2.1/',
        '/image/',
        '/networking/',
      ]) {
        const { status, body } = await sendNova(url, `GET ${path}`);
        expect([200, 300], path).toContain(status);
        expect(JSON.stringify(body)).toContain(`"${url}/${path.split('/')[1]}/v`);
      }
      const compute = (await sendNova(url, 'GET /compute/v2.1')).body.version;
      expect(compute).toMatchObject({ status: 'CURRENT', min_version: '2.1' });
      const identity = await sendNova(url, 'GET /identity/');
      expect([identity.status, identity.body.versions.values[0].links[0].href]).toEqual([
        300,
        `${url}/identity/v3/`,
      ]);
    });
  });
}
