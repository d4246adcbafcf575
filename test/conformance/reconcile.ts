import { describe, expect, test } from 'vitest';
import { ownedDescription } from '../../src/compute/ownership.ts';
import { reconcile } from '../../src/compute/reconcile.ts';
import { IMAGE, type Target } from './target.ts';

export function reconcileConformance(target: () => Target): void {
  describe('reconcile', () => {
    test('releases marked orphaned ports and floating IPs, and nothing else', async () => {
      const { acme } = target();
      const { openStack, networkId } = acme;
      const client = await acme.client();
      const external = (await openStack.network('GET', '/networks?router:external=true')).body.networks[0].id;
      const newPort = async (description: string) =>
        (await openStack.network('POST', '/ports', { port: { network_id: networkId, description } })).body
          .port.id;
      const newAddress = async (description: string, portId: string) =>
        (
          await openStack.network('POST', '/floatingips', {
            floatingip: { floating_network_id: external, port_id: portId, description },
          })
        ).body.floatingip.id;

      const atFirst = await openStack.belongings();
      const living = await client.boot({
        name: 'conf-living',
        flavor_id: 'm1.tiny',
        image_id: IMAGE,
        metadata: { isPublic: true },
      });
      const othersPort = await newPort('a database, keep');
      const othersAddress = await newAddress('', othersPort);
      const before = await openStack.belongings();

      const mark = ownedDescription('0123456789abcdef', 'crashed');
      const lostPort = await newPort(mark);
      const lostAddress = await newAddress(mark, lostPort);

      expect(
        await reconcile(acme.cloud(), { olderThanSeconds: 600, nowMs: Date.now() }),
        'too young',
      ).toEqual([]);
      const freed = await reconcile(acme.cloud(), { olderThanSeconds: 0, nowMs: Date.now() + 1000 });
      expect(freed.map(({ kind, id }) => ({ kind, id }))).toEqual([
        { kind: 'floating_ip', id: lostAddress },
        { kind: 'port', id: lostPort },
      ]);
      await expect.poll(() => openStack.belongings()).toEqual(before);
      expect(await reconcile(acme.cloud(), { olderThanSeconds: 0, nowMs: Date.now() + 1000 })).toEqual([]);

      // The server is deleted past the gateway, which orphans its port and address.
      await openStack.compute('DELETE', `/servers/${living.id}`);
      await client.remove(living.id).catch(() => {});
      await reconcile(acme.cloud(), { olderThanSeconds: 0, nowMs: Date.now() + 1000 });
      await expect
        .poll(() => openStack.belongings())
        .toEqual({
          ...atFirst,
          ports: [...atFirst.ports, othersPort].sort(),
          floatingIps: [...atFirst.floatingIps, othersAddress].sort(),
        });
      await openStack.network('DELETE', `/floatingips/${othersAddress}`);
      await openStack.network('DELETE', `/ports/${othersPort}`);
    });
  });
}
