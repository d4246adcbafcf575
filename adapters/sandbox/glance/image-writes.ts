/** @module Images: create, change, tag, delete. */

import { empty, Fault, type Fields, isFields, json, own, parseJson } from '../http.ts';
import { findImage, type GlanceCall, imageView } from './images.ts';
import { type Image, newImage } from './model.ts';
import { validate } from './schema.ts';

/** POST /v2/images */
export async function createImage(call: GlanceCall): Promise<Response> {
  const text = await call.request.text();
  if (text === '') throw new Fault(400, '', 'Body expected in request.');
  const given = parseJson(text);
  if (!isFields(given)) throw new Fault(400, '', 'Malformed JSON in request body.');
  validate(given);
  const { principal, cloud } = call;
  if (given.owner !== undefined && given.owner !== principal.projectId && !principal.isAdmin)
    throw new Fault(403, '', `You are not permitted to create images owned by '${given.owner}'.`);
  assertMayPublish(call, given.visibility);
  const id = String(given.id ?? crypto.randomUUID());
  if (cloud.images.has(id)) throw new Fault(409, '', `Image ID ${id} already exists!`);
  const image = newImage({
    id,
    name: null,
    owner: principal.projectId,
    createdAt: cloud.timeline.now(),
    status: 'queued',
    visibility: 'shared',
    size: null,
    minRam: 0,
    minDisk: 0,
    diskFormat: null,
    containerFormat: null,
  });
  for (const [member, value] of Object.entries(given)) if (member !== 'id') set(image, member, value);
  cloud.images.set(id, image);
  return json(201, imageView(image), {
    Location: `${cloud.baseUrl}/image/v2/images/${id}`,
    'OpenStack-image-import-methods': 'glance-direct,web-download,copy-image',
    'OpenStack-image-store-ids': 'store',
  });
}

/** DELETE /v2/images/{id} */
export function deleteImage(call: GlanceCall, id: string): Response {
  const image = findImage(call, id, `Failed to find image ${id} to delete`);
  assertOwned(call, image);
  if (image.protected) throw new Fault(403, '', `Image ${id} is protected and cannot be deleted.`);
  call.cloud.images.delete(id);
  return new Response(null, { status: 204, headers: { 'Content-Type': 'text/html; charset=UTF-8' } });
}

const PATCHES = [
  'application/openstack-images-v2.0-json-patch',
  'application/openstack-images-v2.1-json-patch',
];
const OPERATIONS = ['add', 'remove', 'replace'];

/** PATCH /v2/images/{id} with a JSON patch of top-level members. */
export async function patchImage(call: GlanceCall, id: string): Promise<Response> {
  const type = call.request.headers.get('Content-Type') ?? '';
  if (!PATCHES.includes(type)) {
    const message = `The request media type ${type} is not supported by this server.\n`;
    throw new Fault(415, '', message, { 'Accept-Patch': PATCHES.join(', ') });
  }
  const operations = parseJson(await call.request.text());
  if (!Array.isArray(operations))
    throw new Fault(400, '', 'Request body must be a JSON array of operation objects.');
  const changes = operations.filter(isFields).map(operationOf);
  const image = findImage(call, id, `No image found with ID ${id}`);
  if (changes.length > 0) assertOwned(call, image);
  for (const { op, member, value } of changes) patch(call, image, op, member, value);
  if (changes.length > 0) image.updatedAt = call.cloud.timeline.now();
  return json(200, imageView(image));
}

function operationOf({ op, path, value }: Fields) {
  const known = `It must be one of the following: ${OPERATIONS.join(', ')}.`;
  if (op === undefined) throw new Fault(400, '', `Unable to find \`op\` in JSON Schema change. ${known}`);
  if (!OPERATIONS.includes(String(op)))
    throw new Fault(
      400,
      '',
      `Invalid operation: \`${typeof op === 'string' ? op : JSON.stringify(op)}\`. ${known}`,
    );
  const pointer = String(path);
  if (!pointer.startsWith('/')) throw new Fault(400, '', `Pointer \`${pointer}\` does not start with "/".`);
  const member = pointer.slice(1);
  if (member === 'id') throw new Fault(403, '', "Attribute 'id' is read-only.");
  if (op !== 'remove') validate({ [member]: value });
  return { op, member, value };
}

const DENIED = 'Access was denied to this resource.<br /><br />\n';
const CONFLICT = 'There was a conflict when trying to complete your request.<br /><br />\n';

function patch(call: GlanceCall, image: Image, op: unknown, member: string, value: unknown): void {
  if (op === 'remove' && own(MEMBERS, member))
    throw new Fault(403, '', `${DENIED}Property ${member} may not be removed.`);
  if (op !== 'add' && !own(MEMBERS, member) && !Object.hasOwn(image.properties, member))
    throw new Fault(409, '', `${CONFLICT}Property ${member} does not exist.`);
  if (member.endsWith('_format') && image.status !== 'queued')
    throw new Fault(403, '', `Attribute ${member} can be only replaced for a queued image.`);
  if (member === 'owner' && !call.principal.isAdmin)
    throw new Fault(403, '', `${DENIED}Owner can't be updated by non admin.`);
  if (member === 'visibility') assertMayPublish(call, value);
  if (op === 'remove') delete image.properties[member];
  else set(image, member, value);
}

/** The members that are no properties, and what sets them. */
const MEMBERS: Readonly<Record<string, (image: Image, value: unknown) => void>> = {
  name: (image, value) => Object.assign(image, { name: value }),
  visibility: (image, value) => Object.assign(image, { visibility: value }),
  owner: (image, value) => Object.assign(image, { owner: value }),
  protected: (image, value) => Object.assign(image, { protected: value }),
  min_disk: (image, value) => Object.assign(image, { minDisk: value }),
  min_ram: (image, value) => Object.assign(image, { minRam: value }),
  disk_format: (image, value) => Object.assign(image, { diskFormat: value }),
  container_format: (image, value) => Object.assign(image, { containerFormat: value }),
  tags: (image, value) => Object.assign(image, { tags: [...new Set(value as string[])] }),
  os_hidden: () => {},
};

function set(image: Image, member: string, value: unknown): void {
  const setMember = own(MEMBERS, member);
  if (setMember === undefined) image.properties[member] = String(value);
  else setMember(image, value);
}

function assertMayPublish({ principal }: GlanceCall, visibility: unknown): void {
  if (visibility === 'public' && !principal.isAdmin)
    throw new Fault(403, '', 'You are not authorized to complete publicize_image action.');
}

function assertOwned({ principal }: GlanceCall, image: Image): void {
  if (image.owner !== principal.projectId && !principal.isAdmin)
    throw new Fault(403, '', 'You do not own this image');
}

/** PUT /v2/images/{id}/tags/{tag} */
export function addImageTag(call: GlanceCall, id: string, tag: string): Response {
  const { tags } = taggable(call, id);
  validate({ tags: [tag] });
  if (!tags.includes(tag)) tags.push(tag);
  return empty(204);
}

/** DELETE /v2/images/{id}/tags/{tag} */
export function deleteImageTag(call: GlanceCall, id: string, tag: string): Response {
  const { tags } = taggable(call, id);
  const index = tags.indexOf(tag);
  if (index < 0) throw new Fault(404, '', 'The resource could not be found.');
  tags.splice(index, 1);
  return empty(204);
}

function taggable(call: GlanceCall, id: string): Image {
  const image = findImage(call, id, `Image ${id} not found.`);
  if (image.owner !== call.principal.projectId && !call.principal.isAdmin)
    throw new Fault(403, '', `Not allowed to update tags for image ${id}.`);
  return image;
}
