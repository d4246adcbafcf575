import { describe, expect, test } from 'vitest';
import { IMAGE, type Target } from './target.ts';

export function catalogConformance(target: () => Target): void {
  describe('catalog', () => {
    test('GET /v1/me returns identity and scopes', async () => {
      const acme = await target().acme.client(['instances:read']);
      const { status, body } = await acme.get('/v1/me');
      expect(status).toBe(200);
      expect(body).toEqual({
        id: target().acme.userId,
        username: target().acme.userName,
        email: null,
        roles: expect.arrayContaining(['member']),
        project_id: target().acme.projectId,
        scopes: ['instances:read'],
        regions: null,
      });
    });

    test('GET /v1/flavors lists flavors', async () => {
      const { body } = await (await target().acme.client()).get('/v1/flavors');
      expect(body.next_cursor).toBeNull();
      expect(body.items).toContainEqual({
        id: 'm1.small',
        name: 'm1.small',
        vcpus: 1,
        ram_mb: 2048,
        disk_gb: 20,
        is_public: true,
      });
      expect(body.items.map((flavor: { id: string }) => flavor.id)).toEqual([
        'm1.large',
        'm1.medium',
        'm1.small',
        'm1.tiny',
      ]);
    });

    test('GET /v1/flavors/{id} shows one; an unknown one is 404', async () => {
      const acme = await target().acme.client();
      const [{ body: list }, { status, body }] = await Promise.all([
        acme.get('/v1/flavors'),
        acme.get('/v1/flavors/m1.small'),
      ]);
      expect(status).toBe(200);
      expect(list.items).toContainEqual(body);
      const unknown = await acme.get('/v1/flavors/m9.none');
      expect(unknown.status).toBe(404);
      expect(unknown.body.error.code).toBe('itemNotFound');
    });

    test('GET /v1/images lists images', async () => {
      const { body } = await (await target().acme.client()).get('/v1/images');
      const ubuntu = body.items.find((image: { name: string }) => image.name === IMAGE);
      expect(ubuntu).toMatchObject({
        status: 'active',
        visibility: 'public',
        size_bytes: expect.any(Number),
      });
    });

    test('pages of a list join to the complete list', async () => {
      const acme = await target().acme.client();
      const whole = (await acme.get('/v1/flavors')).body.items;
      const joined = [];
      let cursor: string | null = null;
      do {
        const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const { body } = await acme.get(`/v1/flavors?limit=3${query}`);
        expect(body.items.length).toBeLessThanOrEqual(3);
        joined.push(...body.items);
        cursor = body.next_cursor;
      } while (cursor !== null);
      expect(joined).toEqual(whole);
    });

    test('GET /v1/networks lists own and external networks, none of other projects', async () => {
      const { acme, globex } = target();
      const { body } = await (await acme.client()).get('/v1/networks');
      const ids = body.items.map((network: { id: string }) => network.id);
      expect(ids).toContain(acme.networkId);
      expect(ids).not.toContain(globex.networkId);
      expect(body.items.filter((network: { external: boolean }) => network.external)).toHaveLength(1);
    });

    test('GET /v1/availability_zones lists availability zones', async () => {
      const { body } = await (await target().acme.client()).get('/v1/availability_zones');
      expect(body).toEqual({ items: [{ name: 'nova', available: true }], next_cursor: null });
    });

    test('GET /v1/quotas returns limits and usage, network quotas included', async () => {
      const { status, body } = await (await target().globex.client()).get('/v1/quotas');
      expect(status).toBe(200);
      expect(body.instances).toEqual({ limit: 3, used: expect.any(Number) });
      expect(body.cores.limit).toBe(8);
      expect(body.key_pairs).toEqual({ limit: 2, used: expect.any(Number) });
      expect(body.floating_ips).toEqual({ limit: expect.any(Number), used: expect.any(Number) });
      expect(Object.keys(body)).toContain('ram_mb');
    });

    test('GET /v1/hypervisors needs the scope admin and the cloud’s consent', async () => {
      const without = await (await target().acme.client()).get('/v1/hypervisors');
      expect(without.status).toBe(403);
      expect(without.body.error.message).toContain('"admin"');
      const asMember = await (await target().acme.client(['admin'])).get('/v1/hypervisors');
      expect(asMember.status).toBe(403);
      expect(asMember.body.error.code).toBe('forbidden');
    });
  });
}
