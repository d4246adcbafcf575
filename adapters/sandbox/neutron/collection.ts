/** @module Lists as Neutron gives them: filters, `fields`, sorting, pages; and finding one by id. */

import type { Cloud } from '../cloud.ts';
import { empty, Fault, type Fields, isFields, json, parseJson } from '../http.ts';
import type { Principal } from '../keystone/model.ts';
import type { NeutronCall } from './call.ts';
import { badRequest } from './faults.ts';
import { type Resource, touch } from './model.ts';

/** How one kind of resource is listed and found. */
export interface Kind<R extends Resource> {
  /** `networks`; the envelope of one is without the s. */
  plural: string;
  one: string;
  records(cloud: Cloud): Map<string, R>;
  /** @param projectId Whose view it is: what is shared depends on it. */
  view(cloud: Cloud, record: R, projectId?: string): Fields;
  /** Attributes a list can be filtered and sorted by. */
  attributes: readonly string[];
  missing(id: string): Fault;
  /** Further projects that see a record. */
  shared?(cloud: Cloud, record: R, projectId: string): boolean;
}

const CONTROL = new Set(['limit', 'marker', 'page_reverse', 'sort_key', 'sort_dir', 'fields', 'verbose']);
const TAG_FILTERS = new Set(['tags', 'tags-any', 'not-tags', 'not-tags-any']);

/** The record of an id, if the principal may see it. @throws Fault 404, also for what belongs to others. */
export function find<R extends Resource>(cloud: Cloud, principal: Principal, kind: Kind<R>, id: string): R {
  const record = kind.records(cloud).get(id);
  if (!record || !sees(cloud, principal, kind, record)) throw kind.missing(id);
  return record;
}

function sees<R extends Resource>(cloud: Cloud, principal: Principal, kind: Kind<R>, record: R): boolean {
  if (principal.isAdmin || record.projectId === principal.projectId) return true;
  return kind.shared?.(cloud, record, principal.projectId) === true;
}

/** GET of one. */
export function show<R extends Resource>(kind: Kind<R>) {
  return (call: NeutronCall, id: string): Response => {
    const record = find(call.cloud, call.principal, kind, id);
    return json(200, {
      [kind.one]: pick(kind.view(call.cloud, record, call.principal.projectId), call.query.getAll('fields')),
    });
  };
}

/** GET of many. */
export function list<R extends Resource>(kind: Kind<R>) {
  return (call: NeutronCall): Response => {
    const { cloud, principal, query } = call;
    const filters = filtersOf(query, kind);
    const found = [...kind.records(cloud).values()]
      .filter((record) => sees(cloud, principal, kind, record))
      .map((record) => kind.view(cloud, record, principal.projectId))
      .filter((view) => filters.every(([attribute, wanted]) => matches(view, attribute, wanted)));
    sort(found, query, kind);
    const page = pageOf(found, query, kind);
    const fields = query.getAll('fields');
    const links = pagingLinks(call, page, query);
    return json(200, {
      [kind.plural]: page.map((view) => pick(view, fields)),
      ...(links.length > 0 && { [`${kind.plural}_links`]: links }),
    });
  };
}

function pick(view: Fields, fields: string[]): Fields {
  if (fields.length === 0) return view;
  return Object.fromEntries(Object.entries(view).filter(([attribute]) => fields.includes(attribute)));
}

function filtersOf<R extends Resource>(query: URLSearchParams, kind: Kind<R>): [string, string[]][] {
  const names = [...new Set(query.keys())].filter((name) => !CONTROL.has(name));
  const unknown = names.filter((name) => !kind.attributes.includes(name) && !TAG_FILTERS.has(name));
  if (unknown.length > 0) {
    throw badRequest(`['${unknown.join("', '")}'] is invalid attribute for filtering`);
  }
  return names.map((name) => [name, query.getAll(name)]);
}

function matches(view: Fields, attribute: string, wanted: string[]): boolean {
  if (TAG_FILTERS.has(attribute)) return matchesTags(view, attribute, wanted);
  const value = view[attribute];
  if (Array.isArray(value)) {
    return wanted.some((text) =>
      value.some((item) => (isFields(item) ? inFields(item, text) : item === text)),
    );
  }
  if (typeof value === 'boolean') {
    return wanted.some((text) => /^(true|1)$/i.test(text) === value);
  }
  return wanted.includes(value === null || value === undefined ? '' : String(value));
}

/** `fixed_ips=ip_address=10.10.0.7` looks into a list of objects. */
function inFields(item: Fields, text: string): boolean {
  const [key = '', ...rest] = text.split('=');
  return item[key] === rest.join('=');
}

function matchesTags(view: Fields, filter: string, wanted: string[]): boolean {
  const tags = Array.isArray(view.tags) ? view.tags : [];
  const requested = wanted.flatMap((text) => text.split(','));
  const any = filter.endsWith('any');
  const found = any
    ? requested.some((tag) => tags.includes(tag))
    : requested.every((tag) => tags.includes(tag));
  return filter.startsWith('not') ? !found : found;
}

function sort<R extends Resource>(views: Fields[], query: URLSearchParams, kind: Kind<R>): void {
  const keys = query.getAll('sort_key');
  const directions = query.getAll('sort_dir');
  const unknown = keys.filter((key) => !kind.attributes.includes(key));
  if (unknown.length > 0) throw badRequest(`['${unknown.join("', '")}'] is invalid attribute for sort_keys`);
  const order = [
    ...keys.map((key, index) => [key, directions[index] === 'desc' ? -1 : 1] as const),
    ['id', 1] as const,
  ];
  views.sort((a, b) => {
    for (const [key, sign] of order) {
      const [left, right] = [String(a[key]), String(b[key])];
      if (left !== right) return left < right ? -sign : sign;
    }
    return 0;
  });
  if (query.get('page_reverse') === 'True') views.reverse();
}

function limitOf(query: URLSearchParams): number {
  const text = query.get('limit');
  if (text === null) return 0;
  if (!/^\d+$/.test(text)) {
    const reason = `Limit must be an integer 0 or greater and not '${text}'.`;
    throw new Fault(400, 'BadRequest', `Bad limit request: ${reason}`);
  }
  return Number(text);
}

function pageOf<R extends Resource>(views: Fields[], query: URLSearchParams, kind: Kind<R>): Fields[] {
  const limit = limitOf(query);
  const marker = query.get('marker');
  const start = marker ? views.findIndex((view) => view.id === marker) : -1;
  if (marker && start === -1) throw kind.missing(marker);
  const page = views.slice(start + 1, limit ? start + 1 + limit : undefined);
  return query.get('page_reverse') === 'True' ? page.reverse() : page;
}

/** `next` stands whenever the page is full, `previous` always: Neutron does not look whether there is one. */
function pagingLinks(call: NeutronCall, page: Fields[], query: URLSearchParams): Fields[] {
  const limit = limitOf(query);
  if (!limit) return [];
  const full = page.length >= limit;
  const backwards = query.get('page_reverse') === 'True';
  const link = (rel: string, marker: unknown) => {
    const params = new URLSearchParams(query);
    params.delete('marker');
    params.delete('page_reverse');
    if (marker !== undefined) params.set('marker', String(marker));
    if (rel === 'previous') params.set('page_reverse', 'True');
    return { rel, href: `${call.self}?${params}` };
  };
  return [
    ...(full || backwards ? [link('next', page.at(-1)?.id)] : []),
    ...(full || !backwards ? [link('previous', page[0]?.id)] : []),
  ];
}

/** GET /v2.0/{plural}/{id}/tags */
export function showTags<R extends Resource>(kind: Kind<R>) {
  return (call: NeutronCall, id: string): Response =>
    json(200, { tags: find(call.cloud, call.principal, kind, id).tags });
}

/** PUT /v2.0/{plural}/{id}/tags: replaces them all. */
export function replaceTags<R extends Resource>(kind: Kind<R>) {
  return (call: NeutronCall, id: string): Response => {
    const record = find(call.cloud, call.principal, kind, id);
    const body = parseJson(call.text);
    if (!isFields(body) || !Array.isArray(body.tags)) throw badRequest('Invalid tags body');
    record.tags = [...new Set(body.tags.map(String))];
    touch(record, call.cloud.timeline.now());
    return json(200, { tags: record.tags });
  };
}

/** GET /v2.0/{plural}/{id}/tags/{tag}: whether it is there. */
export function hasTag<R extends Resource>(kind: Kind<R>) {
  return (call: NeutronCall, id: string, tag: string): Response => {
    const record = find(call.cloud, call.principal, kind, id);
    if (!record.tags.includes(tag)) throw new Fault(404, 'TagNotFound', `Tag ${tag} could not be found.`);
    return empty(204);
  };
}

/** DELETE /v2.0/{plural}/{id}/tags */
export function removeTags<R extends Resource>(kind: Kind<R>) {
  return (call: NeutronCall, id: string): Response => {
    const record = find(call.cloud, call.principal, kind, id);
    record.tags = [];
    touch(record, call.cloud.timeline.now());
    return empty(204);
  };
}

/** PUT /v2.0/{plural}/{id}/tags/{tag} */
export function addTag<R extends Resource>(kind: Kind<R>) {
  return (call: NeutronCall, id: string, tag: string): Response => {
    const record = find(call.cloud, call.principal, kind, id);
    if (!record.tags.includes(tag)) record.tags.push(tag);
    touch(record, call.cloud.timeline.now());
    return json(201, null);
  };
}

/** DELETE /v2.0/{plural}/{id}/tags/{tag} */
export function removeTag<R extends Resource>(kind: Kind<R>) {
  return (call: NeutronCall, id: string, tag: string): Response => {
    const record = find(call.cloud, call.principal, kind, id);
    if (!record.tags.includes(tag)) throw new Fault(404, 'TagNotFound', `Tag ${tag} could not be found.`);
    record.tags = record.tags.filter((other) => other !== tag);
    touch(record, call.cloud.timeline.now());
    return empty(204);
  };
}
