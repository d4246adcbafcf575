import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReduClient } from '../support/redu-client.ts';
import { IMAGE, type Target } from './target.ts';

const MARK = /^linguanova request=/;

export function instanceLabelConformance(target: () => Target): void {
  describe('tags and descriptions', () => {
    let acme: ReduClient;
    let both: { id: string };
    let plain: { id: string };
    const path = ({ id }: { id: string }) => `/v1/instances/${id}`;
    const atCloud = async ({ id }: { id: string }) =>
      (await target().acme.openStack.compute('GET', `/servers/${id}`)).body.server;
    const found = async (query: string) =>
      (await acme.get(`/v1/instances?name=conf-label&${query}`)).body
        .map(({ name }: { name: string }) => name)
        .sort();
    beforeAll(async () => {
      acme = await target().acme.client();
      const common = { flavor_id: 'm1.tiny', image_id: IMAGE };
      const { body: pair } = await acme.post('/v1/keypairs', { name: 'conf-label-key' });
      both = (
        await acme.post('/v1/instances', {
          ...common,
          name: 'conf-label-both',
          description: 'front end',
          tags: ['web', 'eu-west', 'web'],
          keypair_name: pair.name,
        })
      ).body;
      plain = (await acme.post('/v1/instances', { ...common, name: 'conf-label-plain', networks: 'none' }))
        .body;
      for (const { id } of [both, plain]) await acme.until(id, ({ state }) => state === 'active');
    }, 60_000);
    afterAll(async () => {
      for (const { id } of [both, plain]) await acme.remove(id);
      await acme.delete('/v1/keypairs/conf-label-key');
    });

    test('create returns them, and so do detail and detailed list', async () => {
      const expected = { description: 'front end', tags: ['eu-west', 'web'], server_group_id: null };
      expect(both).toMatchObject(expected);
      expect((await acme.get(path(both))).body).toMatchObject({ ...expected, task: null });
      const detailed = (await acme.get('/v1/instances?name=conf-label-both&detail=1')).body;
      expect(detailed).toEqual([expect.objectContaining(expected)]);
      expect((await acme.get(path(plain))).body).toMatchObject({ description: null, tags: [] });
    });

    test('the gateway’s mark is in the description only where the customer gave none', async () => {
      const { description, tags } = await atCloud(both);
      expect(description).toBe('front end');
      expect(tags).toHaveLength(3);
      expect(tags.filter((tag: string) => MARK.test(tag))).toHaveLength(1);
      expect(await atCloud(plain)).toMatchObject({ description: expect.stringMatching(MARK), tags: [] });
    });

    test('an instance without a network has no address', async () => {
      expect((await acme.get(path(plain))).body).toMatchObject({ addresses: [], security_group_names: [] });
      const opened = await acme.patch(path(plain), { metadata: { isPublic: true } });
      expect([opened.status, opened.body.error.code]).toEqual([409, 'conflictingRequest']);
    });

    test('filters: tag, key pair, network', async () => {
      expect(await found('tag=web')).toEqual(['conf-label-both']);
      expect(await found('tag=web&tag=eu-west')).toEqual(['conf-label-both']);
      expect(await found('tag=web&tag=us-east')).toEqual([]);
      expect(await found('keypair_name=conf-label-key')).toEqual(['conf-label-both']);
      expect(await found('keypair_name=conf-label-other')).toEqual([]);
      expect(await found(`network_id=${target().acme.networkId}`)).toEqual(['conf-label-both']);
      expect(await found(`network_id=${both.id}`)).toEqual([]);
      expect(await found('limit=1&keypair_name=conf-label-key')).toEqual(['conf-label-both']);
    });

    test('PUT replaces the tags and leaves the mark', async () => {
      const put = await acme.request('PUT', `${path(both)}/tags`, { tags: ['z', 'a'] });
      expect([put.status, put.body]).toEqual([200, { tags: ['a', 'z'] }]);
      expect((await acme.get(path(both))).body.tags).toEqual(['a', 'z']);
      expect(await found('tag=a')).toEqual(['conf-label-both']);
      expect(await found('tag=web')).toEqual([]);
      expect((await atCloud(both)).tags).toContainEqual(expect.stringMatching(MARK));
      const none = await acme.request('PUT', `${path(both)}/tags`, { tags: [] });
      expect([none.status, none.body]).toEqual([200, { tags: [] }]);
    });

    test('PATCH sets and removes a description; the mark moves to a tag', async () => {
      const described = await acme.patch(path(plain), { description: 'database', name: 'conf-label-db' });
      expect([described.status, described.body]).toEqual([
        200,
        expect.objectContaining({ description: 'database', name: 'conf-label-db', tags: [] }),
      ]);
      expect(await atCloud(plain)).toMatchObject({
        description: 'database',
        tags: [expect.stringMatching(MARK)],
      });
      expect((await acme.patch(path(plain), { description: null })).body.description).toBeNull();
      expect((await acme.get(path(plain))).body).toMatchObject({ description: null, tags: [] });
    });

    test('networks "auto" takes the project’s network', async () => {
      const body = { name: 'conf-label-auto', flavor_id: 'm1.tiny', image_id: IMAGE, networks: 'auto' };
      const instance = await acme.boot({ ...body, metadata: { isPublic: true } });
      expect(instance.metadata.isPublic).toBe('true');
      await acme.remove(instance.id);
    });

    test('networks "none" excludes access', async () => {
      const body = { name: 'conf-label-none', flavor_id: 'm1.tiny', image_id: IMAGE, networks: 'none' };
      for (const further of [
        { metadata: { isPublic: true } },
        { metadata: { enableSSH: true } },
        { security_group_names: ['default'] },
      ]) {
        const { status, body: refused } = await acme.post('/v1/instances', { ...body, ...further });
        expect([status, refused.error.details[0].field]).toEqual([400, 'networks']);
      }
    });

    test('a member of a server group shows it', async () => {
      const group = (await acme.post('/v1/server_groups', { name: 'conf-label', policy: 'soft-affinity' }))
        .body;
      const body = { name: 'conf-label-member', flavor_id: 'm1.tiny', image_id: IMAGE };
      const created = await acme.post('/v1/instances', { ...body, server_group_id: group.id });
      expect(created.body.server_group_id).toBe(group.id);
      expect((await acme.get(path(created.body))).body.server_group_id).toBe(group.id);
      await acme.remove(created.body.id);
      await acme.delete(`/v1/server_groups/${group.id}`);
    });
  });
}
