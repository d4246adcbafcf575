/**
 * A server's metadata: items, and the flags by which a server gets a public address and SSH, as in the redu dialect.
 *
 * @module
 */

import * as z from 'zod';
import { ComputeError } from '../../../compute/errors.ts';
import { FLAG_PUBLIC, FLAG_SSH, PUBLIC_ADDRESS } from '../../../compute/instance-view.ts';
import { getInstance } from '../../../compute/instances.ts';
import type { Instance } from '../../../compute/model.ts';
import type { InstanceChange } from '../../../compute/requests.ts';
import { updateInstance } from '../../../compute/update-instance.ts';
import { decodeBody } from '../../../http/decode.ts';
import { text } from '../../../http/field-schemas.ts';
import { emptyResponse, type NovaCall, ownerOf, serverId } from './call.ts';
import { serverMetadata } from './server-view.ts';

const FLAG_NAMES: ReadonlySet<string> = new Set([FLAG_PUBLIC, FLAG_SSH, PUBLIC_ADDRESS]);

const MAX_ITEMS = 128;
/** Without "." and "..": in a path they are relative segments. */
const KEY = /^(?!\.{1,2}$)[a-zA-Z0-9\-_:. ]{1,255}$/;

export const metadataSchema = z
  .record(z.string().regex(KEY, 'must have 1 to 255 of: letters, digits, - _ : . and space'), text.max(255))
  .refine((items) => Object.keys(items).length <= MAX_ITEMS, `must have at most ${MAX_ITEMS} items`);

const itemsSchema = z.strictObject({ metadata: metadataSchema });
const itemSchema = z.strictObject({ meta: metadataSchema });

export async function listMetadata({ c, cloud }: NovaCall, segment = ''): Promise<Response> {
  return c.json({ metadata: serverMetadata(await getInstance(cloud, serverId(segment))) });
}

/** `POST /servers/{id}/metadata`: merges into the existing items. */
export async function mergeMetadata(call: NovaCall, segment = ''): Promise<Response> {
  const id = serverId(segment);
  const { metadata } = await decodeBody(call.c, itemsSchema);
  return call.c.json({ metadata: serverMetadata(await change(call, id, metadata)) });
}

/** `PUT /servers/{id}/metadata`: replaces all items. Flags that it omits stay: a released address cannot be restored. */
export async function replaceMetadata(call: NovaCall, segment = ''): Promise<Response> {
  const id = serverId(segment);
  const { metadata } = await decodeBody(call.c, itemsSchema);
  const before = serverMetadata(await getInstance(call.cloud, id));
  const gone = Object.keys(before).filter((key) => !FLAG_NAMES.has(key) && !Object.hasOwn(metadata, key));
  const removed = Object.fromEntries(gone.map((key) => [key, null]));
  return call.c.json({ metadata: serverMetadata(await change(call, id, { ...removed, ...metadata })) });
}

export async function showMetadataItem(call: NovaCall, segment = '', key = ''): Promise<Response> {
  const metadata = serverMetadata(await getInstance(call.cloud, serverId(segment)));
  return call.c.json({ meta: { [key]: itemOf(metadata, key) } });
}

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

/** `DELETE /servers/{id}/metadata/{key}`; deleting a flag ends the access it stands for. */
export async function deleteMetadataItem(call: NovaCall, segment = '', key = ''): Promise<Response> {
  const id = serverId(segment);
  itemOf(serverMetadata(await getInstance(call.cloud, id)), key);
  await change(call, id, { [key]: null });
  return emptyResponse(call, 204);
}

async function change(
  call: NovaCall,
  id: string,
  given: Readonly<Record<string, string | null>>,
): Promise<Instance> {
  const { items, flags } = splitFlags(given);
  return updateInstance(call.cloud, id, { metadata: items, ...flags }, ownerOf(call));
}

function itemOf(metadata: Readonly<Record<string, string>>, key: string): string {
  const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
  if (value === undefined) throw new ComputeError('not_found', 'Metadata item was not found');
  return value;
}

/**
 * Separates the flags from the items. null removes an item; a removed flag is false.
 *
 * @throws ComputeError `invalid`: the address of a public server cannot be chosen.
 */
export function splitFlags<V extends string | null>(
  given: Readonly<Record<string, V>>,
): { items: Record<string, V>; flags: Pick<InstanceChange, 'isPublic' | 'enableSsh'> } {
  const { [FLAG_PUBLIC]: isPublic, [FLAG_SSH]: enableSsh, [PUBLIC_ADDRESS]: address, ...items } = given;
  if (address !== undefined) {
    const message = `is read-only: set ${FLAG_PUBLIC} to get or give back a floating IP`;
    throw ComputeError.field(`metadata.${PUBLIC_ADDRESS}`, message);
  }
  return {
    items: items as Record<string, V>,
    flags: {
      ...(isPublic !== undefined && { isPublic: isPublic?.toLowerCase() === 'true' }),
      ...(enableSsh !== undefined && { enableSsh: enableSsh?.toLowerCase() === 'true' }),
    },
  };
}
