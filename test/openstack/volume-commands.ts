import { expect, vi } from 'vitest';
import { IMAGE } from '../conformance/target.ts';
import type { OpenStackCommands } from '../support/openstack-commands.ts';

const PATIENCE = { timeout: 120_000, interval: 500 };

/** What a customer does with volumes on the command line; nothing is left. */
export async function exerciseVolumes(commands: OpenStackCommands, prefix: string): Promise<void> {
  const [volume, server] = [`${prefix}-volume`, `${prefix}-server`];
  const show = () => commands.json(`volume show ${volume}`);
  const until = (status: string) => vi.waitUntil(async () => (await show()).status === status, PATIENCE);

  const created = await commands.json(`volume create --size 1 --description data ${volume}`);
  expect(created).toMatchObject({ name: volume, size: 1, description: 'data' });
  await until('available');
  expect(await commands.names('volume list')).toContain(volume);
  expect(await show()).toMatchObject({ id: created.id, bootable: 'false', type: '__DEFAULT__' });
  await commands.print(`volume set --size 2 ${volume}`);
  await until('available');
  expect((await show()).size).toBe(2);

  await commands.print(
    `server create --flavor m1.tiny --image ${IMAGE} --network acme-private --wait ${server}`,
  );
  await commands.print(`server add volume ${server} ${volume}`);
  await until('in-use');
  expect((await show()).attachments).toMatchObject([{ volume_id: created.id, device: '/dev/sdb' }]);
  expect((await commands.json(`server show ${server}`)).volumes_attached).toMatchObject([{ id: created.id }]);
  expect((await commands.run(`volume delete ${volume}`)).code).toBe(1);
  await commands.print(`server remove volume ${server} ${volume}`);
  await until('available');
  await commands.print(`server delete --wait ${server}`);

  const snapshot = `${prefix}-snapshot`;
  await commands.print(`volume snapshot create --volume ${volume} ${snapshot}`);
  await vi.waitUntil(
    async () => (await commands.json(`volume snapshot show ${snapshot}`)).status === 'available',
    PATIENCE,
  );
  expect(await commands.names('volume snapshot list')).toContain(snapshot);
  await commands.print(`volume snapshot delete ${snapshot}`);
  await vi.waitUntil(
    async () => !(await commands.names('volume snapshot list')).includes(snapshot),
    PATIENCE,
  );

  await commands.print(`volume delete ${volume}`);
  await vi.waitUntil(async () => !(await commands.names('volume list')).includes(volume), PATIENCE);
}

/** `server create --boot-from-volume`: the disk is a volume of the image, until the server goes. */
export async function exerciseBootFromVolume(commands: OpenStackCommands, prefix: string): Promise<void> {
  const server = `${prefix}-from-volume`;
  await commands.print(
    `server create --flavor m1.tiny --image ${IMAGE} --boot-from-volume 1 --network acme-private --wait ${server}`,
  );
  const shown = await commands.json(`server show ${server}`);
  expect(shown).toMatchObject({
    status: 'ACTIVE',
    image: expect.stringMatching(/^(N\/A \(booted from volume\))?$/),
  });
  const [{ id }] = shown.volumes_attached;
  const volume = await commands.json(`volume show ${id}`);
  expect(volume).toMatchObject({ size: 1, status: 'in-use', bootable: 'true' });
  await commands.print(`server delete --wait ${server}`);
  // The client leaves the volume to its owner.
  await vi.waitUntil(async () => (await commands.json(`volume show ${id}`)).status === 'available', PATIENCE);
  await commands.print(`volume delete ${id}`);
}
