import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { novaClient, sendNova } from '../support/nova-client.ts';
import type { OpenStackClient } from '../support/openstack-client.ts';
import type { ReduClient } from '../support/redu-client.ts';
import { IMAGE, type Target } from './target.ts';

const TIMEOUT_MS = { timeout: 40_000, interval: 200 };

/** Pass-through to an OpenStack, in addition to `novaConformance`. */
export function passThroughConformance(target: () => Target): void {
  describe('the Nova dialect, passed through', () => {
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
    const boot = async (name: string) => {
      const { id } = await redu.boot({ name, flavor_id: 'm1.tiny', image_id: IMAGE });
      made.push(id);
      return id as string;
    };

    test('deleting an instance through Nova keeps the customer’s own floating IP', async () => {
      const id = await boot('both-own-address');
      const [port] = (await nova.network('GET', `/ports?device_id=${id}`)).body.ports;
      const [external] = (await nova.network('GET', '/networks?router:external=true')).body.networks;
      const { body } = await nova.network('POST', '/floatingips', {
        floatingip: { floating_network_id: external.id, port_id: port.id },
      });
      const own = `/floatingips/${body.floatingip.id}`;
      expect((await nova.compute('DELETE', `/servers/${id}`)).status).toBe(204);
      await vi.waitUntil(
        async () => (await nova.compute('GET', `/servers/${id}`)).status === 404,
        TIMEOUT_MS,
      );
      expect((await nova.network('GET', own)).body.floatingip.port_id).toBeNull();
      expect((await nova.network('DELETE', own)).status).toBe(204);
    });

    test('the gateway rejects _method, which the cloud would obey', async () => {
      const cloud = target().acme.openStack;
      const make = async () => {
        const { body } = await cloud.network('POST', '/security-groups', {
          security_group: { name: 'both-method' },
        });
        return `/security-groups/${body.security_group.id}`;
      };
      const obeyed = await make();
      expect((await cloud.network('GET', `${obeyed}?x=1;_method=DELETE`)).status).toBe(204);
      const attached = await make();
      for (const query of ['_method=DELETE', 'x=1;_method=DELETE', '%5fmethod=DELETE&x=_method']) {
        expect((await nova.network('GET', `${attached}?${query}`)).status).toBe(400);
      }
      expect((await nova.network('GET', attached)).status).toBe(200);
      expect((await nova.network('DELETE', attached)).status).toBe(204);
    });

    test.each([
      '/auto_allocated-topology/{project}?fields=dry-run',
      '/agents',
      '/network_ip_availabilities',
      '/service-profiles',
      '/segments',
    ])('the spelling %s returns Neutron’s status', async (path) => {
      const { openStack, projectId } = target().acme;
      const own = path.replace('{project}', projectId);
      expect((await nova.network('GET', own)).status).toBe((await openStack.network('GET', own)).status);
    });

    test('the token has the cloud’s own names', async () => {
      const { url, acme } = target();
      const own = { 'x-auth-token': redu.key, 'x-subject-token': redu.key };
      const { token } = (await sendNova(url, 'GET /identity/v3/auth/tokens', own)).body;
      expect([token.project.name, token.user.name]).toEqual([acme.projectName, acme.userName]);
    });

    test.each([
      [{}, '2.1'],
      [{ 'x-openstack-nova-api-version': '2.79' }, '2.79'],
      [{ 'openstack-api-version': 'compute 2.79' }, '2.79'],
      [{ 'x-openstack-nova-microversion': '2.79' }, '2.79'],
    ])('a microversion in %j reaches the cloud', async (versionHeaders: Record<string, string>, version) => {
      const response = await sendNova(target().url, 'GET /compute/v2.1/servers/detail', {
        'x-auth-token': redu.key,
        ...versionHeaders,
      });
      expect(response.status).toBe(200);
      expect(response.headers.get('x-openstack-nova-api-version')).toBe(version);
      expect(response.headers.get('openstack-api-version')).toBe(`compute ${version}`);
      expect(response.headers.get('vary')).toMatch(/OpenStack-API-Version/i);
      expect(response.headers.get('x-openstack-request-id')).toMatch(/^req-/);
    });

    test('the latest microversion is the cloud’s', async () => {
      const compute = (await sendNova(target().url, 'GET /compute/v2.1')).body.version;
      expect(compute).toMatchObject({
        status: 'CURRENT',
        min_version: '2.1',
        version: expect.stringMatching(/^2\.\d+$/),
      });
    });
  });
}
