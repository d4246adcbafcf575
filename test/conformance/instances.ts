import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ReduClient } from '../support/redu-client.ts';
import { IMAGE, type Target } from './target.ts';

const LIST_FIELDS = [
  'id',
  'name',
  'status',
  'state',
  'image_id',
  'flavor_id',
  'created',
  'updated',
  'metadata',
  'user_id',
  'project_id',
];

export function instanceConformance(target: () => Target): void {
  describe('instances', () => {
    let acme: ReduClient;
    const made: string[] = [];
    beforeAll(async () => {
      acme = await target().acme.client();
    });
    afterEach(async () => {
      for (const id of made.splice(0)) await acme.remove(id);
    });
    const create = async (body: object) => {
      const response = await acme.post('/v1/instances', { flavor_id: 'm1.tiny', image_id: IMAGE, ...body });
      if (response.status === 202) made.push(response.body.id);
      return response;
    };
    const boot = async (body: object) => {
      const { body: instance } = await create(body);
      return acme.until(instance.id, ({ state }) => state === 'active');
    };

    test('create returns 202 with the instance and its Location; it becomes active', async () => {
      const { status, headers, body } = await create({
        name: 'conf-create',
        network_id: target().acme.networkId,
        metadata: { role: 'web' },
        user_data: '#cloud-config\npackages: [nginx]\n',
        availability_zone: 'nova',
      });
      expect(status).toBe(202);
      expect(headers.get('location')).toBe(`/v1/instances/${body.id}`);
      expect(body).toMatchObject({
        name: 'conf-create',
        status: 'BUILD',
        state: 'provisioning',
        flavor_id: 'm1.tiny',
        project_id: target().acme.projectId,
        user_id: target().acme.userId,
        metadata: { role: 'web', isPublic: 'false', enableSSH: 'false' },
      });
      expect(body.metadata).not.toHaveProperty('floatingIp');

      const active = await acme.until(body.id, ({ state }) => state === 'active');
      expect(active).toMatchObject({
        status: 'ACTIVE',
        image_id: body.image_id,
        security_group_names: ['default'],
        availability_zone: 'nova',
        keypair_name: null,
        locked: false,
        fault: null,
      });
      expect(active.addresses).toEqual([
        {
          network: expect.any(String),
          address: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/),
          version: 4,
          type: 'fixed',
          mac_address: expect.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/),
        },
      ]);
      expect(active.created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    });

    test('the project’s only network is the default', async () => {
      const instance = await boot({ name: 'conf-only-network' });
      expect(instance.addresses).toHaveLength(1);
    });

    test('the list is a bare array of exactly the documented fields', async () => {
      const { body: created } = await create({ name: 'conf-fields' });
      const { status, headers, body } = await acme.get('/v1/instances');
      expect(status).toBe(200);
      expect(headers.get('content-type')).toMatch(/^application\/json/);
      expect(Array.isArray(body)).toBe(true);
      const listed = body.find((instance: { id: string }) => instance.id === created.id);
      expect(Object.keys(listed)).toEqual(LIST_FIELDS);
    });

    test('filters: status, name, flavor, image', async () => {
      const web = await boot({ name: 'conf-filter-web', flavor_id: 'm1.small' });
      const db = await boot({ name: 'conf-filter-db' });
      await acme.act(db.id, 'stop');
      await acme.until(db.id, ({ state }) => state === 'stopped');
      const names = async (query: string) => {
        const { status, body } = await acme.get(`/v1/instances?${query}`);
        expect(status, query).toBe(200);
        return body
          .map((instance: { name: string }) => instance.name)
          .filter((name: string) => name.startsWith('conf-filter'))
          .sort();
      };
      expect(await names('status=ACTIVE')).toEqual(['conf-filter-web']);
      expect(await names('status=shutoff')).toEqual(['conf-filter-db']);
      expect(await names('status=ACTIVE&status=SHUTOFF')).toEqual(['conf-filter-db', 'conf-filter-web']);
      expect(await names('status=ERROR')).toEqual([]);
      expect(await names('name=filter-d')).toEqual(['conf-filter-db']);
      expect(await names('name=%5Econf-filter-..b%3F%24')).toEqual(['conf-filter-db', 'conf-filter-web']);
      expect(await names('flavor=m1.small')).toEqual(['conf-filter-web']);
      expect(await names('flavor=m1.nothing')).toEqual([]);
      expect(await names(`image=${IMAGE}`)).toEqual(['conf-filter-db', 'conf-filter-web']);
      expect(await names(`image=${web.image_id}&status=ACTIVE`)).toEqual(['conf-filter-web']);
      expect(await names('image=00000000-0000-4000-8000-000000000000')).toEqual([]);
    });

    test('pages by limit and marker are linked and join to the complete list', async () => {
      // Built completely: Nova lists building instances from another table, and their order changes when they leave it.
      for (const n of [1, 2, 3]) await boot({ name: `conf-page-${n}` });
      const ids = (response: { body: { id: string }[] }) => response.body.map(({ id }) => id);
      const whole = ids(await acme.get('/v1/instances?name=conf-page'));
      expect(whole).toHaveLength(3);

      const first = await acme.get('/v1/instances?name=conf-page&limit=2');
      expect(ids(first)).toEqual(whole.slice(0, 2));
      const next = /^<([^>]+)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1];
      expect(next).toBeDefined();
      const second = await acme.get(new URL(next ?? '', acme.url).href.slice(acme.url.length));
      expect(ids(second)).toEqual(whole.slice(2));
      expect(second.headers.get('link')).toBeNull();

      const exactlyFull = await acme.get('/v1/instances?name=conf-page&limit=3');
      expect(ids(exactlyFull)).toEqual(whole);
      expect(exactlyFull.headers.get('link')).toBeNull();
      expect((await acme.get('/v1/instances?limit=0')).body).toEqual([]);
      expect(ids(await acme.get(`/v1/instances?name=conf-page&marker=${whole[0]}`))).toEqual(whole.slice(1));
    });

    test('a value that only the cloud can validate is 400 with its reason', async () => {
      const unknown = '00000000-0000-4000-8000-000000000000';
      const marker = await acme.get(`/v1/instances?marker=${unknown}`);
      expect(marker.status).toBe(400);
      expect(marker.body.error.message).toContain(unknown);
      const cases = [
        [{ flavor_id: 'm1.nothing' }, 'm1.nothing'],
        [{ image_id: 'no-such-image' }, 'no-such-image'],
        [{ image_id: unknown }, unknown],
        [{ network_id: unknown }, unknown],
        [{ keypair_name: 'no-such-key' }, 'no-such-key'],
        [{ security_group_names: ['no-such-group'] }, 'no-such-group'],
        [{ availability_zone: 'no-such-zone' }, 'zone'],
        [{ server_group_id: unknown }, unknown],
      ] as const;
      for (const [body, message] of cases) {
        const response = await create({ name: 'conf-invalid', ...body });
        expect(response.status, JSON.stringify(body)).toBe(400);
        expect(response.body.error.code).toBe('badRequest');
        expect(response.body.error.message).toContain(message);
      }
      expect((await acme.get('/v1/instances?name=conf-invalid')).body).toEqual([]);
    });

    test('all_tenants needs the scope admin and the cloud’s consent', async () => {
      const without = await acme.get('/v1/instances?all_tenants=1');
      expect(without.status).toBe(403);
      expect(without.body.error.message).toContain('"admin"');
      const asMember = await (await target().acme.client(['instances:read', 'admin'])).get(
        '/v1/instances?all_tenants=1',
      );
      expect(asMember.status).toBe(403);
      expect((await acme.get('/v1/instances?all_tenants=0')).status).toBe(200);
    });

    test('PATCH renames, merges metadata and removes what is null', async () => {
      const { id } = await boot({ name: 'conf-patch', metadata: { a: '1', b: '2' } });
      const { status, body } = await acme.patch(`/v1/instances/${id}`, {
        name: 'conf-patched',
        metadata: { b: '3', c: '4', a: null },
      });
      expect(status).toBe(200);
      expect(body).toMatchObject({ id, name: 'conf-patched' });
      expect(body.metadata).toEqual({ isPublic: 'false', enableSSH: 'false', b: '3', c: '4' });
      const read = await acme.get(`/v1/instances/${id}`);
      expect(read.body).toEqual(body);
      const rename = (name: string, tag: string) =>
        acme.request('PATCH', `/v1/instances/${id}`, { name }, { 'if-match': tag });
      const tag = read.headers.get('ETag') ?? '';
      expect((await rename('conf-matched', tag)).body.name).toBe('conf-matched');
      expect(await rename('conf-overwritten', tag)).toMatchObject({
        status: 412,
        body: { error: { code: 'preconditionFailed' } },
      });
      expect((await acme.get(`/v1/instances/${id}`)).body.name).toBe('conf-matched');
    });

    test('DELETE is 204, idempotent while deleting, then 404', async () => {
      const { id } = await boot({ name: 'conf-delete' });
      const first = await acme.delete(`/v1/instances/${id}`);
      expect([first.status, first.body]).toEqual([204, null]);
      await acme.remove(id);
      expect((await acme.delete(`/v1/instances/${id}`)).status).toBe(404);
      const { status, body } = await acme.get(`/v1/instances/${id}`);
      expect(status).toBe(404);
      expect(body.error.code).toBe('itemNotFound');
    });
  });
}
