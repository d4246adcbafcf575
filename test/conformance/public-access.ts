import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ReduClient } from '../support/redu-client.ts';
import { IMAGE, type Target } from './target.ts';

export function publicAccessConformance(target: () => Target): void {
  describe('public access', () => {
    let acme: ReduClient;
    const made: string[] = [];
    beforeAll(async () => {
      acme = await target().acme.client();
    });
    afterEach(async () => {
      for (const id of made.splice(0)) await acme.remove(id);
    });
    const boot = async (name: string, metadata: object) => {
      const instance = await acme.boot({ name, flavor_id: 'm1.tiny', image_id: IMAGE, metadata });
      made.push(instance.id);
      return instance;
    };
    const floating = (instance: { addresses: { type: string; address: string }[] }) =>
      instance.addresses.filter(({ type }) => type === 'floating').map(({ address }) => address);

    test('isPublic returns the address on create, shows it on the server, releases it on delete', async () => {
      const { openStack } = target().acme;
      const before = await openStack.belongings();
      const { status, body } = await acme.post('/v1/instances', {
        name: 'conf-public',
        flavor_id: 'm1.tiny',
        image_id: IMAGE,
        metadata: { isPublic: true, enableSSH: 'true' },
      });
      expect(status).toBe(202);
      made.push(body.id);
      const address = body.metadata.floatingIp;
      expect(body.metadata).toEqual({
        isPublic: 'true',
        enableSSH: 'true',
        floatingIp: expect.stringMatching(/^203\.0\.113\./),
      });

      const building = (await acme.get('/v1/instances')).body.find(
        ({ id }: { id: string }) => id === body.id,
      );
      expect(building.metadata).toEqual(body.metadata);

      const shown = await acme.until(body.id, (instance) => floating(instance).length > 0);
      expect(floating(shown)).toEqual([address]);
      expect(shown.metadata).toEqual(body.metadata);
      expect(shown.security_group_names.toSorted()).toEqual(['default', 'linguanova-ssh']);
      const { items } = (await acme.get('/v1/floating_ips')).body;
      expect(items).toContainEqual(expect.objectContaining({ address, instance_id: body.id }));

      await acme.remove(body.id);
      await expect.poll(() => openStack.belongings()).toEqual(before);
    });

    test('enableSSH creates one security group with port 22 open for IPv4 and IPv6', async () => {
      await Promise.all([boot('conf-ssh-1', { enableSSH: true }), boot('conf-ssh-2', { enableSSH: true })]);
      const { items } = (await acme.get('/v1/security_groups')).body;
      const groups = items.filter(({ name }: { name: string }) => name === 'linguanova-ssh');
      expect(groups).toHaveLength(1);
      const ingress = groups[0].rules.filter(
        ({ direction }: { direction: string }) => direction === 'ingress',
      );
      expect(
        ingress.map(({ protocol, port, cidr }: Record<string, unknown>) => ({ protocol, port, cidr })),
      ).toEqual(
        expect.arrayContaining([
          { protocol: 'tcp', port: 22, cidr: '0.0.0.0/0' },
          { protocol: 'tcp', port: 22, cidr: '::/0' },
        ]),
      );
      expect(ingress).toHaveLength(2);
    });

    test('PATCH opens and closes access of a running instance', async () => {
      const { openStack } = target().acme;
      const { id } = await boot('conf-switch', {});
      const before = await openStack.belongings();

      const opened = await acme.patch(`/v1/instances/${id}`, {
        metadata: { isPublic: 'true', enableSSH: true },
      });
      expect(opened.status).toBe(200);
      expect(opened.body.metadata).toEqual({
        isPublic: 'true',
        enableSSH: 'true',
        floatingIp: expect.stringMatching(/^203\.0\.113\./),
      });
      expect(opened.body.security_group_names.toSorted()).toEqual(['default', 'linguanova-ssh']);
      const shown = await acme.until(id, (instance) => floating(instance).length > 0);
      expect(floating(shown)).toEqual([opened.body.metadata.floatingIp]);
      const again = await acme.patch(`/v1/instances/${id}`, { metadata: { isPublic: true } });
      expect(again.body.metadata).toEqual(opened.body.metadata);

      const closed = await acme.patch(`/v1/instances/${id}`, {
        metadata: { isPublic: false, enableSSH: 'false' },
      });
      expect(closed.status).toBe(200);
      expect(closed.body.metadata).toEqual({ isPublic: 'false', enableSSH: 'false' });
      expect(closed.body.security_group_names).toEqual(['default']);
      await acme.until(id, (instance) => floating(instance).length === 0);
      await expect.poll(() => openStack.belongings()).toEqual(before);
    });

    test('flags can be changed in a status in which Nova rejects metadata and tags', async () => {
      const { openStack } = target().acme;
      const { id } = await boot('conf-rescued', { isPublic: true });
      await acme.act(id, 'rescue');
      await acme.until(id, ({ state }) => state === 'rescued');
      const item = { metadata: { a: 'b' } };
      expect((await openStack.compute('POST', `/servers/${id}/metadata`, item)).status).toBe(409);
      expect((await openStack.compute('DELETE', `/servers/${id}/metadata/isPublic`)).status).toBe(409);
      expect((await openStack.compute('PUT', `/servers/${id}/tags`, { tags: ['a'] })).status).toBe(409);
      const closed = await acme.patch(`/v1/instances/${id}`, { metadata: { isPublic: false } });
      expect([closed.status, closed.body.metadata?.isPublic]).toEqual([200, 'false']);
    });

    test('a server of another tool shows its actual access, and its own address survives', async () => {
      const { openStack, networkId } = target().acme;
      const images = (await openStack.image('GET', `/images?name=${IMAGE}`)).body.images;
      const { body } = await openStack.compute('POST', '/servers', {
        server: {
          name: 'conf-elsewhere',
          flavorRef: 'm1.tiny',
          imageRef: images[0].id,
          networks: [{ uuid: networkId }],
          metadata: { isPublic: 'true' },
        },
      });
      const { id } = body.server;
      made.push(id);
      const booted = await acme.until(id, ({ state }) => state === 'active');
      expect(booted.metadata).toEqual({ isPublic: 'false', enableSSH: 'false' });

      const ports = (await openStack.network('GET', `/ports?device_id=${id}`)).body.ports;
      const external = (await openStack.network('GET', '/networks?router:external=true')).body.networks[0].id;
      const own = (
        await openStack.network('POST', '/floatingips', {
          floatingip: { floating_network_id: external, port_id: ports[0].id },
        })
      ).body.floatingip;
      const published = await acme.until(id, ({ metadata }) => metadata.isPublic === 'true');
      expect(published.metadata.floatingIp).toBe(own.floating_ip_address);

      const closed = await acme.patch(`/v1/instances/${id}`, { metadata: { isPublic: false } });
      expect(closed.body.metadata).toEqual({ isPublic: 'false', enableSSH: 'false' });
      const survivor = await openStack.network('GET', `/floatingips/${own.id}`);
      expect(survivor.body.floatingip.port_id).toBeNull();
      await openStack.network('DELETE', `/floatingips/${own.id}`);
    });

    test('a rejected change allocates no address and changes no access', async () => {
      const { id, metadata } = await boot('conf-refused', { isPublic: true, enableSSH: true });
      await acme.act(id, 'lock');
      const refused = await acme.patch(`/v1/instances/${id}`, {
        metadata: { isPublic: false, enableSSH: false },
      });
      expect([refused.status, refused.body.error.code]).toEqual([409, 'conflictingRequest']);
      await acme.act(id, 'unlock');
      expect((await acme.get(`/v1/instances/${id}`)).body.metadata).toEqual(metadata);

      const ports = (await target().acme.openStack.network('GET', `/ports?device_id=${id}`)).body.ports;
      const taken = await acme.post('/v1/instances', {
        name: 'conf-thief',
        flavor_id: 'm1.tiny',
        image_id: IMAGE,
        networks: [{ port: ports[0].id }],
        metadata: { enableSSH: true, isPublic: true },
      });
      expect([taken.status, taken.body.error.code]).toEqual([409, 'conflictingRequest']);
      expect((await acme.get(`/v1/instances/${id}`)).body.metadata).toEqual(metadata);
    });

    test('a customer’s own port is opened, keeps its groups, and survives the instance', async () => {
      const { openStack, networkId } = target().acme;
      const { port } = (await openStack.network('POST', '/ports', { port: { network_id: networkId } })).body;
      const body = {
        name: 'conf-own-port',
        flavor_id: 'm1.tiny',
        image_id: IMAGE,
        networks: [{ port: port.id }],
      };
      const grouped = await acme.post('/v1/instances', { ...body, security_group_names: ['default'] });
      expect([grouped.status, grouped.body.error.details[0].field]).toEqual([400, 'security_group_names']);

      const instance = await acme.boot({ ...body, metadata: { isPublic: true, enableSSH: true } });
      expect(instance.security_group_names.toSorted()).toEqual(['default', 'linguanova-ssh']);
      expect(instance.metadata).toMatchObject({ isPublic: 'true', enableSSH: 'true' });
      await acme.remove(instance.id);
      const left = (await openStack.network('GET', `/ports/${port.id}`)).body.port;
      expect(left.device_id).toBe('');
      const leading = async () =>
        (await openStack.network('GET', `/floatingips?port_id=${port.id}`)).body.floatingips;
      await expect.poll(leading, { timeout: 20_000 }).toEqual([]);
      await openStack.network('DELETE', `/ports/${port.id}`);
    });

    test('a failed step undoes the earlier ones', async () => {
      const { openStack } = target().acme;
      const before = await openStack.belongings();
      const { status } = await acme.post('/v1/instances', {
        name: 'conf-undone',
        flavor_id: 'm1.tiny',
        image_id: IMAGE,
        keypair_name: 'no-such-key',
        metadata: { isPublic: true },
      });
      expect(status).toBe(400);
      await expect.poll(() => openStack.belongings()).toEqual(before);
    });
  });
}
