import { beforeAll, describe, expect, test } from 'vitest';
import type { ReduClient } from '../support/redu-client.ts';
import { IMAGE, type Target } from './target.ts';

export function legacyConformance(target: () => Target): void {
  describe('legacy paths', () => {
    let acme: ReduClient;
    beforeAll(async () => {
      acme = await target().acme.client();
    });

    test('me and the list of instances equal the current routes', async () => {
      expect((await acme.get('/cloud/v1/me')).body).toEqual((await acme.get('/v1/me')).body);
      const list = await acme.get('/cloud/v1/compute/instances/list');
      expect(list.status).toBe(200);
      expect(list.body).toEqual((await acme.get('/v1/instances')).body);
    });

    test('key pairs have Nova’s format', async () => {
      await acme.post('/v1/keypairs', { name: 'conf-legacy' });
      const { body } = await acme.get('/cloud/v1/compute/keypairs');
      expect(body).toContainEqual({
        keypair: { name: 'conf-legacy', public_key: expect.any(String), fingerprint: expect.any(String) },
      });
      await acme.delete('/v1/keypairs/conf-legacy');
    });

    test('security groups have Neutron’s format', async () => {
      const { body } = await acme.get('/cloud/v1/network/security_groups/list');
      const group = body.find(({ name }: { name: string }) => name === 'default');
      expect(group).toMatchObject({
        project_id: target().acme.projectId,
        tenant_id: target().acme.projectId,
        shared: false,
        stateful: true,
      });
      expect(Object.keys(group.security_group_rules[0])).toEqual(
        expect.arrayContaining([
          'ethertype',
          'port_range_min',
          'port_range_max',
          'remote_ip_prefix',
          'remote_group_id',
        ]),
      );
    });

    test('create accepts the legacy body', async () => {
      const images = (await acme.get('/v1/images')).body.items;
      const { id: image } = images.find(({ name }: { name: string }) => name === IMAGE);
      const { status, body } = await acme.post('/cloud/v1/compute/instances/create', {
        name: 'conf-legacy-create',
        image,
        imageName: IMAGE,
        flavor: 'm1.tiny',
        securityGroups: [{ value: 'default', label: 'default' }],
        network: target().acme.networkId,
        is_public: 'shouldbetrue',
        enable_ssh: false,
        volume: null,
      });
      expect([status, body]).toEqual([200, { message: 'Instance creation started' }]);
      const [instance] = (await acme.get('/v1/instances?name=conf-legacy-create')).body;
      expect(instance.metadata).toMatchObject({ isPublic: 'true', floatingIp: expect.any(String) });
      await acme.remove(instance.id);
    });
  });
}
