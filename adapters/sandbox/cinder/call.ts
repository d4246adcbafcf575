/** @module One request to Cinder, as its handlers see it; paging and errors. */

import type { Cloud } from '../cloud.ts';
import { Fault, type Fields, isFields, json, parseJson, title } from '../http.ts';
import type { Principal } from '../keystone/model.ts';
import { badRequest, notFound, novaFault } from '../nova/faults.ts';
import { type Schema, validate } from '../nova/schema.ts';
import type { Volume } from './model.ts';

export const TEXT: Schema = { type: ['string', 'null'] };
export const SIZE: Schema = { type: ['integer', 'string'], pattern: '^[0-9]+$', minimum: 1 };

export interface CinderCall {
  readonly cloud: Cloud;
  readonly principal: Principal;
  readonly query: URLSearchParams;
  /** The second number of the negotiated microversion: 42 for 3.42. */
  readonly minor: number;
  /** Absolute URL without the query, for paging links. */
  readonly self: string;
  readonly text: string;
}

/** An exhausted quota: 413 with both forms of Retry-After. */
export class OverLimit extends Fault {
  constructor(message: string) {
    super(413, 'overLimit', message, { 'Retry-After': '0' });
  }
}

/** The reply for a fault; the same envelopes as Nova's. */
export function faultReply(fault: Fault): Response {
  const retryAfter = fault instanceof OverLimit ? { retryAfter: '0' } : {};
  const body = { [fault.kind]: { code: fault.status, message: fault.message, ...retryAfter } };
  return json(fault.status, body, fault.headers);
}

/** An unrouted path. */
export function unrouted(): Response {
  const text = `<html>\n <head>\n  <title>404 ${title(404)}</title>\n </head>\n <body>\n  <h1>404 ${title(404)}</h1>\n  The resource could not be found.<br /><br />\n\n\n\n </body>\n</html>`;
  return new Response(text, { status: 404, headers: { 'Content-Type': 'text/html; charset=UTF-8' } });
}

/** @throws Fault 403 unless the caller is an administrator. */
export function adminOnly(call: CinderCall, rule: string): void {
  if (!call.principal.isAdmin)
    throw novaFault(403, `Policy doesn't allow volume_extension:${rule} to be performed.`);
}

/** A record of the caller's project; any, for the administrator. @throws Fault 404 */
export function findOwn<T extends { projectId: string }>(
  call: Pick<CinderCall, 'principal'>,
  records: Map<string, T>,
  id: string,
  noun: string,
): T {
  const record = records.get(id);
  if (record && (call.principal.isAdmin || record.projectId === call.principal.projectId)) return record;
  throw notFound(`${noun} ${id} could not be found.`);
}

/** A volume of the caller's project. @throws Fault 404 */
export const findVolume = (call: Pick<CinderCall, 'cloud' | 'principal'>, volumeId: string): Volume =>
  findOwn(call, call.cloud.blockStorage.volumes, volumeId, 'Volume');

/** The object in a body's envelope, checked. @throws Fault 400 */
export function bodyOf(call: CinderCall, schema: Schema, key: string): Fields {
  const body = call.text === '' ? null : parseJson(call.text);
  if (body === undefined) throw badRequest('Malformed request body');
  validate({ ...schema, type: 'object' }, body);
  const given = isFields(body) && isFields(body[key]) ? body[key] : {};
  for (const field of ['name', 'description']) {
    const length = typeof given[field] === 'string' ? given[field].length : 0;
    if (length > 255)
      throw badRequest(`Invalid input received: ${field} has ${length} characters, more than 255.`);
  }
  return given;
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value.trim() : null;
}

/** One page of a list, newest first, with its link when the page is full. */
export function pageReply<T extends { id: string; projectId: string; createdAt: number }>(
  call: CinderCall,
  plural: string,
  noun: string,
  records: Iterable<T>,
  view: (record: T) => Fields,
): Response {
  const { query, principal } = call;
  const limit = limitOf(query);
  const isEvery = principal.isAdmin && /^(1|true)$/i.test(query.get('all_tenants') ?? '');
  const found = [...records]
    .reverse()
    .filter((record) => isEvery || record.projectId === principal.projectId);
  const matching = found.filter((record) => matches(view(record), query)).sort(order(query, view));
  const marker = query.get('marker');
  const start = marker ? matching.findIndex((record) => record.id === marker) : -1;
  if (marker && start === -1) throw notFound(`${noun} ${marker} could not be found.`);
  const page = matching.slice(start + 1, start + 1 + limit);
  const next = new URLSearchParams(query);
  next.set('marker', page.at(-1)?.id ?? '');
  return json(200, {
    [plural]: page.map(view),
    ...(page.length > 0 &&
      page.length === limit && { [`${plural}_links`]: [{ rel: 'next', href: `${call.self}?${next}` }] }),
  });
}

function limitOf(query: URLSearchParams): number {
  const text = query.get('limit');
  if (text === null) return 1000;
  if (!/^-?\d+$/.test(text)) throw badRequest('limit param must be an integer');
  if (Number(text) < 0) throw badRequest('limit param must be positive');
  return Math.min(Number(text), 1000);
}

const FILTERS = ['name', 'status', 'availability_zone', 'bootable', 'volume_id', 'id'];

/** Other parameters are ignored, as Cinder does for members. */
function matches(view: Fields, query: URLSearchParams): boolean {
  return FILTERS.every((key) => !query.has(key) || String(view[key]) === query.get(key));
}

function order(query: URLSearchParams, view: (record: never) => Fields) {
  const [key, direction = 'desc'] = (query.get('sort') ?? query.get('sort_key') ?? '').split(':');
  return (a: unknown, b: unknown): number => {
    if (!key) return 0;
    const [left, right] = [String(view(a as never)[key]), String(view(b as never)[key])];
    if (left === right) return 0;
    return left < right === (direction === 'asc') ? -1 : 1;
  };
}
