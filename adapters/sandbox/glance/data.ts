/** @module The data of images: upload and download. */

import { empty, Fault } from '../http.ts';
import { md5 } from '../nova/md5.ts';
import { findImage, type GlanceCall } from './images.ts';

/** Glance's `image_size_cap`, whose default is 1 TiB: the sandbox holds the data in memory. */
const MAX_BYTES = 64 * 1024 * 1024;

/** PUT /v2/images/{id}/file */
export async function uploadData(call: GlanceCall, id: string): Promise<Response> {
  const type = call.request.headers.get('Content-Type') ?? '';
  if (type !== 'application/octet-stream')
    throw new Fault(415, '', `The request media type ${type} is not supported by this server.\n`);
  const image = findImage(call, id, `No image found with ID ${id}`);
  if (image.owner !== call.principal.projectId && !call.principal.isAdmin)
    throw new Fault(403, '', `Not allowed to upload image data for image ${id}`);
  if (image.diskFormat === null || image.containerFormat === null)
    throw new Fault(400, '', 'Properties disk_format, container_format must be set prior to saving data.');
  if (image.status !== 'queued') {
    const message = `Image status transition from ${image.status} to saving is not allowed`;
    throw new Fault(409, '', message);
  }
  image.status = 'saving';
  try {
    const data = await bytesOf(call.request);
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-512', data));
    Object.assign(image, { data, size: data.length, checksum: hex(md5(data)), hash: hex(digest) });
    image.status = 'active';
  } finally {
    // Of an upload that breaks off nothing is left.
    if (image.status === 'saving') image.status = 'queued';
    image.updatedAt = call.cloud.timeline.now();
  }
  return new Response(null, { status: 204, headers: { 'Content-Type': 'text/html; charset=UTF-8' } });
}

/** GET /v2/images/{id}/file */
export function downloadData(call: GlanceCall, id: string): Response {
  const { status, data, checksum } = findImage(call, id, `No image found with ID ${id}`);
  if (status !== 'active' || data === null) return empty(204);
  const headers = { 'Content-Type': 'application/octet-stream', 'Content-MD5': checksum };
  return new Response(data, { status: 200, headers });
}

async function bytesOf(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body ?? []) {
    size += part.length;
    if (size > MAX_BYTES)
      throw new Fault(413, '', `Denying attempt to upload image larger than ${MAX_BYTES} bytes.`);
    parts.push(part);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
