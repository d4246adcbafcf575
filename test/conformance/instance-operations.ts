import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReduClient } from '../support/redu-client.ts';
import { IMAGE, OTHER_IMAGE, type Target } from './target.ts';

export function instanceOperationConformance(target: () => Target): void {
  describe('history, console, password, backups', () => {
    let acme: ReduClient;
    let id: string;
    beforeAll(async () => {
      acme = await target().acme.client();
      id = (await acme.boot({ name: 'conf-operations', flavor_id: 'm1.tiny', image_id: IMAGE })).id;
    });
    afterAll(() => acme.remove(id));
    const history = async (query = '') => (await acme.get(`/v1/instances/${id}/actions${query}`)).body;
    const named = (entries: readonly { action: string }[]) => entries.map(({ action }) => action);

    test('the history has each accepted action, newest first, and none that was rejected', async () => {
      await acme.act(id, 'stop');
      await acme.until(id, ({ state }) => state === 'stopped');
      expect((await acme.act(id, 'pause')).status).toBe(409);
      await acme.act(id, 'start');
      await acme.until(id, ({ state }) => state === 'active');
      const { items, next_cursor } = await history();
      expect([named(items), next_cursor]).toEqual([['start', 'stop', 'create'], null]);
      for (const entry of items) {
        expect(entry).toEqual({
          id: expect.any(String),
          action: expect.any(String),
          started_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/),
          message: null,
          user_id: expect.any(String),
        });
      }
      const first = await history('?limit=2');
      expect(named(first.items)).toEqual(['start', 'stop']);
      expect(named((await history(`?limit=2&cursor=${first.next_cursor}`)).items)).toEqual(['create']);
    });

    test('the console log, whole or its last lines', async () => {
      const { status, body } = await acme.get(`/v1/instances/${id}/console_log`);
      expect([status, body]).toEqual([200, { output: expect.any(String) }]);
      const last = (await acme.get(`/v1/instances/${id}/console_log?lines=1`)).body.output;
      expect([last.split('\n').length, body.output.endsWith(last)]).toEqual([1, true]);
    });

    test('the console is a URL with a token of its own each time', async () => {
      const open = (body: object) => acme.post(`/v1/instances/${id}/console`, body);
      const [first, second] = [await open({}), await open({ type: 'novnc' })];
      for (const { status, body } of [first, second]) {
        expect([status, body]).toEqual([200, { type: 'novnc', url: expect.stringMatching(/^https?:\/\//) }]);
      }
      expect(first.body.url).not.toBe(second.body.url);
      const unavailable = await open({ type: 'serial' });
      expect([unavailable.status, unavailable.body.error.message]).toEqual([
        400,
        expect.stringContaining('serial'),
      ]);
    });

    test('a password can be set while it is active, and is in no history', async () => {
      const set = await acme.act(id, 'set_password', { admin_password: 'correct horse' });
      expect([set.status, set.body]).toEqual([202, {}]);
      await acme.until(id, ({ state }) => state === 'active');
      const { items } = await history('?limit=1');
      expect(named(items)).toEqual(['set_password']);
      expect(JSON.stringify(items)).not.toContain('correct horse');
    });

    test('backups of a type beyond the rotation are deleted, oldest first', async () => {
      const { openStack } = target().acme;
      const backUp = async (name: string) => {
        const { status, body } = await acme.act(id, 'backup', { name, type: 'conf', rotation: 2 });
        expect([status, body]).toEqual([202, { image_id: expect.stringMatching(/^[0-9a-f-]{36}$/) }]);
        await expect
          .poll(async () => (await openStack.image('GET', `/images/${body.image_id}`)).body.status, LONG)
          .toBe('active');
        await acme.until(id, ({ state }) => state === 'active');
        return body.image_id;
      };
      const ids: string[] = [];
      for (const name of ['conf-b1', 'conf-b2', 'conf-b3']) ids.push(await backUp(name));
      const left = async () => {
        const { images } = (await openStack.image('GET', '/images?limit=1000')).body;
        return ids.filter((image) => images.some((one: { id: string }) => one.id === image));
      };
      await expect.poll(left, LONG).toEqual(ids.slice(1));
      for (const image of ids.slice(1)) await openStack.image('DELETE', `/images/${image}`);
      expect(named((await history('?limit=1')).items)).toEqual(['backup']);
    });

    test('rescue with an image; an unknown one is 400 by field', async () => {
      const unknown = await acme.act(id, 'rescue', { image_id: 'no-such-image' });
      expect([unknown.status, unknown.body.error.details]).toEqual([
        400,
        [expect.objectContaining({ field: 'image_id' })],
      ]);
      const { status, body } = await acme.act(id, 'rescue', { image_id: OTHER_IMAGE });
      expect([status, body]).toEqual([202, { admin_password: expect.any(String) }]);
      await acme.until(id, ({ state }) => state === 'rescued');
      expect((await acme.act(id, 'set_password', { admin_password: 'x' })).status).toBe(409);
      await acme.act(id, 'unrescue');
      await acme.until(id, ({ state }) => state === 'active');
    });

    test('a resize with auto_confirm is confirmed by the gateway', async () => {
      const resize = await acme.act(id, 'resize', { flavor_id: 'm1.small', auto_confirm: true });
      expect([resize.status, resize.body]).toEqual([202, {}]);
      await acme.until(id, ({ state, flavor_id }) => state === 'active' && flavor_id === 'm1.small');
      expect(named((await history('?limit=2')).items)).toEqual(['confirm_resize', 'resize']);
    });

    test('unknown instances are 404', async () => {
      const path = '/v1/instances/00000000-0000-4000-8000-000000000000';
      const attempts = [
        acme.get(`${path}/actions`),
        acme.get(`${path}/console_log`),
        acme.post(`${path}/console`, {}),
      ];
      for (const { status, body } of await Promise.all(attempts)) {
        expect([status, body.error.code]).toEqual([404, 'itemNotFound']);
      }
    });
  });
}

const LONG = { timeout: 40_000, interval: 200 };
