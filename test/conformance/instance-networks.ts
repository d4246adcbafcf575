import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReduClient } from '../support/redu-client.ts';
import { IMAGE, type Target } from './target.ts';

export function instanceNetworkConformance(target: () => Target): void {
  describe('networks of an instance', () => {
    let acme: ReduClient;
    let id: string;
    let path: string;
    beforeAll(async () => {
      acme = await target().acme.client();
      ({ id } = await acme.boot({
        name: 'conf-networks',
        flavor_id: 'm1.tiny',
        image_id: IMAGE,
        network_id: target().acme.networkId,
      }));
      path = `/v1/instances/${id}/networks`;
    });
    afterAll(() => acme.remove(id));
    const attached = async () => (await acme.get(path)).body.items;

    test('attach one, with or without an address, and detach it', async () => {
      const { networkId } = target().acme;
      const [own] = await attached();
      expect(own).toEqual({
        port_id: expect.any(String),
        network_id: networkId,
        addresses: [expect.stringMatching(/^10\./)],
      });
      const second = await acme.post(path, { network_id: networkId });
      expect(second.status, JSON.stringify(second.body)).toBe(202);
      expect(second.body).toEqual({
        port_id: expect.any(String),
        network_id: networkId,
        addresses: [expect.stringMatching(/^10\./)],
      });
      expect(await attached()).toContainEqual(second.body);
      const [address] = second.body.addresses;
      const { addresses } = await acme.until(id, (instance) => instance.addresses.length === 2);
      expect(addresses).toContainEqual(expect.objectContaining({ address, type: 'fixed' }));

      const taken = await acme.post(path, { network_id: networkId, address });
      expect([taken.status, taken.body.error?.code]).toEqual([409, 'conflictingRequest']);
      const { subnets } = (await acme.get(`/v1/networks/${networkId}`)).body;
      const base = subnets[0].cidr.split('/')[0];
      for (const outside of ['192.0.2.7', base, '2001:db8::7']) {
        const refused = await acme.post(path, { network_id: networkId, address: outside });
        expect([refused.status, refused.body.error?.message]).toEqual([
          400,
          expect.stringMatching(`address.*${subnets[0].cidr}`),
        ]);
      }

      expect((await acme.delete(`${path}/${second.body.port_id}`)).status).toBe(202);
      await expect.poll(attached, { timeout: 20_000, interval: 500 }).toEqual([own]);
      expect((await acme.delete(`${path}/${second.body.port_id}`)).status).toBe(404);
      const wanted = await acme.post(path, { network_id: networkId, address });
      expect([wanted.status, wanted.body.addresses]).toEqual([202, [address]]);
      expect((await acme.delete(`${path}/${wanted.body.port_id}`)).status).toBe(202);
      await expect.poll(attached, { timeout: 20_000, interval: 500 }).toEqual([own]);
      const history = (await acme.get(`/v1/instances/${id}/actions`)).body.items;
      expect(history.map(({ action }: { action: string }) => action)).toEqual(
        expect.arrayContaining(['attach_interface', 'detach_interface']),
      );
    });

    test('refuses networks and ports that are unknown, of another project, or in use', async () => {
      const nowhere = '8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11';
      const [own] = await attached();
      const attempts: [object, number][] = [
        [{ network_id: nowhere }, 400],
        [{ network_id: target().globex.networkId }, 400],
        [{ port_id: nowhere }, 400],
        [{ port_id: own.port_id }, 409],
      ];
      for (const [body, status] of attempts) {
        const refused = await acme.post(path, body);
        expect([refused.status, JSON.stringify(body)]).toEqual([status, JSON.stringify(body)]);
        const [field] = Object.keys(body);
        if (status === 400) expect(refused.body.error.details).toMatchObject([{ field }]);
      }
      await acme.act(id, 'lock');
      const locked = await acme.post(path, { network_id: target().acme.networkId });
      expect([locked.status, locked.body.error?.code]).toEqual([409, 'conflictingRequest']);
      expect((await acme.delete(`${path}/${own.port_id}`)).status).toBe(409);
      await acme.act(id, 'unlock');
      const globex = await target().globex.client();
      for (const attempt of [
        () => globex.get(path),
        () => globex.post(path, { network_id: target().globex.networkId }),
        () => globex.delete(`${path}/${own.port_id}`),
      ]) {
        expect((await attempt()).status).toBe(404);
      }
      expect(await attached()).toEqual([own]);
    });

    test('detaching the network that isPublic used releases its address and port', async () => {
      const { openStack } = target().acme;
      const before = await openStack.belongings();
      const instance = await acme.boot({
        name: 'conf-networks-public',
        flavor_id: 'm1.tiny',
        image_id: IMAGE,
        network_id: target().acme.networkId,
        metadata: { isPublic: true },
      });
      const one = `/v1/instances/${instance.id}/networks`;
      const [{ port_id }] = (await acme.get(one)).body.items;
      expect((await acme.delete(`${one}/${port_id}`)).status).toBe(202);
      expect((await acme.get(`/v1/instances/${instance.id}`)).body.metadata).toMatchObject({
        isPublic: 'false',
      });
      await expect
        .poll(() => openStack.belongings(), { timeout: 30_000, interval: 1_000 })
        .toEqual({ ...before, servers: [...before.servers, instance.id].sort() });
      await acme.remove(instance.id);
    });
  });
}
