/** @module One request to Nova, as its handlers see it. */

import type { Cloud } from '../cloud.ts';
import { type Fields, isFields, parseJson } from '../http.ts';
import type { Principal } from '../keystone/model.ts';
import { badRequest, disallowed } from './faults.ts';
import { type Schema, validate } from './schema.ts';

export interface NovaCall {
  readonly cloud: Cloud;
  readonly principal: Principal;
  readonly request: Request;
  readonly query: URLSearchParams;
  /** The second number of the negotiated microversion: 79 for 2.79. */
  readonly minor: number;
  /** Absolute URL without the query, for paging links. */
  readonly self: string;
  readonly requestId: string;
  readonly text: string;
}

/** The body, checked. @throws Fault 400 */
export function bodyOf(call: NovaCall, schema: Schema): Fields {
  const body = call.text === '' ? null : parseJson(call.text);
  if (body === undefined) throw badRequest('Malformed request body');
  validate({ ...schema, type: 'object' }, body);
  return isFields(body) ? body : {};
}

/** The object under a body's only key; `bodyOf` has made sure that it is one. */
export function inner(body: Fields, key: string): Fields {
  const value = body[key];
  return isFields(value) ? value : {};
}

/** @throws Fault 403 unless the caller is an administrator; `rule` as in policy.yaml. */
export function adminOnly(call: NovaCall, rule: string): void {
  if (!call.principal.isAdmin) throw disallowed(rule);
}

/** `limit` of a list: at most 1000, that many when not given. @throws Fault 400 */
export function limitOf(query: URLSearchParams): number {
  const text = query.get('limit');
  if (text === null) return MAX_LIMIT;
  const refuse = (reason: string) =>
    badRequest(`Invalid input for query parameters limit. Value: ${text}. '${text}' ${reason}`);
  if (text === '') throw refuse('is too short');
  if (!/^[0-9]*$/.test(text)) throw refuse("does not match '^[0-9]*$'");
  return Math.min(Number(text), MAX_LIMIT);
}

/** Nova's `max_limit`. */
export const MAX_LIMIT = 1000;

/**
 * One page: what follows the marker, at most `limit`.
 * @returns undefined when the marker is unknown
 */
export function pageOf<T>(items: T[], query: URLSearchParams, keyOf: (item: T) => string): T[] | undefined {
  const marker = query.get('marker');
  const start = marker ? items.findIndex((item) => keyOf(item) === marker) : -1;
  if (marker && start === -1) return undefined;
  return items.slice(start + 1, start + 1 + limitOf(query));
}

/** The `<name>_links` of a page: there whenever the page is full, even when nothing follows. */
export function pageLinks(call: NovaCall, name: string, page: unknown[], last: string | undefined): Fields {
  if (page.length === 0 || last === undefined || page.length < limitOf(call.query)) return {};
  const params = new URLSearchParams(call.query);
  params.set('marker', last);
  return { [`${name}_links`]: [{ rel: 'next', href: `${call.self}?${params}` }] };
}

/** `self` and `bookmark` of a thing. */
export function links(cloud: Cloud, collection: string, id: string): Fields[] {
  return [
    { rel: 'self', href: `${cloud.baseUrl}/compute/v2.1/${collection}/${id}` },
    { rel: 'bookmark', href: `${cloud.baseUrl}/compute/${collection}/${id}` },
  ];
}
