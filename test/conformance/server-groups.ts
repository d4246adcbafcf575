import { beforeAll, describe, expect, test } from 'vitest';
import type { ReduClient } from '../support/redu-client.ts';
import { IMAGE, type Target } from './target.ts';

export function serverGroupConformance(target: () => Target): void {
  describe('server groups', () => {
    let acme: ReduClient;
    beforeAll(async () => {
      acme = await target().acme.client();
    });

    test.each(['affinity', 'anti-affinity', 'soft-affinity', 'soft-anti-affinity'])(
      'policy %s',
      async (policy) => {
        const created = await acme.post('/v1/server_groups', { name: 'conf-group', policy });
        expect([created.status, created.body]).toEqual([
          201,
          { id: expect.any(String), name: 'conf-group', policy, member_ids: [] },
        ]);
        const { id } = created.body;
        expect((await acme.get(`/v1/server_groups/${id}`)).body).toEqual(created.body);
        expect((await acme.get('/v1/server_groups')).body.items).toContainEqual(created.body);
        expect((await acme.delete(`/v1/server_groups/${id}`)).status).toBe(204);
        expect((await acme.get(`/v1/server_groups/${id}`)).status).toBe(404);
        expect((await acme.delete(`/v1/server_groups/${id}`)).status).toBe(404);
      },
    );

    test('an instance is created in a group', async () => {
      const { id } = (
        await acme.post('/v1/server_groups', { name: 'conf-spread', policy: 'soft-anti-affinity' })
      ).body;
      const instance = await acme.boot({
        name: 'conf-member',
        flavor_id: 'm1.tiny',
        image_id: IMAGE,
        server_group_id: id,
      });
      expect((await acme.get(`/v1/server_groups/${id}`)).body.member_ids).toEqual([instance.id]);
      await acme.remove(instance.id);
      await acme.delete(`/v1/server_groups/${id}`);
    });
  });
}
