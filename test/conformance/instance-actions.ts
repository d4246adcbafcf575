import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReduClient } from '../support/redu-client.ts';
import { IMAGE, OTHER_IMAGE, type Target } from './target.ts';

export function instanceActionConformance(target: () => Target): void {
  describe('actions', () => {
    let acme: ReduClient;
    let id: string;
    beforeAll(async () => {
      acme = await target().acme.client();
      id = (await acme.boot({ name: 'conf-actions', flavor_id: 'm1.tiny', image_id: IMAGE })).id;
    });
    afterAll(() => acme.remove(id));

    /** Runs an action, expects it to be accepted, and waits for the state it leads to. */
    const reach = async (state: string, action: string, rest: object = {}) => {
      const { status, body } = await acme.act(id, action, rest);
      expect([status, body], action).toEqual([202, expect.any(Object)]);
      return acme.until(id, (instance) => instance.state === state);
    };

    test('stop and start; a stopped instance rejects stop with 409', async () => {
      await reach('stopped', 'stop');
      const again = await acme.act(id, 'stop');
      expect(again.status).toBe(409);
      expect(again.body.error).toEqual({
        code: 'conflictingRequest',
        message: expect.stringContaining('vm_state stopped'),
      });
      expect((await acme.act(id, 'pause')).status).toBe(409);
      expect((await acme.act(id, 'reboot')).status).toBe(409);
      await reach('active', 'start');
    });

    test('soft and hard reboot', async () => {
      const soft = await acme.act(id, 'reboot', { type: 'soft' });
      expect(soft.status).toBe(202);
      await acme.until(id, ({ state }) => state === 'active');
      const hard = await acme.act(id, 'reboot', { type: 'HARD' });
      expect(hard.status).toBe(202);
      await acme.until(id, ({ state }) => state === 'active');
    });

    test('pause and unpause, suspend and resume', async () => {
      await reach('paused', 'pause');
      await reach('active', 'unpause');
      await reach('suspended', 'suspend');
      await reach('active', 'resume');
    });

    test('resize and confirm; resize and revert', async () => {
      const resized = await reach('resized', 'resize', { flavor_id: 'm1.small' });
      expect(resized.flavor_id).toBe('m1.small');
      expect((await acme.act(id, 'resize', { flavor_id: 'm1.medium' })).status).toBe(409);
      await reach('active', 'confirm_resize');
      expect((await acme.act(id, 'confirm_resize')).status).toBe(409);
      await reach('resized', 'resize', { flavor_id: 'm1.medium' });
      const reverted = await reach('active', 'revert_resize');
      expect(reverted.flavor_id).toBe('m1.small');
      const same = await acme.act(id, 'resize', { flavor_id: 'm1.small' });
      expect([same.status, same.body.error.code]).toEqual([400, 'badRequest']);
      expect((await acme.act(id, 'resize', { flavor_id: 'm1.nothing' })).status).toBe(400);
    });

    test('snapshot returns the image, which becomes active', async () => {
      const { status, body } = await acme.act(id, 'snapshot', {
        name: 'conf-snapshot',
        metadata: { from: 'conf' },
      });
      expect(status).toBe(202);
      expect(body).toEqual({ image_id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
      await acme.until(id, () => true);
      const deadline = Date.now() + 30_000;
      for (;;) {
        const images = (await acme.get('/v1/images')).body.items;
        const image = images.find((candidate: { id: string }) => candidate.id === body.image_id);
        if (image?.status === 'active') {
          expect(image).toMatchObject({ name: 'conf-snapshot', visibility: 'private' });
          break;
        }
        expect(Date.now(), `image is ${image?.status}`).toBeLessThan(deadline);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      await target().acme.openStack.image('DELETE', `/images/${body.image_id}`);
      await acme.until(id, ({ state }) => state === 'active');
    });

    test('rebuild from another image', async () => {
      const before = await acme.until(id, ({ state }) => state === 'active');
      expect((await acme.act(id, 'rebuild', { image_id: OTHER_IMAGE })).status).toBe(202);
      const rebuilt = await acme.until(
        id,
        (instance) => instance.state === 'active' && instance.image_id !== before.image_id,
      );
      expect(rebuilt.name).toBe('conf-actions');
      expect((await acme.act(id, 'rebuild', { image_id: 'no-such-image' })).status).toBe(400);
    });

    test('a locked instance is 409 until it is unlocked', async () => {
      expect((await acme.act(id, 'lock')).status).toBe(202);
      expect((await acme.get(`/v1/instances/${id}`)).body.locked).toBe(true);
      const stop = await acme.act(id, 'stop');
      expect([stop.status, stop.body.error.message]).toEqual([409, expect.stringContaining('locked')]);
      expect((await acme.delete(`/v1/instances/${id}`)).status).toBe(409);
      expect((await acme.act(id, 'unlock')).status).toBe(202);
      expect((await acme.get(`/v1/instances/${id}`)).body.locked).toBe(false);
    });

    test('rescue returns its password once, unrescue restores', async () => {
      const { status, body } = await acme.act(id, 'rescue');
      expect([status, body]).toEqual([202, { admin_password: expect.any(String) }]);
      await acme.until(id, ({ state }) => state === 'rescued');
      await reach('active', 'unrescue');
    });

    test('shelve and unshelve', async () => {
      await reach('shelved', 'shelve');
      await acme.until(id, ({ status }) => status === 'SHELVED_OFFLOADED');
      expect((await acme.act(id, 'reboot', { type: 'hard' })).status).toBe(409);
      await reach('active', 'unshelve');
    });

    test('an unknown instance is 404', async () => {
      const response = await acme.act('00000000-0000-4000-8000-000000000000', 'stop');
      expect([response.status, response.body.error.code]).toEqual([404, 'itemNotFound']);
    });
  });
}
