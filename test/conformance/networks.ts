import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ReduClient } from '../support/redu-client.ts';
import { IMAGE, type Target } from './target.ts';

export function networkConformance(target: () => Target): void {
  describe('networks', () => {
    let acme: ReduClient;
    beforeAll(async () => {
      acme = await target().acme.client();
    });
    // A further network would be a choice that the creates of other parts do not make.
    afterEach(async () => {
      const { openStack } = target().acme;
      const instances = (await acme.get('/v1/instances?name=conf-net')).body;
      for (const { id } of instances) await acme.remove(id);
      for (const { id, name } of (await acme.get('/v1/networks')).body.items) {
        if (!name.startsWith('conf-net')) continue;
        for (const port of (await openStack.network('GET', `/ports?network_id=${id}`)).body.ports)
          if (!port.device_owner.startsWith('network:'))
            await openStack.network('DELETE', `/ports/${port.id}`);
        await acme.delete(`/v1/networks/${id}`);
      }
    });
    const parts = async () => {
      const { openStack } = target().acme;
      const ids = async (plural: string) =>
        (await openStack.network('GET', `/${plural}`)).body[plural]
          .map(({ id }: { id: string }) => id)
          .sort();
      return Promise.all(['networks', 'subnets', 'routers', 'ports', 'floatingips'].map(ids));
    };

    test('create one with a router, use it, delete it with its parts', async () => {
      const before = await parts();
      const made = await acme.post('/v1/networks', { name: 'conf-net', cidr: '10.91.0.0/24' });
      expect(made.status, JSON.stringify(made.body)).toBe(201);
      const { id } = made.body;
      const path = `/v1/networks/${id}`;
      expect(made.headers.get('location')).toMatch(new RegExp(`${path}$`));
      expect(made.body).toEqual({
        id,
        name: 'conf-net',
        status: 'ACTIVE',
        external: false,
        shared: false,
        subnet_ids: [expect.any(String)],
        project_id: target().acme.projectId,
        subnets: [{ id: made.body.subnet_ids[0], cidr: '10.91.0.0/24', gateway: '10.91.0.1' }],
        routed: true,
      });
      expect((await acme.get(path)).body).toEqual(made.body);
      const same = await acme.post('/v1/networks', { name: 'conf-net-2', cidr: '10.91.0.0/25' });
      expect([same.status, same.body.error?.message]).toEqual([400, expect.stringContaining('overlap')]);

      const instance = await acme.boot({
        name: 'conf-net',
        flavor_id: 'm1.tiny',
        image_id: IMAGE,
        network_id: id,
        metadata: { isPublic: true },
      });
      expect(instance.metadata.floatingIp).toMatch(/^203\.0\.113\./);
      const inUse = await acme.delete(path);
      expect([inUse.status, inUse.body.error?.message]).toEqual([409, expect.stringContaining(instance.id)]);
      await acme.remove(instance.id);
      await expect
        .poll(async () => (await acme.delete(path)).status, { timeout: 30_000, interval: 1_000 })
        .toBe(204);
      expect((await acme.get(path)).status).toBe(404);
      expect((await acme.delete(path)).status).toBe(404);
      expect(await parts()).toEqual(before);
    });

    test('one with a port of another service is 409 and stays connected to its router', async () => {
      const { openStack } = target().acme;
      const { body: made } = await acme.post('/v1/networks', { name: 'conf-net-lb', cidr: '10.94.0.0/24' });
      const port = { network_id: made.id, device_id: 'lb-conf', device_owner: 'Octavia' };
      const { id } = (await openStack.network('POST', '/ports', { port })).body.port;
      const path = `/v1/networks/${made.id}`;
      const interfaces = async () => {
        const query = `network_id=${made.id}&device_owner=network:router_interface`;
        const { ports } = (await openStack.network('GET', `/ports?${query}`)).body;
        return ports.map((one: { id: string }) => one.id);
      };
      const before = await interfaces();
      expect(before).toHaveLength(1);
      const refused = await acme.delete(path);
      expect([refused.status, refused.body.error?.message]).toEqual([409, expect.stringContaining(id)]);
      expect(await interfaces()).toEqual(before);
      await openStack.network('DELETE', `/ports/${id}`);
      expect((await acme.delete(path)).status).toBe(204);
    });

    test('create one without a router', async () => {
      const before = await parts();
      const { status, body } = await acme.post('/v1/networks', {
        name: 'conf-net-alone',
        cidr: '10.92.0.0/16',
        routed: false,
      });
      expect([status, body.routed]).toEqual([201, false]);
      expect((await acme.delete(`/v1/networks/${body.id}`)).status).toBe(204);
      expect(await parts()).toEqual(before);
    });

    test('networks of other projects are 404, and a network that is shared is not deleted', async () => {
      const globex = await target().globex.client();
      const path = `/v1/networks/${target().acme.networkId}`;
      expect((await acme.get(path)).body).toMatchObject({ routed: true, subnets: [expect.anything()] });
      expect((await globex.get(path)).status).toBe(404);
      expect((await globex.delete(path)).status).toBe(404);
      const { items } = (await acme.get('/v1/networks')).body;
      const external = items.find((one: { external: boolean }) => one.external);
      expect((await acme.delete(`/v1/networks/${external.id}`)).status).toBe(403);
    });
  });
}
