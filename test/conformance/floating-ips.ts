import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ReduClient } from '../support/redu-client.ts';
import { IMAGE, type Target } from './target.ts';

export function floatingIpConformance(target: () => Target): void {
  describe('floating IPs', () => {
    let acme: ReduClient;
    const instances: string[] = [];
    const addresses: string[] = [];
    beforeAll(async () => {
      acme = await target().acme.client();
    });
    afterEach(async () => {
      for (const id of instances.splice(0)) await acme.remove(id);
      for (const id of addresses.splice(0)) await acme.delete(`/v1/floating_ips/${id}`);
    });
    const boot = async (name: string, metadata: object = {}) => {
      const network_id = target().acme.networkId;
      const instance = await acme.boot({ name, flavor_id: 'm1.tiny', image_id: IMAGE, network_id, metadata });
      instances.push(instance.id);
      return instance;
    };
    const allocate = async (body: object = {}) => {
      const made = await acme.post('/v1/floating_ips', body);
      expect(made.status, JSON.stringify(made.body)).toBe(201);
      addresses.push(made.body.id);
      expect(made.headers.get('location')).toMatch(new RegExp(`/v1/floating_ips/${made.body.id}$`));
      return made.body;
    };
    const shown = async (id: string) => (await acme.get(`/v1/floating_ips/${id}`)).body;
    const flags = async (id: string) => (await acme.get(`/v1/instances/${id}`)).body.metadata;

    test('one for later: allocated, described, shown, released', async () => {
      const made = await allocate({ description: 'for the shop' });
      expect(made).toEqual({
        id: expect.any(String),
        address: expect.stringMatching(/^203\.0\.113\./),
        status: expect.any(String),
        description: 'for the shop',
        instance_id: null,
        port_id: null,
        fixed_address: null,
        network_id: expect.any(String),
        created: expect.any(String),
      });
      expect(await shown(made.id)).toMatchObject({ address: made.address, description: 'for the shop' });
      const path = `/v1/floating_ips/${made.id}`;
      expect((await acme.patch(path, { description: 'spare' })).body).toMatchObject({ description: 'spare' });
      expect((await acme.get('/v1/floating_ips')).body.items).toContainEqual(
        expect.objectContaining({ id: made.id, description: 'spare' }),
      );
      expect((await acme.delete(path)).status).toBe(204);
      expect((await acme.get(path)).status).toBe(404);
      expect((await acme.patch(path, { instance_id: null })).status).toBe(404);
      expect((await acme.delete(path)).status).toBe(404);
    });

    test('moves between instances, whose flags follow at once, and survives them', async () => {
      const first = await boot('conf-fip-1');
      const second = await boot('conf-fip-2');
      const { id, address, instance_id } = await allocate({ instance_id: first.id });
      expect(instance_id).toBe(first.id);
      expect(await flags(first.id)).toMatchObject({ isPublic: 'true', floatingIp: address });

      const moved = await acme.patch(`/v1/floating_ips/${id}`, { instance_id: second.id });
      expect([moved.status, moved.body.instance_id]).toEqual([200, second.id]);
      expect(await flags(first.id)).toEqual({ isPublic: 'false', enableSSH: 'false' });
      expect(await flags(second.id)).toMatchObject({ isPublic: 'true', floatingIp: address });
      const again = await acme.patch(`/v1/floating_ips/${id}`, { instance_id: second.id });
      expect([again.status, again.body.instance_id]).toEqual([200, second.id]);

      const taken = await acme.post('/v1/floating_ips', { port_id: moved.body.port_id });
      expect([taken.status, taken.body.error?.code]).toEqual([409, 'conflictingRequest']);
      const off = await acme.patch(`/v1/floating_ips/${id}`, { instance_id: null });
      expect([off.status, off.body.instance_id, off.body.port_id]).toEqual([200, null, null]);
      expect(await flags(second.id)).toEqual({ isPublic: 'false', enableSSH: 'false' });

      await acme.patch(`/v1/floating_ips/${id}`, { port_id: moved.body.port_id });
      await acme.patch(`/v1/instances/${second.id}`, { metadata: { isPublic: false } });
      expect(await shown(id)).toMatchObject({ address, instance_id: null });
      await acme.patch(`/v1/floating_ips/${id}`, { instance_id: second.id });
      await acme.remove(second.id);
      await expect.poll(async () => (await shown(id)).port_id, { timeout: 20_000 }).toBeNull();
    });

    test('one that isPublic allocated is released with its instance, unless it was changed before', async () => {
      const owner = await boot('conf-fip-marked', { isPublic: true });
      const { items } = (await acme.get('/v1/floating_ips')).body;
      const marked = items.find(({ address }: { address: string }) => address === owner.metadata.floatingIp);
      expect(marked.description).toBe('');
      const other = await boot('conf-fip-other');
      const moved = await acme.patch(`/v1/floating_ips/${marked.id}`, { instance_id: other.id });
      expect([moved.status, moved.body.instance_id]).toEqual([200, other.id]);
      addresses.push(marked.id);
      await acme.remove(owner.id);
      await acme.remove(other.id);
      await expect
        .poll(async () => await shown(marked.id), { timeout: 20_000 })
        .toMatchObject({ address: marked.address, port_id: null });
    });

    test('refuses what cannot be, and leaves nothing behind', async () => {
      const before = await target().acme.openStack.belongings();
      const nowhere = '8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11';
      const attempts: [object, number][] = [
        [{ network_id: nowhere }, 400],
        [{ network_id: target().acme.networkId }, 400],
        [{ port_id: nowhere }, 400],
        [{ instance_id: nowhere }, 404],
      ];
      for (const [body, status] of attempts) {
        const refused = await acme.post('/v1/floating_ips', body);
        expect([refused.status, JSON.stringify(body)]).toEqual([status, JSON.stringify(body)]);
      }
      expect(await target().acme.openStack.belongings()).toEqual(before);
      const globex = await target().globex.client();
      const { id } = await allocate();
      for (const attempt of [
        () => globex.get(`/v1/floating_ips/${id}`),
        () => globex.patch(`/v1/floating_ips/${id}`, { instance_id: null }),
        () => globex.delete(`/v1/floating_ips/${id}`),
      ]) {
        expect((await attempt()).status).toBe(404);
      }
    });
  });
}
