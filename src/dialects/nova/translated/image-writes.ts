/**
 * Changes of images. What redu does not store of an image is refused by name.
 *
 * @module
 */

import * as z from 'zod';
import { ComputeError } from '../../../compute/errors.ts';
import { IMAGE_VISIBILITIES, type ImageChange } from '../../../compute/images.ts';
import { MAX_BODY_BYTES, parseJson, readBytes, readStream } from '../../../http/body.ts';
import { decode, decodeBody } from '../../../http/decode.ts';
import { name, shortText } from '../../../http/field-schemas.ts';
import { emptyResponse, type NovaCall, notFound, parseId, unsupported } from './call.ts';
import { imageView } from './images.ts';

const MAX_TAGS = 128;
const PATCH_TYPE = 'application/openstack-images-v2.1-json-patch';
/** Written by openstacksdk to recognize an upload; nothing else reads it. */
const SDK_PROPERTY = /^owner_specified\.openstack\.(?:md5|sha256|object)$/;
/** Members that are accepted with the value that every image of redu has. */
const FIXED: Readonly<Record<string, unknown>> = {
  protected: false,
  os_hidden: false,
  min_disk: 0,
  min_ram: 0,
};

const changeable = {
  name,
  visibility: z.enum(IMAGE_VISIBILITIES),
  tags: z
    .array(shortText)
    .max(MAX_TAGS)
    .transform((given) => [...new Set(given)]),
};
const newImageSchema = z.looseObject({
  name,
  disk_format: shortText,
  container_format: shortText,
  visibility: changeable.visibility.optional(),
  tags: changeable.tags.optional(),
});
const changeSchema = z.object(changeable).partial();
const patchSchema = z
  .array(
    z.object({
      op: z.enum(['add', 'replace', 'remove']),
      path: z.string().max(255),
      value: z.unknown().optional(),
    }),
  )
  .max(MAX_TAGS);

export async function createImage({ c, cloud }: NovaCall): Promise<Response> {
  const given = await decodeBody(c, newImageSchema);
  const { name: wanted, disk_format, container_format, visibility = null, tags = [], ...others } = given;
  const beyond = Object.keys(others).find((key) => others[key] !== FIXED[key] && !SDK_PROPERTY.test(key));
  if (beyond !== undefined) throw unsupported(`an image with ${beyond.slice(0, 255)}`);
  const image = {
    name: wanted,
    diskFormat: disk_format,
    containerFormat: container_format,
    visibility,
    tags,
  };
  return c.json(imageView(await cloud.createImage(image)), 201);
}

/** A JSON patch of whole members. */
export async function patchImage({ c, cloud }: NovaCall, segment = ''): Promise<Response> {
  const id = imageId(segment);
  const type = c.req.header('Content-Type') ?? '';
  if (type !== PATCH_TYPE)
    throw new ComputeError('unsupported_media_type', `Send the body as Content-Type: ${PATCH_TYPE}.`);
  const operations = decode(patchSchema, parseJson(await readBytes(c.req.raw, MAX_BODY_BYTES)));
  const members = operations.map(({ op, path, value }) => {
    const member = path.replace(/^\//, '');
    if (op === 'remove' || !(member in changeable)) throw unsupported(`${op} ${member} of an image`);
    return [member, value] as const;
  });
  const change: ImageChange = decode(changeSchema, Object.fromEntries(members));
  return c.json(imageView(await cloud.updateImage(id, change)));
}

export async function deleteImage(call: NovaCall, segment = ''): Promise<Response> {
  await call.cloud.deleteImage(imageId(segment));
  return emptyResponse(call, 204);
}

export async function uploadImage(call: NovaCall, segment = ''): Promise<Response> {
  await call.cloud.uploadImage(imageId(segment), readStream(call.c, call.requestBody));
  return emptyResponse(call, 204);
}

export async function addImageTag(call: NovaCall, segment = '', tag = ''): Promise<Response> {
  const id = imageId(segment);
  const { tags } = await call.cloud.getImage(id);
  const added = decode(changeSchema, { tags: [...tags, tag] });
  await call.cloud.updateImage(id, added);
  return emptyResponse(call, 204);
}

export async function deleteImageTag(call: NovaCall, segment = '', tag = ''): Promise<Response> {
  const id = imageId(segment);
  const { tags } = await call.cloud.getImage(id);
  if (!tags.includes(tag)) throw notFound('Tag', tag);
  await call.cloud.updateImage(id, { tags: tags.filter((one) => one !== tag) });
  return emptyResponse(call, 204);
}

function imageId(segment: string): string {
  return parseId(segment, 'Image');
}
