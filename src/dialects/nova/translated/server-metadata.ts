import * as z from 'zod';
import { ComputeError } from '../../../compute/errors.ts';
import { getInstance } from '../../../compute/instances.ts';
import type { Instance } from '../../../compute/model.ts';
import { updateInstance } from '../../../compute/update-instance.ts';
import { decodeBody } from '../../../http/decode.ts';
import { emptyResponse, type NovaCall } from './call.ts';
import { FLAG_NAMES, metadataSchema, splitFlags } from './metadata-schema.ts';
import { serverMetadata } from './server-view.ts';
import { ownerOf, serverId } from './servers.ts';

const itemsSchema = z.strictObject({ metadata: metadataSchema });
const itemSchema = z.strictObject({ meta: metadataSchema });

/** `GET /servers/{id}/metadata`. */
export async function listMetadata({ c, cloud }: NovaCall, segment = ''): Promise<Response> {
  return c.json({ metadata: serverMetadata(await getInstance(cloud, serverId(segment))) });
}

/** `POST /servers/{id}/metadata`: merged into what is there. */
export async function mergeMetadata(call: NovaCall, segment = ''): Promise<Response> {
  const id = serverId(segment);
  const { metadata } = await decodeBody(call.c, itemsSchema);
  return call.c.json({ metadata: serverMetadata(await change(call, id, metadata)) });
}

/** `PUT /servers/{id}/metadata`: in place of all items. Flags that are not named stay: they are access, and an address that cannot be had back. */
export async function replaceMetadata(call: NovaCall, segment = ''): Promise<Response> {
  const id = serverId(segment);
  const { metadata } = await decodeBody(call.c, itemsSchema);
  const before = serverMetadata(await getInstance(call.cloud, id));
  const gone = Object.keys(before).filter((key) => !FLAG_NAMES.has(key) && !Object.hasOwn(metadata, key));
  const removed = Object.fromEntries(gone.map((key) => [key, null]));
  return call.c.json({ metadata: serverMetadata(await change(call, id, { ...removed, ...metadata })) });
}

/** `GET /servers/{id}/metadata/{key}`. */
export async function showMetadataItem(call: NovaCall, segment = '', key = ''): Promise<Response> {
  const metadata = serverMetadata(await getInstance(call.cloud, serverId(segment)));
  return call.c.json({ meta: { [key]: itemOf(metadata, key) } });
}

/** `PUT /servers/{id}/metadata/{key}`. */
export async function putMetadataItem(call: NovaCall, segment = '', key = ''): Promise<Response> {
  const id = serverId(segment);
  const { meta } = await decodeBody(call.c, itemSchema);
  const [[name, value] = ['', ''], ...others] = Object.entries(meta);
  if (name !== key || others.length > 0) {
    throw new ComputeError(
      'invalid',
      'Request body and URI mismatch: meta must hold the key of the path, and no other.',
    );
  }
  await change(call, id, { [key]: value });
  return call.c.json({ meta: { [key]: value } });
}

/** `DELETE /servers/{id}/metadata/{key}`; of a flag: the access it stands for is taken away. */
export async function deleteMetadataItem(call: NovaCall, segment = '', key = ''): Promise<Response> {
  const id = serverId(segment);
  itemOf(serverMetadata(await getInstance(call.cloud, id)), key);
  await change(call, id, { [key]: null });
  return emptyResponse(call, 204);
}

/** The server as it then is. */
async function change(
  { c, cloud }: NovaCall,
  id: string,
  given: Readonly<Record<string, string | null>>,
): Promise<Instance> {
  const { items, flags } = splitFlags(given);
  return updateInstance(cloud, id, { metadata: items, ...flags }, ownerOf(c));
}

function itemOf(metadata: Readonly<Record<string, string>>, key: string): string {
  const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
  if (value === undefined) throw new ComputeError('not_found', 'Metadata item was not found');
  return value;
}
