import { beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import type { ReduClient } from '../support/redu-client.ts';
import { IMAGE, type Target } from './target.ts';

const SLOW = { timeout: 30_000 };
const NONE = '11111111-1111-4111-8111-111111111111';

/** Volumes as customers of the redu dialect have them. */
export function volumeConformance(target: () => Target): void {
  describe('volumes', () => {
    let acme: ReduClient;
    beforeAll(async () => {
      acme = await target().acme.client();
    });

    /** On a given network, since other suites make further ones. */
    const from = (source: object = { image_id: IMAGE }, { networkId } = target().acme) => ({
      flavor_id: 'm1.tiny',
      network_id: networkId,
      ...source,
    });
    const volumes = () => createClient({ baseUrl: acme.url, apiKey: acme.key }).volumes;
    const make = async (body: object) => {
      const { status, body: made } = await acme.post('/v1/volumes', { size_gb: 1, ...body });
      expect([status, made]).toEqual([202, expect.objectContaining({ id: expect.any(String) })]);
      await volumes().waitUntil(made.id, 'available');
      return made.id as string;
    };
    const remove = async (id: string) => {
      await expect.poll(async () => (await acme.delete(`/v1/volumes/${id}`)).status, SLOW).toBe(204);
      await volumes().waitUntil(id, 'deleted');
    };

    test('a volume is made, changed, extended and deleted', async () => {
      const id = await make({ name: 'conf-data' });
      const { status, body } = await acme.get(`/v1/volumes/${id}`);
      expect([status, body]).toEqual([
        200,
        {
          id,
          name: 'conf-data',
          description: '',
          size_gb: 1,
          status: 'available',
          volume_type: expect.any(String),
          bootable: false,
          availability_zone: 'nova',
          snapshot_id: null,
          image_id: null,
          attachments: [],
          created: expect.stringMatching(/Z$/),
        },
      ]);
      expect((await acme.get('/v1/volumes')).body.items).toContainEqual(body);
      const changed = await acme.patch(`/v1/volumes/${id}`, { name: 'conf-more', description: 'Shop' });
      expect([changed.status, changed.body]).toEqual([
        200,
        { ...body, name: 'conf-more', description: 'Shop' },
      ]);
      const extend = (size_gb: number) =>
        acme.post(`/v1/volumes/${id}/actions`, { action: 'extend', size_gb });
      expect((await extend(1)).status).toBe(400);
      expect((await extend(2)).status).toBe(202);
      await expect.poll(async () => (await acme.get(`/v1/volumes/${id}`)).body.size_gb, SLOW).toBe(2);
      await volumes().waitUntil(id, 'available');
      expect((await extend(100_000)).status).toBe(413);
      await remove(id);
      expect((await acme.delete(`/v1/volumes/${id}`)).status).toBe(404);
    });

    test('a volume from an image is bootable, one from a snapshot has its data', async () => {
      const id = await make({ name: 'conf-image', image_id: IMAGE });
      const { body } = await acme.get(`/v1/volumes/${id}`);
      expect(body).toMatchObject({ bootable: true, image_id: expect.any(String) });
      const snapshot = await acme.post('/v1/volume_snapshots', { name: 'conf-snap', volume_id: id });
      expect([snapshot.status, snapshot.body]).toMatchObject([
        202,
        { name: 'conf-snap', volume_id: id, size_gb: 1, description: '' },
      ]);
      const path = `/v1/volume_snapshots/${snapshot.body.id}`;
      await expect.poll(async () => (await acme.get(path)).body.status, SLOW).toBe('available');
      const { items } = (await acme.get('/v1/volume_snapshots')).body;
      expect(items).toContainEqual((await acme.get(path)).body);
      expect((await acme.delete(`/v1/volumes/${id}`)).status).toBe(409);
      const copy = await make({ name: 'conf-copy', snapshot_id: snapshot.body.id });
      expect((await acme.get(`/v1/volumes/${copy}`)).body).toMatchObject({
        snapshot_id: snapshot.body.id,
        bootable: true,
      });
      await remove(copy);
      expect((await acme.delete(path)).status).toBe(204);
      await expect.poll(async () => (await acme.get(path)).status, SLOW).toBe(404);
      await remove(id);
    });

    test('what does not exist is 400 in a body and 404 in a path', async () => {
      for (const reference of [{ image_id: NONE }, { snapshot_id: NONE }, { volume_type: 'conf-none' }]) {
        const { status, body } = await acme.post('/v1/volumes', { name: 'conf', size_gb: 1, ...reference });
        expect([status, body.error?.code], JSON.stringify(body)).toEqual([400, 'badRequest']);
      }
      const boot = await acme.post('/v1/instances', { name: 'conf', flavor_id: 'm1.tiny', volume_id: NONE });
      expect([boot.status, boot.body.error.details]).toEqual([
        400,
        [{ field: 'volume_id', message: `there is no volume ${NONE}` }],
      ]);
      for (const { status } of [
        await acme.get(`/v1/volumes/${NONE}`),
        await acme.delete(`/v1/volumes/${NONE}`),
        await acme.get(`/v1/volume_snapshots/${NONE}`),
        await acme.post('/v1/volume_snapshots', { name: 'conf', volume_id: NONE }),
      ])
        expect(status).toBe(404);
    });

    test('a volume is attached and detached, and the instance shows it', async () => {
      const id = await make({ name: 'conf-attached' });
      const instance = await acme.boot({ name: 'conf-with-volume', ...from() });
      expect(instance.volumes).toEqual([]);
      const attach = (volume_id: string) => acme.post(`/v1/instances/${instance.id}/volumes`, { volume_id });
      expect((await attach(id)).status).toBe(202);
      const shown = () => acme.get(`/v1/instances/${instance.id}`).then(({ body }) => body.volumes);
      const attached = { id, device: expect.stringMatching(/^\/dev\//), delete_with_instance: false };
      await expect.poll(shown, SLOW).toEqual([attached]);
      await volumes().waitUntil(id, 'in-use');
      expect((await acme.get(`/v1/volumes/${id}`)).body.attachments).toMatchObject([
        { instance_id: instance.id },
      ]);
      expect((await attach(id)).status).toBe(409);
      expect((await attach(NONE)).status).toBe(404);
      expect((await acme.delete(`/v1/volumes/${id}`)).status).toBe(409);
      const detach = () => acme.delete(`/v1/instances/${instance.id}/volumes/${id}`);
      expect((await detach()).status).toBe(202);
      await expect.poll(shown, SLOW).toEqual([]);
      await volumes().waitUntil(id, 'available');
      expect((await detach()).status).toBe(404);
      const history = (await acme.get(`/v1/instances/${instance.id}/actions`)).body.items;
      expect(history.map(({ action }: { action: string }) => action)).toEqual(
        expect.arrayContaining(['attach_volume', 'detach_volume']),
      );
      await acme.remove(instance.id);
      await remove(id);
    });

    test('an instance boots from a new volume, which goes with it', async () => {
      const instance = await acme.boot({
        name: 'conf-boot',
        ...from(),
        boot_volume: { size_gb: 2, delete_with_instance: true },
        metadata: { isPublic: true },
      });
      expect(instance).toMatchObject({
        image_id: null,
        metadata: { isPublic: 'true' },
        volumes: [{ id: expect.any(String), delete_with_instance: true }],
      });
      const [{ id }] = instance.volumes;
      expect((await acme.get(`/v1/volumes/${id}`)).body).toMatchObject({ size_gb: 2, bootable: true });
      await acme.remove(instance.id);
      await volumes().waitUntil(id, 'deleted');
    });

    test('an instance boots from a given volume, which survives it', async () => {
      const volume_id = await make({ name: 'conf-root', image_id: IMAGE });
      const instance = await acme.boot({ name: 'conf-from-volume', ...from({ volume_id }) });
      expect(instance).toMatchObject({
        image_id: null,
        volumes: [{ id: volume_id, delete_with_instance: false }],
      });
      await acme.remove(instance.id);
      await volumes().waitUntil(volume_id, 'available');
      await remove(volume_id);
    });

    test('quotas count volumes', async () => {
      const id = await make({ name: 'conf-counted' });
      const { volumes: count, gigabytes } = (await acme.get('/v1/quotas')).body;
      expect([count.used, gigabytes.used]).toEqual([expect.any(Number), expect.any(Number)]);
      expect(count.used).toBeGreaterThan(0);
      await remove(id);
    });

    test('volumes of another project are 404, and boot nothing', async () => {
      const globex = await target().globex.client();
      const id = await make({ name: 'conf-acmes', image_id: IMAGE });
      const snapshot = (await acme.post('/v1/volume_snapshots', { name: 'conf-acmes', volume_id: id })).body;
      const snapshotPath = `/v1/volume_snapshots/${snapshot.id}`;
      await expect.poll(async () => (await acme.get(snapshotPath)).body.status, SLOW).toBe('available');
      const own = await globex.boot({ name: 'conf-globex', ...from(undefined, target().globex) });
      for (const attempt of [
        () => globex.get(`/v1/volumes/${id}`),
        () => globex.patch(`/v1/volumes/${id}`, { name: 'mine' }),
        () => globex.delete(`/v1/volumes/${id}`),
        () => globex.post(`/v1/volumes/${id}/actions`, { action: 'extend', size_gb: 2 }),
        () => globex.post('/v1/volume_snapshots', { name: 'stolen', volume_id: id }),
        () => globex.get(snapshotPath),
        () => globex.delete(snapshotPath),
        () => globex.post(`/v1/instances/${own.id}/volumes`, { volume_id: id }),
        () => globex.delete(`/v1/instances/${own.id}/volumes/${id}`),
      ]) {
        const { status, body } = await attempt();
        expect([status, body.error?.code], attempt.toString()).toEqual([404, 'itemNotFound']);
      }
      const boot = { name: 'conf-thief', flavor_id: 'm1.tiny', volume_id: id, delete_with_instance: true };
      expect((await globex.post('/v1/instances', boot)).status).toBe(400);
      const copy = { name: 'conf-thief', size_gb: 1, snapshot_id: snapshot.id };
      expect((await globex.post('/v1/volumes', copy)).status).toBe(400);
      expect((await globex.get('/v1/volumes')).body.items).toEqual([]);
      expect((await acme.get(`/v1/volumes/${id}`)).body).toMatchObject({ name: 'conf-acmes', size_gb: 1 });
      await globex.remove(own.id);
      await acme.delete(snapshotPath);
      await expect.poll(async () => (await acme.get(snapshotPath)).status, SLOW).toBe(404);
      await remove(id);
    });
  });
}
