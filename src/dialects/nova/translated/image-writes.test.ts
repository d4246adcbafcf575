import { describe, expect, test, vi } from 'vitest';
import { IMAGE_ID, novaApp } from '../../../../test/support/nova-app.ts';
import type { Image } from '../../../compute/model.ts';

const IMAGE: Image = {
  id: IMAGE_ID,
  name: 'web',
  status: 'queued',
  visibility: 'shared',
  projectId: 'p',
  diskFormat: 'raw',
  containerFormat: 'bare',
  tags: ['a', 'b'],
  size: null,
  minDisk: 0,
  minRam: 0,
  created: '2026-02-12T09:14:22Z',
  updated: '2026-02-12T09:14:22Z',
};
const NEW = { name: 'web', disk_format: 'raw', container_format: 'bare' };
const PATH = `/image/v2/images/${IMAGE_ID}`;
const PATCH = { 'content-type': 'application/openstack-images-v2.1-json-patch' };

function app() {
  const createImage = vi.fn(async () => IMAGE);
  const updateImage = vi.fn(async () => IMAGE);
  const deleteImage = vi.fn(async () => {});
  const data: string[] = [];
  const made = novaApp({
    createImage,
    updateImage,
    deleteImage,
    getImage: async () => IMAGE,
    async uploadImage(_, stream) {
      for await (const part of stream) data.push(new TextDecoder().decode(part));
    },
  });
  const patch = (operations: unknown, headers = PATCH) =>
    made.call(`PATCH ${PATH}`, JSON.stringify(operations), headers);
  return { ...made, patch, createImage, updateImage, deleteImage, data };
}

test('an image is created as openstacksdk asks for it', async () => {
  const { call, createImage } = app();
  const { status, json } = await call('POST /image/v2/images', {
    ...NEW,
    visibility: 'private',
    tags: ['b', 'b'],
    protected: false,
    min_disk: 0,
    'owner_specified.openstack.md5': '',
    'owner_specified.openstack.sha256': '',
    'owner_specified.openstack.object': 'images/web',
  });
  expect([status, json]).toEqual([
    201,
    expect.objectContaining({ id: IMAGE_ID, owner: 'p', disk_format: 'raw', tags: ['a', 'b'] }),
  ]);
  expect(createImage).toHaveBeenCalledExactlyOnceWith({
    name: 'web',
    diskFormat: 'raw',
    containerFormat: 'bare',
    visibility: 'private',
    tags: ['b'],
  });
});

test.each([
  ['protected', true],
  ['min_disk', 1],
  ['os_distro', 'debian'],
  ['owner', 'x'],
  ['id', IMAGE_ID],
])('an image with %s is 501 by name, and nothing is created', async (member, value) => {
  const { status, json } = await app().call('POST /image/v2/images', { ...NEW, [member]: value });
  expect([status, json.message]).toEqual([501, expect.stringContaining(`an image with ${member}`)]);
});

test.each([
  [{}],
  [{ ...NEW, name: 7 }],
  [{ ...NEW, name: undefined }],
  [{ ...NEW, disk_format: null }],
  [{ ...NEW, visibility: 'x' }],
  [{ ...NEW, tags: [''] }],
])('a new image as %j is 400', async (body) => {
  const { call, createImage } = app();
  expect((await call('POST /image/v2/images', body)).status).toBe(400);
  expect(createImage).not.toHaveBeenCalled();
});

describe('a JSON patch', () => {
  test('changes name, visibility and tags', async () => {
    const { patch, updateImage } = app();
    const { status } = await patch([
      { op: 'replace', path: '/name', value: 'x' },
      { op: 'add', path: '/visibility', value: 'private' },
      { op: 'replace', path: '/tags', value: ['c'] },
    ]);
    expect(status).toBe(200);
    const change = { name: 'x', visibility: 'private', tags: ['c'] };
    expect(updateImage).toHaveBeenCalledExactlyOnceWith(IMAGE_ID, change);
  });

  test.each([
    [{ op: 'replace', path: '/protected', value: true }, 501],
    [{ op: 'add', path: '/os_distro', value: 'x' }, 501],
    [{ op: 'remove', path: '/tags' }, 501],
    [{ op: 'replace', path: '/tags/0', value: 'x' }, 501],
    [{ op: 'move', path: '/name' }, 400],
    [{ op: 'replace', path: '/name', value: 7 }, 400],
    [{ op: 'replace', path: '/visibility', value: 'x' }, 400],
    [{ op: 'replace' }, 400],
    ['x', 400],
  ])('as %j is refused', async (operation, expected) => {
    const { patch, updateImage } = app();
    expect((await patch([operation])).status).toBe(expected);
    expect(updateImage).not.toHaveBeenCalled();
  });

  test('needs its media type and a list', async () => {
    const { patch } = app();
    expect((await patch([], { 'content-type': 'application/json' })).status).toBe(415);
    expect((await patch({ name: 'x' })).status).toBe(400);
  });
});

test('data is streamed to the cloud; another type is 415', async () => {
  const { call, data } = app();
  const bytes = { 'content-type': 'application/octet-stream' };
  expect((await call(`PUT ${PATH}/file`, 'abc', bytes)).status).toBe(204);
  expect(data.join('')).toBe('abc');
  expect((await call(`PUT ${PATH}/file`, 'abc')).status).toBe(415);
  expect((await call(`PUT ${PATH}/file`, undefined, bytes)).status).toBe(400);
});

test('single tags are added and removed; a missing one is 404', async () => {
  const { call, updateImage } = app();
  expect((await call(`PUT ${PATH}/tags/c%20d`)).status).toBe(204);
  expect(updateImage).toHaveBeenLastCalledWith(IMAGE_ID, { tags: ['a', 'b', 'c d'] });
  expect((await call(`DELETE ${PATH}/tags/a`)).status).toBe(204);
  expect(updateImage).toHaveBeenLastCalledWith(IMAGE_ID, { tags: ['b'] });
  expect((await call(`DELETE ${PATH}/tags/z`)).status).toBe(404);
});

test('an image is deleted; what is no id is 404', async () => {
  const { call, deleteImage } = app();
  expect((await call(`DELETE ${PATH}`)).status).toBe(204);
  expect(deleteImage).toHaveBeenCalledExactlyOnceWith(IMAGE_ID);
  expect((await call('DELETE /image/v2/images/x')).status).toBe(404);
});
