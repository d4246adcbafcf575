/**
 * The gateway's mark of instances in Nova's own bodies: no response shows it, no request writes, tests or removes it.
 *
 * @module
 */

import * as z from 'zod';
import { ComputeError } from '../../compute/errors.ts';
import { INSTANCE_MARK, isInstanceMark } from '../../compute/ownership.ts';
import { bytesOf, type Fields, isFields, readJson } from './json-body.ts';
import type { ForwardedResponse, ForwardRequest } from './pass-through.ts';
import { withoutProject } from './permissions.ts';
import type { Target } from './target.ts';

type Send = (request: ForwardRequest) => Promise<ForwardedResponse>;

const ONE = `"${INSTANCE_MARK}[^"\\\\]*"`;
const DESCRIPTION = new RegExp(`("description": ?)${ONE}`, 'g');
const FIRST_TAGS = new RegExp(`\\[(?:${ONE}(?:, ?|(?=\\])))+`, 'g');
const LATER_TAGS = new RegExp(`(?:, ?${ONE})+(?=[,\\]])`, 'g');
/** A mark whose object or list does not go on yet. */
const OPEN = new RegExp(`(?:"description": ?|\\[|, ?)"${INSTANCE_MARK}[^\\]}:]*$`);

/** How each mark begins in JSON, with the text that is removed with it. */
export const MARK_NEEDLES: readonly string[] = ['"description": ', '"description":', '[', ', ', ','].map(
  (before) => `${before}"${INSTANCE_MARK}`,
);

/** JSON as it would be without marks: null as a description, no tag. Names of members are the customer's. */
export function withoutMarks(json: string): string {
  if (!json.includes(INSTANCE_MARK)) return json;
  return json.replace(DESCRIPTION, '$1null').replace(FIRST_TAGS, '[').replace(LATER_TAGS, '');
}

/** Where a text ends in a mark whose removal takes more of the text. */
export function openMarkStart(json: string): number {
  return json.includes(INSTANCE_MARK) ? json.search(OPEN) : -1;
}

const encoder = new TextEncoder();
const TAG_FILTERS = ['tags', 'tags-any', 'not-tags', 'not-tags-any'];
const LABELED = ['server', 'rebuild'];

export function isOfServers({ service, segments }: Target): boolean {
  return service === 'compute' && withoutProject(service, segments)[0] === 'servers';
}

/** @param body Parsed, of a request for servers. @throws ComputeError `invalid`, `not_found`. */
export function assertNamesNoMark(target: Target, method: string, body: Fields): void {
  if (!isOfServers(target)) return;
  const { service, segments, query } = target;
  const [, , part, tag] = withoutProject(service, segments);
  for (const filter of TAG_FILTERS)
    for (const value of query.getAll(filter)) assertNone(filter, value.split(','));
  if (part === 'tags') assertNone('tags', body.tags);
  if (part === 'tags' && tag !== undefined && isAlike(tag)) {
    if (method === 'PUT') assertNone('tag', tag);
    throw new ComputeError('not_found', `The instance has no tag '${tag}'.`);
  }
  for (const member of LABELED) {
    const given = body[member];
    if (!isFields(given)) continue;
    assertNone(`${member}.description`, given.description);
    assertNone(`${member}.tags`, given.tags);
  }
}

function assertNone(field: string, value: unknown): void {
  if ([value].flat().some(isAlike)) throw ComputeError.field(field, 'is reserved for the gateway');
}

/** As Nova's database compares: case and accents are ignored. */
function isAlike(value: unknown): boolean {
  return (
    typeof value === 'string' && isInstanceMark(value.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase())
  );
}

const TagsBody = z.object({ tags: z.array(z.string()) });
const ServerBody = z.object({ server: z.object({ description: z.string().nullish() }) });
/** Nova's. */
const MAX_TAGS = 50;
/** The first microversion with tags. */
const TAGS = { 'openstack-api-version': 'compute 2.26', 'x-openstack-nova-api-version': '2.26' };
const JSON_TYPE = { 'content-type': 'application/json' };

/** Sends a write. One that replaces or deletes all tags leaves the mark, one that sets a description moves it to a tag. */
export async function sendKeepingMark(
  target: Target,
  request: ForwardRequest,
  body: Fields,
  send: Send,
): Promise<ForwardedResponse> {
  if (!isOfServers(target)) return send(request);
  const [, id, part, tag] = withoutProject(target.service, target.segments);
  if (part === 'tags' && tag === undefined) return sendTags(request, body, send);
  const setsDescription = LABELED.some((member) => {
    const given = body[member];
    return isFields(given) && given.description !== undefined;
  });
  if (setsDescription && id !== undefined) await moveMark(request, send);
  return send(request);
}

async function sendTags(request: ForwardRequest, body: Fields, send: Send): Promise<ForwardedResponse> {
  const { method } = request;
  const given = method === 'PUT' ? TagsBody.safeParse(body).data?.tags : method === 'DELETE' ? [] : undefined;
  if (given === undefined) return send(request);
  const current = TagsBody.safeParse(await read({ ...request, method: 'GET', body: null }, send));
  const marks = current.data?.tags.filter(isInstanceMark) ?? [];
  const tags = [...given, ...marks];
  if (marks.length === 0 || tags.length > MAX_TAGS) return send(request);
  const headers = { ...request.headers, ...JSON_TYPE };
  const sent = encoder.encode(JSON.stringify({ ...body, tags }));
  const response = await send({ ...request, method: 'PUT', headers, body: sent });
  if (method === 'PUT' || response.status !== 200) return response;
  await bytesOf(response);
  const { 'content-type': _, 'content-length': __, ...others } = response.headers;
  return { ...response, status: 204, headers: others, body: null };
}

/** Nova takes tags in few states only. */
async function moveMark(request: ForwardRequest, send: Send): Promise<void> {
  const [sent = ''] = request.path.split('?', 1);
  const path = sent.replace(/\/$/, '').replace(/\/action$/, '');
  const headers = { ...request.headers, ...TAGS };
  const server = await read({ ...request, method: 'GET', path, headers, body: null }, send);
  const mark = ServerBody.safeParse(server).data?.server.description;
  if (!mark || !isInstanceMark(mark)) return;
  const tag = `${path}/tags/${encodeURIComponent(mark)}`;
  await bytesOf(await send({ ...request, method: 'PUT', path: tag, headers, body: null }));
}

/** undefined: there is nothing to read, and the cloud refuses the write itself. */
async function read(request: ForwardRequest, send: Send): Promise<unknown> {
  const response = await send(request);
  const bytes = await bytesOf(response);
  return response.status === 200 ? readJson(bytes) : undefined;
}
