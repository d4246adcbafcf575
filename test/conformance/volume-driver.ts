import { describe, expect, test } from 'vitest';
import type { Cloud } from '../../src/compute/cloud.ts';
import type { NewVolume } from '../../src/compute/volumes.ts';
import { type Customer, IMAGE, type Target } from './target.ts';

const NONE = '11111111-1111-4111-8111-111111111111';
const EMPTY: NewVolume = {
  name: 'conf-driver',
  sizeGb: 1,
  description: null,
  volumeType: null,
  availabilityZone: null,
  imageId: null,
  snapshotId: null,
};

/** A test takes longer than a request. */
const PATIENCE_MS = 300_000;
const patient = (customer: Customer): Cloud => customer.cloud().detached(PATIENCE_MS);

/** What use cases rely on in the driver's volumes: codes of refusals, states, the project. */
export function volumeDriverConformance(target: () => Target): void {
  describe('volumes of the driver', () => {
    const status = (cloud: Cloud, id: string, wanted: string) =>
      expect.poll(async () => (await cloud.getVolume(id)).status, { timeout: 30_000 }).toBe(wanted);
    const gone = (cloud: Cloud, id: string) =>
      expect.poll(() => cloud.getVolume(id).catch(({ code }) => code), { timeout: 30_000 }).toBe('not_found');
    const make = async (cloud: Cloud, wanted: Partial<NewVolume> = {}) => {
      const { id } = await cloud.createVolume({ ...EMPTY, ...wanted });
      await status(cloud, id, 'available');
      return id;
    };

    test(
      'a volume changes, grows, and is deleted once, however often',
      async () => {
        const cloud = patient(target().acme);
        const id = await make(cloud, { description: 'data' });
        expect(await cloud.getVolume(id)).toEqual({
          id,
          name: 'conf-driver',
          description: 'data',
          sizeGb: 1,
          status: 'available',
          volumeType: '__DEFAULT__',
          isBootable: false,
          availabilityZone: 'nova',
          snapshotId: null,
          imageId: null,
          attachments: [],
          created: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        });
        expect(await cloud.updateVolume(id, { name: 'conf-other' })).toMatchObject({
          name: 'conf-other',
          description: 'data',
        });
        await expect(cloud.extendVolume(id, 1)).rejects.toMatchObject({ code: 'invalid' });
        await expect(cloud.extendVolume(id, 100_000)).rejects.toMatchObject({ code: 'quota_exceeded' });
        await cloud.extendVolume(id, 2);
        await status(cloud, id, 'available');
        expect((await cloud.listVolumes()).find((volume) => volume.id === id)?.sizeGb).toBe(2);
        await cloud.deleteVolume(id);
        await cloud.deleteVolume(id).catch(({ code }) => expect(code).toBe('not_found'));
        await gone(cloud, id);
      },
      PATIENCE_MS,
    );

    test(
      'a snapshot keeps its volume, and becomes another volume',
      async () => {
        const cloud = patient(target().acme);
        const volumeId = await make(cloud);
        const { id } = await cloud.createVolumeSnapshot({ name: 'conf-snap', volumeId, description: null });
        await expect
          .poll(async () => (await cloud.getVolumeSnapshot(id)).status, { timeout: 30_000 })
          .toBe('available');
        expect(await cloud.listVolumeSnapshots()).toContainEqual(await cloud.getVolumeSnapshot(id));
        await expect(cloud.deleteVolume(volumeId)).rejects.toMatchObject({ code: 'conflict' });
        const copy = await make(cloud, { snapshotId: id });
        expect(await cloud.getVolume(copy)).toMatchObject({ snapshotId: id, sizeGb: 1 });
        await cloud.deleteVolume(copy);
        await cloud.deleteVolumeSnapshot(id);
        await expect
          .poll(() => cloud.getVolumeSnapshot(id).catch(({ code }) => code), { timeout: 30_000 })
          .toBe('not_found');
        await cloud.deleteVolume(volumeId);
        await gone(cloud, volumeId);
      },
      PATIENCE_MS,
    );

    test(
      'an attached volume has a device, refuses deletion, and grows',
      async () => {
        const acme = await target().acme.client();
        const cloud = patient(target().acme);
        const volumeId = await make(cloud);
        const instance = await acme.boot({
          name: 'conf-volumes',
          flavor_id: 'm1.tiny',
          image_id: IMAGE,
          networks: [target().acme.networkId],
        });
        await cloud.attachVolume(instance.id, volumeId);
        await status(cloud, volumeId, 'in-use');
        const { attachments } = await cloud.getVolume(volumeId);
        expect(attachments).toEqual([{ instanceId: instance.id, device: '/dev/sdb' }]);
        expect(await cloud.listInstanceVolumes(instance.id)).toEqual([
          { id: volumeId, device: '/dev/sdb', deleteWithInstance: false },
        ]);
        await cloud.extendVolume(volumeId, 2);
        await status(cloud, volumeId, 'in-use');
        expect((await cloud.getVolume(volumeId)).sizeGb).toBe(2);
        await expect(cloud.attachVolume(instance.id, volumeId)).rejects.toMatchObject({ code: 'conflict' });
        await expect(cloud.deleteVolume(volumeId)).rejects.toMatchObject({ code: 'conflict' });
        const { id } = await cloud.createVolumeSnapshot({ name: 'conf-live', volumeId, description: null });
        await expect
          .poll(async () => (await cloud.getVolumeSnapshot(id)).status, { timeout: 30_000 })
          .toBe('available');
        await cloud.deleteVolumeSnapshot(id);
        await cloud.detachVolume(instance.id, volumeId);
        await status(cloud, volumeId, 'available');
        await expect
          .poll(() => cloud.detachVolume(instance.id, volumeId).catch(({ code }) => code), {
            timeout: 30_000,
          })
          .toBe('not_found');
        await acme.remove(instance.id);
        await cloud.deleteVolume(volumeId).catch(({ code }) => expect(code).toBe('conflict'));
        await expect
          .poll(() => cloud.deleteVolume(volumeId).catch(({ code }) => code), { timeout: 30_000 })
          .toBe('not_found');
      },
      PATIENCE_MS,
    );

    test(
      "what does not exist, and what is another project's, is not found or invalid",
      async () => {
        const [cloud, foreign] = [patient(target().acme), patient(target().globex)];
        const id = await make(cloud);
        for (const volumeId of [id, NONE]) {
          for (const call of [
            () => foreign.getVolume(volumeId),
            () => foreign.updateVolume(volumeId, { name: 'x' }),
            () => foreign.deleteVolume(volumeId),
            () => foreign.extendVolume(volumeId, 5),
            () => foreign.createVolumeSnapshot({ name: 'x', volumeId, description: null }),
          ]) {
            await expect(call()).rejects.toMatchObject({
              code: 'not_found',
              message: `Volume ${volumeId} could not be found.`,
            });
          }
        }
        for (const wrong of [
          { volumeType: 'none' },
          { snapshotId: NONE },
          { imageId: NONE },
          { availabilityZone: 'x' },
        ])
          await expect(cloud.createVolume({ ...EMPTY, ...wrong })).rejects.toMatchObject({ code: 'invalid' });
        await expect(cloud.createVolume({ ...EMPTY, sizeGb: 100_000 })).rejects.toMatchObject({
          code: 'quota_exceeded',
        });
        expect(await foreign.listVolumes()).not.toContainEqual(expect.objectContaining({ id }));
        expect((await cloud.quotas()).volumes).toMatchObject({ limit: 10, used: expect.any(Number) });
        await cloud.deleteVolume(id);
        await gone(cloud, id);
      },
      PATIENCE_MS,
    );
  });
}
