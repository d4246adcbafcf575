import { describe, expect, it } from 'vitest';
import { asCustomer, bootServer, createTestSandbox } from '../../../test/support/sandbox-client.ts';

const NONE = '11111111-1111-4111-8111-111111111111';

async function world() {
  const { sandbox, acme, globex, wait } = createTestSandbox();
  const send = await asCustomer(sandbox, acme);
  const foreign = await asCustomer(sandbox, globex);
  const at = `/volume/v3/${acme.projectId}`;
  const image = sandbox.images['ubuntu-22.04-amd64'];
  const make = async (volume: object = { size: 1 }) =>
    (await send('POST', `${at}/volumes`, { volume })).body.volume.id;
  const show = async (id: string) => (await send('GET', `${at}/volumes/${id}`)).body.volume;
  const boot = async (more = {}) => {
    const id = await bootServer(send, sandbox, acme, more);
    wait(1500);
    return id;
  };
  const server = async (id: string) => (await send('GET', `/compute/v2.1/servers/${id}`)).body.server;
  return { sandbox, acme, globex, wait, send, foreign, at, image, make, show, boot, server };
}

describe('a volume', () => {
  it('is creating, then available, grows, and is gone some time after its deletion', async () => {
    const { send, at, make, show, wait } = await world();
    const id = await make({ size: 1, name: 'data' });
    expect(await show(id)).toMatchObject({ status: 'creating', size: 1, bootable: 'false', attachments: [] });
    wait(200);
    expect((await send('POST', `${at}/volumes/${id}/action`, { 'os-extend': { new_size: 3 } })).status).toBe(
      202,
    );
    expect((await show(id)).status).toBe('extending');
    wait(200);
    expect(await show(id)).toMatchObject({ status: 'available', size: 3 });
    expect((await send('DELETE', `${at}/volumes/${id}`)).status).toBe(202);
    expect((await show(id)).status).toBe('deleting');
    wait(200);
    expect((await send('GET', `${at}/volumes/${id}`)).status).toBe(404);
  });

  it('of an image can be booted from; a snapshot keeps it from being deleted', async () => {
    const { send, at, make, show, wait, image } = await world();
    const id = await make({ size: 1, imageRef: image });
    wait(500);
    expect(await show(id)).toMatchObject({
      bootable: 'true',
      volume_image_metadata: { image_id: image, image_name: 'ubuntu-22.04-amd64' },
    });
    const { snapshot } = (await send('POST', `${at}/snapshots`, { snapshot: { volume_id: id } })).body;
    wait(200);
    const refused = await send('DELETE', `${at}/volumes/${id}`);
    expect([refused.status, refused.body.badRequest.message]).toEqual([
      400,
      expect.stringContaining('have snapshots'),
    ]);
    const copy = await make({ snapshot_id: snapshot.id });
    wait(200);
    expect(await show(copy)).toMatchObject({ bootable: 'true', size: 1, snapshot_id: snapshot.id });
    await send('DELETE', `${at}/snapshots/${snapshot.id}`);
    wait(200);
    expect((await send('DELETE', `${at}/volumes/${id}`)).status).toBe(202);
  });

  it('of another project is like one that does not exist', async () => {
    const { foreign, globex, make, send, at, show } = await world();
    const id = await make();
    const theirs = `/volume/v3/${globex.projectId}`;
    const message = `Volume ${id} could not be found.`;
    for (const [method, path, body] of [
      ['GET', `/volumes/${id}`],
      ['DELETE', `/volumes/${id}`],
      ['PUT', `/volumes/${id}`, { volume: { name: 'x' } }],
      ['POST', `/volumes/${id}/action`, { 'os-extend': { new_size: 2 } }],
      ['POST', '/snapshots', { snapshot: { volume_id: id } }],
    ] as const) {
      const reply = await foreign(method, theirs + path, body);
      expect([reply.status, reply.body]).toEqual([404, { itemNotFound: { code: 404, message } }]);
    }
    expect((await foreign('GET', `${at}/volumes`)).body.badRequest.message).toBe('Malformed request url');
    expect((await foreign('GET', `${theirs}/volumes/detail`)).body.volumes).toEqual([]);
    expect((await send('GET', `${at}/volumes`)).body.volumes).toHaveLength(1);
    expect((await show(id)).name).toBeNull();
  });

  it.each([
    [
      {},
      400,
      'The server could not comply with the request since it is either malformed or otherwise incorrect.',
    ],
    [{ size: 0 }, 400, 'Invalid input for field/attribute size. Value: 0. 0 is less than the minimum of 1'],
    [{ size: 'x' }, 400, "Invalid input for field/attribute size. Value: x. 'x' does not match '^[0-9]+$'"],
    [{ size: 1, volume_type: 'no' }, 404, 'Volume type with name no could not be found.'],
    [{ size: 1, availability_zone: 'no' }, 400, "Availability zone 'no' is invalid."],
    [{ size: 1, imageRef: NONE }, 400, 'Invalid image identifier or unable to access requested image.'],
    [{ size: 1, snapshot_id: NONE }, 404, `Snapshot ${NONE} could not be found.`],
    [
      { size: 1, name: 'a'.repeat(256) },
      400,
      'Invalid input received: name has 256 characters, more than 255.',
    ],
    [
      { size: 2000 },
      413,
      'VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested 2000G, quota is 1000G and 0G has been consumed.',
    ],
  ])('%j is refused with %i', async (volume, status, message) => {
    const { send, at } = await world();
    const reply = await send('POST', `${at}/volumes`, { volume });
    expect([reply.status, Object.values(reply.body)[0]]).toMatchObject([status, { code: status, message }]);
  });

  it('the eleventh is one too many', async () => {
    const { send, at, make } = await world();
    for (let count = 0; count < 10; count++) await make();
    const reply = await send('POST', `${at}/volumes`, { volume: { size: 1 } });
    expect([reply.status, reply.headers.get('Retry-After'), reply.body.overLimit.message]).toEqual([
      413,
      '0',
      "VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded for quota 'volumes'.",
    ]);
    const quota = await send('GET', `${at}/os-quota-sets/${at.split('/').at(-1)}?usage=True`);
    expect(quota.body.quota_set.gigabytes).toEqual({ limit: 1000, in_use: 10, reserved: 0 });
  });

  it('pages as Cinder does, newest first', async () => {
    const { send, at, make, wait } = await world();
    const first = await make();
    wait(1000);
    const second = await make();
    const page = (await send('GET', `${at}/volumes?limit=1`)).body;
    expect(page.volumes[0].id).toBe(second);
    const { pathname, search } = new URL(page.volumes_links[0].href);
    expect((await send('GET', pathname + search)).body.volumes[0].id).toBe(first);
    expect((await send('GET', `${at}/volumes?marker=${NONE}`)).status).toBe(404);
  });
});

describe('a volume of a server', () => {
  it('is reserved, in use with its device, detaching, and available again', async () => {
    const { send, make, show, boot, server, wait } = await world();
    const volumeId = await make();
    const id = await boot();
    const path = `/compute/v2.1/servers/${id}/os-volume_attachments`;
    const attached = await send('POST', path, { volumeAttachment: { volumeId } });
    expect(attached.body.volumeAttachment).toEqual({
      id: volumeId,
      volumeId,
      serverId: id,
      device: '/dev/sdb',
      tag: null,
      delete_on_termination: false,
    });
    expect((await show(volumeId)).status).toBe('reserved');
    const again = await send('POST', path, { volumeAttachment: { volumeId } });
    expect([again.status, again.body.badRequest.message]).toEqual([
      400,
      `Invalid volume: volume ${volumeId} is already attached to instances: ${id}`,
    ]);
    wait(300);
    expect(await show(volumeId)).toMatchObject({
      status: 'in-use',
      attachments: [{ server_id: id, device: '/dev/sdb' }],
    });
    expect((await server(id))['os-extended-volumes:volumes_attached']).toEqual([
      { id: volumeId, delete_on_termination: false },
    ]);
    expect((await send('DELETE', `${path}/${volumeId}`)).status).toBe(202);
    expect((await send('DELETE', `${path}/${volumeId}`)).status).toBe(400);
    wait(300);
    expect(await show(volumeId)).toMatchObject({ status: 'available', attachments: [] });
    const gone = await send('DELETE', `${path}/${volumeId}`);
    expect([gone.status, gone.body.itemNotFound.message]).toEqual([
      404,
      `Instance ${id} is not attached to volume ${volumeId}`,
    ]);
  });

  it('of another project cannot be attached or booted from', async () => {
    const { send, foreign, globex, boot, wait, acme } = await world();
    const theirs = await foreign('POST', `/volume/v3/${globex.projectId}/volumes`, { volume: { size: 1 } });
    wait(200);
    const volumeId = theirs.body.volume.id;
    const id = await boot();
    const path = `/compute/v2.1/servers/${id}/os-volume_attachments`;
    expect((await send('POST', path, { volumeAttachment: { volumeId } })).status).toBe(404);
    const device = { boot_index: 0, uuid: volumeId, source_type: 'volume', destination_type: 'volume' };
    const server = {
      name: 'x',
      flavorRef: 'm1.tiny',
      networks: [{ uuid: acme.networkId }],
      block_device_mapping_v2: [device],
    };
    const reply = await send('POST', '/compute/v2.1/servers', { server });
    expect(reply.body.badRequest.message).toBe(
      `Block Device Mapping is Invalid: failed to get volume ${volumeId}.`,
    );
  });

  it('to boot from is made of the image and goes with the server', async () => {
    const { send, at, boot, server, image, show, wait } = await world();
    const id = await boot({
      imageRef: undefined,
      block_device_mapping_v2: [
        {
          boot_index: 0,
          uuid: image,
          source_type: 'image',
          destination_type: 'volume',
          volume_size: 2,
          delete_on_termination: true,
        },
      ],
    });
    const booted = await server(id);
    expect(booted).toMatchObject({ status: 'ACTIVE', image: '' });
    const [{ id: volumeId }] = booted['os-extended-volumes:volumes_attached'];
    expect(await show(volumeId)).toMatchObject({ status: 'in-use', size: 2, bootable: 'true', name: '' });
    const path = `/compute/v2.1/servers/${id}`;
    const detach = await send('DELETE', `${path}/os-volume_attachments/${volumeId}`);
    expect(detach.body.badRequest.message).toBe('Cannot detach a root device volume');
    const other = await send('POST', `${path}/action`, { rebuild: { imageRef: NONE } });
    expect(other.status).toBe(400);
    await send('DELETE', path);
    wait(1000);
    expect((await send('GET', `${at}/volumes/${volumeId}`)).status).toBe(404);
  });

  it('to boot from that exceeds the quota ends the boot in ERROR', async () => {
    const { boot, server, image, send, at } = await world();
    const device = {
      boot_index: 0,
      uuid: image,
      source_type: 'image',
      destination_type: 'volume',
      volume_size: 5000,
    };
    const id = await boot({ imageRef: undefined, block_device_mapping_v2: [device] });
    expect(await server(id)).toMatchObject({
      status: 'ERROR',
      fault: { message: expect.stringContaining('VolumeSizeExceedsAvailableQuota') },
    });
    expect((await send('GET', `${at}/volumes`)).body.volumes).toEqual([]);
  });

  it('becomes a snapshot with the image of its server, and a server of that image boots from a copy', async () => {
    const { boot, server, image, send, at, wait } = await world();
    const device = {
      boot_index: 0,
      uuid: image,
      source_type: 'image',
      destination_type: 'volume',
      volume_size: 2,
    };
    const id = await boot({ imageRef: undefined, block_device_mapping_v2: [device] });
    const made = await send('POST', `/compute/v2.1/servers/${id}/action`, { createImage: { name: 'copy' } });
    wait(500);
    expect((await send('GET', `/image/v2/images/${made.body.image_id}`)).body).toMatchObject({
      status: 'active',
      size: 0,
      bdm_v2: 'True',
    });
    expect((await send('GET', `${at}/snapshots`)).body.snapshots).toHaveLength(1);
    const copy = await server(await boot({ name: 'second', imageRef: made.body.image_id }));
    expect(copy).toMatchObject({ status: 'ACTIVE', image: { id: made.body.image_id } });
    expect(copy['os-extended-volumes:volumes_attached']).toHaveLength(1);
  });
});
