import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReduClient } from '../support/redu-client.ts';
import { IMAGE, type Target } from './target.ts';

export function tenantConformance(target: () => Target): void {
  describe('two projects', () => {
    let acme: ReduClient;
    let globex: ReduClient;
    let acmes: { id: string };
    beforeAll(async () => {
      acme = await target().acme.client();
      globex = await target().globex.client();
      acmes = await acme.boot({
        name: 'conf-acmes',
        flavor_id: 'm1.tiny',
        image_id: IMAGE,
        metadata: { isPublic: true, enableSSH: true },
      });
    });
    afterAll(() => acme.remove(acmes.id));

    test('lists never contain resources of another project', async () => {
      const acmesGroups = (await acme.get('/v1/security_groups')).body.items.map(
        ({ id }: { id: string }) => id,
      );
      expect((await globex.get('/v1/instances')).body).toEqual([]);
      expect((await globex.get('/v1/floating_ips')).body.items).toEqual([]);
      const groups = (await globex.get('/v1/security_groups')).body.items;
      expect(groups.filter(({ id }: { id: string }) => acmesGroups.includes(id))).toEqual([]);
      expect((await globex.get('/cloud/v1/compute/instances/list')).body).toEqual([]);
    });

    test('an instance of another project is 404 on every route', async () => {
      const attempts = [
        () => globex.get(`/v1/instances/${acmes.id}`),
        () => globex.patch(`/v1/instances/${acmes.id}`, { name: 'mine' }),
        () => globex.patch(`/v1/instances/${acmes.id}`, { description: 'mine' }),
        () => globex.request('PUT', `/v1/instances/${acmes.id}/tags`, { tags: ['mine'] }),
        () => globex.patch(`/v1/instances/${acmes.id}`, { metadata: { isPublic: false } }),
        () => globex.patch(`/v1/instances/${acmes.id}`, { metadata: { enableSSH: false } }),
        () => globex.delete(`/v1/instances/${acmes.id}`),
        () => globex.act(acmes.id, 'stop'),
        () => globex.act(acmes.id, 'snapshot', { name: 'stolen' }),
        () => globex.act(acmes.id, 'resize', { flavor_id: 'm1.small' }),
        () => globex.act(acmes.id, 'rescue', { image_id: IMAGE }),
        () => globex.act(acmes.id, 'set_password', { admin_password: 'mine' }),
        () => globex.act(acmes.id, 'backup', { name: 'stolen', type: 'daily', rotation: 1 }),
        () => globex.get(`/v1/instances/${acmes.id}/actions`),
        () => globex.get(`/v1/instances/${acmes.id}/console_log?lines=1`),
        () => globex.post(`/v1/instances/${acmes.id}/console`, {}),
      ];
      for (const attempt of attempts) {
        const { status, body } = await attempt();
        expect([status, body.error.code]).toEqual([404, 'itemNotFound']);
      }
      const untouched = (await acme.get(`/v1/instances/${acmes.id}`)).body;
      expect(untouched).toMatchObject({
        name: 'conf-acmes',
        state: 'active',
        metadata: { isPublic: 'true' },
      });
    });

    test('groups, rules and networks of another project are 404', async () => {
      const group = (await acme.post('/v1/security_groups', { name: 'conf-secret' })).body;
      const rule = (await acme.post(`/v1/security_groups/${group.id}/rules`, { protocol: 'tcp', port: 443 }))
        .body;
      const serverGroup = (await acme.post('/v1/server_groups', { name: 'conf-secret', policy: 'affinity' }))
        .body;
      const globexGroup = (await globex.post('/v1/security_groups', { name: 'conf-own' })).body;
      const attempts = [
        () => globex.get(`/v1/security_groups/${group.id}`),
        () => globex.patch(`/v1/security_groups/${group.id}`, { name: 'mine' }),
        () => globex.delete(`/v1/security_groups/${group.id}`),
        () => globex.post(`/v1/security_groups/${group.id}/rules`, { protocol: 'tcp', port: 80 }),
        () => globex.delete(`/v1/security_groups/${group.id}/rules/${rule.id}`),
        () => globex.post(`/v1/security_groups/${globexGroup.id}/rules`, { source_group_id: group.id }),
        () => globex.put(`/v1/instances/${acmes.id}/security_groups/${globexGroup.id}`),
        () => globex.delete(`/v1/instances/${acmes.id}/security_groups/${group.id}`),
        () => globex.get(`/v1/server_groups/${serverGroup.id}`),
        () => globex.delete(`/v1/server_groups/${serverGroup.id}`),
      ];
      for (const attempt of attempts) {
        const { status, body } = await attempt();
        expect([status, body.error?.code]).toEqual([404, 'itemNotFound']);
      }
      const onAcmesNetwork = await globex.post('/v1/instances', {
        name: 'conf-intruder',
        flavor_id: 'm1.tiny',
        image_id: IMAGE,
        network_id: target().acme.networkId,
        metadata: { isPublic: true },
      });
      expect(onAcmesNetwork.status).toBe(400);
      const inAcmesGroup = await globex.post('/v1/instances', {
        name: 'conf-intruder',
        flavor_id: 'm1.tiny',
        image_id: IMAGE,
        security_group_names: [group.id],
      });
      expect(inAcmesGroup.status).toBe(400);
      await globex.delete(`/v1/security_groups/${globexGroup.id}`);
      await acme.delete(`/v1/security_groups/${group.id}`);
      await acme.delete(`/v1/server_groups/${serverGroup.id}`);
    });

    test('an image of another project is 404 on every route', async () => {
      const { id } = (await acme.post('/v1/images', { name: 'conf-secret', visibility: 'private' })).body;
      const path = `/v1/images/${id}`;
      const attempts = [
        () => globex.get(path),
        () => globex.patch(path, { name: 'mine' }),
        () => globex.patch(path, { visibility: 'community' }),
        () => globex.delete(path),
        () => globex.upload(`${path}/file`, 'mine'),
      ];
      for (const attempt of attempts) {
        const { status, body } = await attempt();
        expect([status, body.error?.code]).toEqual([404, 'itemNotFound']);
      }
      const { items } = (await globex.get('/v1/images?name=conf-secret')).body;
      expect(items).toEqual([]);
      expect((await acme.get(path)).body).toMatchObject({ name: 'conf-secret', status: 'queued' });
      await acme.delete(path);
    });

    test('an exhausted quota is 413, for instances and key pairs', async () => {
      const made: string[] = [];
      for (const n of [1, 2, 3]) {
        const { status, body } = await globex.post('/v1/instances', {
          name: `conf-quota-${n}`,
          flavor_id: 'm1.tiny',
          image_id: IMAGE,
        });
        expect(status).toBe(202);
        made.push(body.id);
      }
      const before = await target().globex.openStack.belongings();
      const fourth = await globex.post('/v1/instances', {
        name: 'conf-quota-4',
        flavor_id: 'm1.tiny',
        image_id: IMAGE,
        metadata: { isPublic: true },
      });
      expect([fourth.status, fourth.body]).toEqual([
        413,
        {
          error: { code: 'entityTooLarge', message: expect.stringContaining('Quota exceeded for instances') },
        },
      ]);
      const after = await target().globex.openStack.belongings();
      expect(after.floatingIps).toEqual(before.floatingIps);
      expect(after.servers).toEqual(before.servers);
      expect((await globex.get('/v1/quotas')).body.instances).toEqual({ limit: 3, used: 3 });
      for (const id of made) await globex.remove(id);

      for (const name of ['conf-1', 'conf-2']) {
        expect((await globex.post('/v1/keypairs', { name })).status).toBe(201);
      }
      const third = await globex.post('/v1/keypairs', { name: 'conf-3' });
      expect([third.status, third.body.error.code]).toEqual([413, 'entityTooLarge']);
      for (const name of ['conf-1', 'conf-2']) await globex.delete(`/v1/keypairs/${name}`);
    });
  });
}
