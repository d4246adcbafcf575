import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ReduClient } from '../support/redu-client.ts';
import { IMAGE, OTHER_IMAGE, type Target } from './target.ts';

const MISSING = '8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11';

export function imageConformance(target: () => Target): void {
  describe('images', () => {
    let acme: ReduClient;
    let globex: ReduClient;
    const made: string[] = [];
    beforeAll(async () => {
      acme = await target().acme.client();
      globex = await target().globex.client();
    });
    afterEach(async () => {
      for (const id of made.splice(0)) await acme.delete(`/v1/images/${id}`);
    });
    const create = async (body: object) => {
      const created = await acme.post('/v1/images', body);
      expect([created.status, created.body]).toEqual([201, created.body]);
      made.push(created.body.id);
      return created.body;
    };
    const idsOf = async (client: ReduClient, query: string) =>
      (await client.get(`/v1/images?${query}`)).body.items.map(({ id }: { id: string }) => id);
    const codeOf = ({ status, body }: { status: number; body: { error: { code: string } } }) => [
      status,
      body.error.code,
    ];

    test('create, upload, show, rename, tag, delete', async () => {
      const created = await create({ name: 'conf-image', tags: ['b', 'a'], visibility: 'private' });
      expect(created).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        name: 'conf-image',
        status: 'queued',
        visibility: 'private',
        project_id: target().acme.projectId,
        disk_format: 'raw',
        container_format: 'bare',
        tags: ['a', 'b'],
        size_bytes: null,
        min_disk_gb: 0,
        min_ram_mb: 0,
        created: expect.any(String),
        updated: expect.any(String),
      });
      const path = `/v1/images/${created.id}`;
      expect((await acme.get(path)).body).toEqual(created);
      const uploaded = await acme.upload(`${path}/file`, new Uint8Array(100_000));
      expect([uploaded.status, uploaded.body]).toEqual([204, null]);
      const active = (await acme.get(path)).body;
      expect(active).toMatchObject({ status: 'active', size_bytes: 100_000 });
      expect(codeOf(await acme.upload(`${path}/file`, 'again'))).toEqual([409, 'conflictingRequest']);
      const changed = await acme.patch(path, { name: 'conf-renamed', tags: ['c'], visibility: 'shared' });
      expect([changed.status, changed.body]).toEqual([
        200,
        {
          ...active,
          name: 'conf-renamed',
          tags: ['c'],
          visibility: 'shared',
          updated: changed.body.updated,
        },
      ]);
      expect((await acme.get(path)).body).toEqual(changed.body);
      expect((await acme.get('/v1/images')).body.items).toContainEqual(changed.body);
      expect((await acme.delete(path)).status).toBe(204);
      expect((await acme.get(path)).status).toBe(404);
      expect((await acme.delete(path)).status).toBe(404);
    });

    test('data in pieces of unknown length is uploaded as one', async () => {
      const { id } = await create({ name: 'conf-stream' });
      let left = 40;
      const pieces = new ReadableStream({
        pull(controller) {
          if (left-- === 0) controller.close();
          else controller.enqueue(new Uint8Array(50_000).fill(left));
        },
      });
      expect((await acme.upload(`/v1/images/${id}/file`, pieces)).status).toBe(204);
      expect((await acme.get(`/v1/images/${id}`)).body).toMatchObject({
        status: 'active',
        size_bytes: 2_000_000,
      });
    });

    test('filters by name, status, visibility and all given tags', async () => {
      const plain = await create({ name: 'conf-filtered', tags: ['conf-x'] });
      const tagged = await create({
        name: 'conf-filtered',
        tags: ['conf-x', 'conf-y'],
        visibility: 'private',
      });
      expect((await idsOf(acme, 'name=conf-filtered')).toSorted()).toEqual([plain.id, tagged.id].toSorted());
      expect(await idsOf(acme, 'tag=conf-x&tag=conf-y')).toEqual([tagged.id]);
      expect(await idsOf(acme, 'name=conf-filtered&visibility=private')).toEqual([tagged.id]);
      expect(await idsOf(acme, 'name=conf-filtered&status=active')).toEqual([]);
      expect(await idsOf(acme, 'name=conf-filtered&status=queued&limit=1')).toHaveLength(1);
      expect(await idsOf(globex, 'name=conf-filtered')).toEqual([]);
    });

    test('a community image of another project is used by id and found by its visibility alone', async () => {
      const { id } = await create({ name: 'conf-community', visibility: 'community' });
      await acme.upload(`/v1/images/${id}/file`, new Uint8Array(70_000));
      expect(await idsOf(globex, 'name=conf-community')).toEqual([]);
      expect(await idsOf(globex, 'name=conf-community&visibility=community')).toEqual([id]);
      expect((await globex.get(`/v1/images/${id}`)).body).toMatchObject({ id, status: 'active' });
      const instance = await globex.boot({ name: 'conf-of-community', flavor_id: 'm1.tiny', image_id: id });
      expect(instance.image_id).toBe(id);
      await globex.act(instance.id, 'rebuild', { image_id: id });
      await globex.until(instance.id, ({ state }) => state === 'active');
      await globex.remove(instance.id);
    });

    test('an image of another project that is visible cannot be changed', async () => {
      const { id } = await create({ name: 'conf-open', visibility: 'community' });
      const { items } = (await globex.get(`/v1/images?name=${OTHER_IMAGE}`)).body;
      for (const foreign of [id, items[0].id]) {
        const path = `/v1/images/${foreign}`;
        for (const attempt of [
          () => globex.patch(path, { name: 'mine' }),
          () => globex.delete(path),
          () => globex.upload(`${path}/file`, 'mine'),
        ]) {
          expect(codeOf(await attempt())).toEqual([403, 'forbidden']);
        }
      }
    });

    test('a shared image is used by id before it is accepted, and listed after it', async () => {
      const { openStack } = target().acme;
      const { projectId } = target().globex;
      const { id } = await create({ name: 'conf-shared', visibility: 'shared' });
      expect((await globex.get(`/v1/images/${id}`)).status).toBe(404);
      await openStack.image('POST', `/images/${id}/members`, { member: projectId });
      await expect.poll(async () => (await globex.get(`/v1/images/${id}`)).status).toBe(200);
      expect(await idsOf(globex, 'name=conf-shared&visibility=shared')).toEqual([]);
      expect(codeOf(await globex.delete(`/v1/images/${id}`))).toEqual([403, 'forbidden']);
      const accepted = { status: 'accepted' };
      await target().globex.openStack.image('PUT', `/images/${id}/members/${projectId}`, accepted);
      await expect
        .poll(() => idsOf(globex, 'name=conf-shared&visibility=shared'), { timeout: 90_000 })
        .toEqual([id]);
    }, 100_000);

    test('a protected image is not deleted', async () => {
      const { id } = await create({ name: 'conf-protected' });
      const protect = (value: boolean) =>
        target().acme.openStack.image('PATCH', `/images/${id}`, [
          { op: 'replace', path: '/protected', value },
        ]);
      expect((await protect(true)).status).toBe(200);
      expect(codeOf(await acme.delete(`/v1/images/${id}`))).toEqual([409, 'conflictingRequest']);
      await protect(false);
    });

    test('what the cloud does not allow is refused', async () => {
      const publicly = { name: 'conf-public', visibility: 'public' };
      expect(codeOf(await acme.post('/v1/images', publicly))).toEqual([403, 'forbidden']);
      const { items } = (await acme.get(`/v1/images?name=${IMAGE}`)).body;
      expect(items).toHaveLength(1);
      const upload = await acme.upload(`/v1/images/${MISSING}/file`, 'x');
      expect(codeOf(upload)).toEqual([404, 'itemNotFound']);
      expect(codeOf(await acme.patch(`/v1/images/${MISSING}`, { name: 'x' }))).toEqual([404, 'itemNotFound']);
    });

    test('a key without images:write reads images and changes none', async () => {
      const reader = await target().acme.client(['instances:read', 'instances:write']);
      const { id } = await create({ name: 'conf-scope' });
      expect((await reader.get(`/v1/images/${id}`)).status).toBe(200);
      for (const attempt of [
        () => reader.post('/v1/images', { name: 'x' }),
        () => reader.patch(`/v1/images/${id}`, { name: 'x' }),
        () => reader.delete(`/v1/images/${id}`),
        () => reader.upload(`/v1/images/${id}/file`, 'x'),
      ]) {
        expect(codeOf(await attempt())).toEqual([403, 'forbidden']);
      }
    });
  });
}
