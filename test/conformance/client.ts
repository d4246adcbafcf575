import { describe, expect, test } from 'vitest';
import { createClient, LinguanovaError } from '../../src/client/index.ts';
import { IMAGE, type Target } from './target.ts';

/** The typed client against a real gateway. */
export function clientConformance(target: () => Target): void {
  describe('the client', () => {
    const client = async () => {
      const { key, url } = await target().acme.client();
      return createClient({ baseUrl: url, apiKey: key });
    };

    test('creates, updates, waits for and deletes an instance', async () => {
      const { instances } = await client();
      const { id, state } = await instances.create({
        name: 'client-1',
        flavor_id: 'm1.tiny',
        image_id: IMAGE,
        networks: [target().acme.networkId],
        metadata: { isPublic: false, team: 'web' },
      });
      expect(state).toBe('provisioning');
      const running = await instances.waitUntil(id, 'active');
      expect(running.metadata.team).toBe('web');
      expect((await instances.list({ status: ['ACTIVE'] })).map((one) => one.id)).toContain(id);
      await instances.act(id, { action: 'stop' });
      await instances.waitUntil(id, 'stopped');
      const changed = await instances.update(id, { metadata: { team: null } });
      expect(changed.metadata).not.toHaveProperty('team');
      await instances.delete(id);
      await instances.waitUntil(id, 'deleted');
      const refused = await instances.get(id).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(LinguanovaError);
      const requestId = expect.stringMatching(/^req-/);
      expect(refused).toMatchObject({ code: 'itemNotFound', status: 404, requestId });
    });

    test('lists complete and by page', async () => {
      const { flavors } = await client();
      const all = await flavors.list();
      expect(all.map(({ name }) => name)).toContain('m1.tiny');
      const pages: (typeof all)[] = [];
      for await (const page of flavors.pages({ limit: 2 })) pages.push(page);
      expect(pages[0]).toHaveLength(2);
      expect(pages.flat()).toEqual(all);
    });

    test('iterates over instances across pages', async () => {
      const { instances } = await client();
      const prefix = `pages-${crypto.randomUUID()}`;
      const ids: string[] = [];
      for (const number of [1, 2, 3]) {
        const name = `${prefix}-${number}`;
        const body = { name, flavor_id: 'm1.tiny', image_id: IMAGE, networks: [target().acme.networkId] };
        ids.push((await instances.create(body)).id);
      }
      // Nova resets the sort key when it schedules an instance, so pages are consistent only once instances are built.
      for (const id of ids) await instances.waitUntil(id, 'active');
      const seen: string[] = [];
      for await (const { id } of instances.iterate({ name: `^${prefix}`, limit: 2 })) seen.push(id);
      expect(seen.toSorted()).toEqual(ids.toSorted());
      for (const id of ids) await instances.delete(id);
      for (const id of ids) await instances.waitUntil(id, 'deleted');
    });

    test('an invalid field is named in the error', async () => {
      const { instances } = await client();
      const wrong = instances.create({ name: '', flavor_id: 'm1.tiny', image_id: IMAGE });
      await expect(wrong).rejects.toMatchObject({
        code: 'badRequest',
        details: [{ field: 'name', message: 'must not be empty' }],
      });
    });
  });
}
