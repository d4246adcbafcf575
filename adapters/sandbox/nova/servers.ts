/** @module One server: show, rename, delete, metadata, tags. */

import { empty, type Fields, json } from '../http.ts';
import { bodyOf, inner, type NovaCall } from './call.ts';
import { badRequest, conflict, goneAtThisVersion, notFound, novaFault } from './faults.ts';
import {
  ANY_TASK,
  CHANGEABLE_STATES,
  findServer,
  refuseLocked,
  refuseUnscheduled,
  requireState,
} from './find-server.ts';
import { change, destroy, noteAction, softDelete } from './lifecycle.ts';
import type { Server } from './model.ts';
import { requireMetadataRoom } from './quotas.ts';
import { enveloped, metadata, newTag, updateServerSchema } from './schemas.ts';
import { serverView, serverWithoutExtensions, type Viewer } from './server-view.ts';

/** The viewer of a server, for `server-view.ts`. */
export function viewerOf(call: NovaCall): Viewer {
  return { cloud: call.cloud, minor: call.minor, isAdmin: call.principal.isAdmin };
}

/** GET /servers/{id} */
export function showServer(call: NovaCall, id: string): Response {
  refuseUnscheduled(call, id, 'show');
  return json(200, { server: serverView(viewerOf(call), findServer(call, id)) });
}

/** PUT /servers/{id}. Before 2.75 the response lacks the extensions' attributes. */
export function updateServer(call: NovaCall, id: string): Response {
  const given = inner(bodyOf(call, updateServerSchema(call.minor)), 'server');
  const server = findServer(call, id);
  const changes: Partial<Server> = {};
  if (typeof given.name === 'string') changes.name = given.name;
  if (given.description !== undefined) changes.description = given.description as string | null;
  if (typeof given.accessIPv4 === 'string') changes.accessIPv4 = given.accessIPv4;
  if (typeof given.accessIPv6 === 'string') changes.accessIPv6 = given.accessIPv6;
  if (typeof given.hostname === 'string') changes.hostname = given.hostname;
  if (given.pinned_availability_zone !== undefined) {
    changes.pinnedZone = pinnedZone(server, given.pinned_availability_zone as string | null);
  }
  if (Object.keys(changes).length > 0) change(call.cloud, server, changes);
  const view = call.minor >= 75 ? serverView : serverWithoutExtensions;
  return json(200, { server: view(viewerOf(call), server) });
}

function pinnedZone(server: Server, wanted: string | null): string | null {
  if (wanted === null || wanted === server.pinnedZone) return wanted;
  if (server.pinnedZone !== null) {
    const unpin = 'Unpin first by setting pinned_availability_zone to null.';
    throw conflict(`Cannot change pinned availability zone directly. ${unpin}`);
  }
  if (wanted === server.zone) return wanted;
  const current = `Server can only be pinned to its current availability zone '${server.zone}'`;
  throw conflict(`${current}, but '${wanted}' was requested.`);
}

/** DELETE /servers/{id}; again and again until it is gone. */
export function deleteServer(call: NovaCall, id: string): Response {
  refuseUnscheduled(call, id, 'delete');
  const server = findServer(call, id);
  refuseLocked(call, server);
  noteAction(call.cloud, server, 'delete', call.requestId, call.principal.userId);
  // One that has never run cannot be soft-deleted.
  const isKept = call.cloud.reclaimMilliseconds > 0 && server.launchedAt !== null;
  if (isKept) softDelete(call.cloud, server);
  else destroy(call.cloud, server);
  return empty(204, { 'Content-Type': 'application/json' });
}

/** GET /servers/{id}/metadata */
export function listMetadata(call: NovaCall, id: string): Response {
  return json(200, { metadata: findServer(call, id).metadata });
}

/** PUT /servers/{id}/metadata: replaces all. */
export function replaceMetadata(call: NovaCall, id: string): Response {
  return storeMetadata(call, id, 'metadata', (_before, given) => given);
}

/** POST /servers/{id}/metadata: merges. */
export function mergeMetadata(call: NovaCall, id: string): Response {
  return storeMetadata(call, id, 'metadata', (before, given) => ({ ...before, ...given }));
}

/** GET /servers/{id}/metadata/{key} */
export function showMetadataItem(call: NovaCall, id: string, key: string): Response {
  const value = findServer(call, id).metadata[key];
  if (value === undefined) throw notFound('Metadata item was not found');
  return json(200, { meta: { [key]: value } });
}

/** PUT /servers/{id}/metadata/{key} */
export function putMetadataItem(call: NovaCall, id: string, key: string): Response {
  return storeMetadata(call, id, 'meta', (before, given) => {
    if (given[key] === undefined) throw badRequest('Request body and URI mismatch');
    return { ...before, ...given };
  });
}

/** DELETE /servers/{id}/metadata/{key}. Unlike every other change of metadata it leaves `updated` alone (measured). */
export function deleteMetadataItem(call: NovaCall, id: string, key: string): Response {
  const server = findServer(call, id);
  if (server.metadata[key] === undefined) throw notFound('Metadata item was not found');
  refuseLocked(call, server);
  requireState(server, 'delete metadata', CHANGEABLE_STATES, ANY_TASK);
  const { [key]: _gone, ...rest } = server.metadata;
  server.metadata = rest;
  return empty(204, { 'Content-Type': 'application/json' });
}

type Items = Record<string, string>;

function storeMetadata(
  call: NovaCall,
  id: string,
  key: 'metadata' | 'meta',
  merge: (before: Items, given: Items) => Items,
): Response {
  const schema = key === 'meta' ? { ...metadata, maxProperties: 1 } : metadata;
  const given = inner(bodyOf(call, enveloped(key, schema)), key) as Items;
  const server = findServer(call, id);
  refuseLocked(call, server);
  requireState(server, 'update metadata', CHANGEABLE_STATES, ANY_TASK);
  const items = merge(server.metadata, given);
  requireMetadataRoom(call.cloud, server.projectId, items);
  change(call.cloud, server, { metadata: items });
  return json(200, { [key]: key === 'meta' ? given : items });
}

function tagged(call: NovaCall, id: string): Server {
  requireTags(call);
  return findServer(call, id);
}

/** @throws Fault 404, whatever the body */
function requireTags({ minor }: NovaCall): void {
  if (minor < 26) throw goneAtThisVersion();
}

/** A server whose tags can be changed now. */
function taggable(call: NovaCall, id: string, what: string): Server {
  const server = tagged(call, id);
  if (!CHANGEABLE_STATES.includes(server.vmState)) {
    throw conflict(`Cannot '${what}' instance ${id} while it is in vm_state ${server.vmState}`);
  }
  return server;
}

/** GET /servers/{id}/tags */
export function listTags(call: NovaCall, id: string): Response {
  const server = tagged(call, id);
  // Before it is scheduled its tags are in the request for it, which only the server's view reads (measured).
  return json(200, { tags: server.taskState === 'scheduling' ? [] : server.tags });
}

/** PUT /servers/{id}/tags */
export function replaceTags(call: NovaCall, id: string): Response {
  requireTags(call);
  const body: Fields = bodyOf(call, enveloped('tags', { type: 'array', items: newTag, maxItems: 50 }));
  const server = taggable(call, id, 'update tags');
  server.tags = distinct(body.tags as string[]);
  return json(200, { tags: server.tags });
}

/** Sorted. The database fails on tags that differ in case or accents alone (measured). */
function distinct(given: string[]): string[] {
  const tags = [...new Set(given)].sort();
  const folded = (tag: string) => tag.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  if (new Set(tags.map(folded)).size === tags.length) return tags;
  const reason = "<class 'oslo_db.exception.DBDuplicateEntry'>";
  const report =
    'Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log if possible.';
  throw novaFault(500, `Unexpected API Error. ${report}\n${reason}`);
}

/** DELETE /servers/{id}/tags */
export function deleteTags(call: NovaCall, id: string): Response {
  taggable(call, id, 'delete tags').tags = [];
  return empty(204);
}

/** GET /servers/{id}/tags/{tag}: whether it is there. */
export function hasTag(call: NovaCall, id: string, tag: string): Response {
  if (tagged(call, id).tags.includes(tag)) return empty(204);
  throw notFound(`Instance ${id} has no tag '${tag}'`);
}

/** PUT /servers/{id}/tags/{tag}: 201 when it is new. */
export function putTag(call: NovaCall, id: string, tag: string): Response {
  const server = taggable(call, id, 'update tag');
  if (server.tags.includes(tag)) return empty(204);
  if (server.tags.length >= 50) throw badRequest('The number of tags exceeded the per-server limit 50');
  server.tags = [...server.tags, tag].sort();
  const location = `${call.cloud.baseUrl}/compute/v2.1/servers/${id}/tags/${encodeURIComponent(tag)}`;
  return empty(201, { Location: location, 'Content-Type': 'text/html; charset=UTF-8' });
}

/** DELETE /servers/{id}/tags/{tag} */
export function deleteTag(call: NovaCall, id: string, tag: string): Response {
  const server = taggable(call, id, 'delete tag');
  if (!server.tags.includes(tag)) throw notFound(`Instance ${id} has no tag '${tag}'`);
  server.tags = server.tags.filter((other) => other !== tag);
  return empty(204);
}
