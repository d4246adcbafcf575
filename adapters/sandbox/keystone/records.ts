/**
 * @module What Keystone stores for the administrator and the sandbox does not act on: domains, groups, the catalog's entries,
 * limits. One table of collections, all with the same five operations.
 */

import type { Cloud } from '../cloud.ts';
import { empty, type Fields, hexId, isFields, json, type Route } from '../http.ts';
import { collection, type KeystoneCall } from './call.ts';
import { forbidden, invalid, notFound } from './faults.ts';

interface Collection {
  readonly name: string;
  /** Of its items, in bodies and policies. */
  readonly item: string;
  /** What a new one has to have. */
  readonly required?: readonly string[];
  readonly defaults?: Fields;
  /** Who may read: else the administrator alone. */
  readonly readers?: 'members';
}

const COLLECTIONS: readonly Collection[] = [
  { name: 'domains', item: 'domain', required: ['name'], defaults: { description: '', enabled: true } },
  { name: 'groups', item: 'group', required: ['name'], defaults: { domain_id: 'default', description: '' } },
  { name: 'services', item: 'service', required: ['type'], defaults: { enabled: true } },
  { name: 'endpoints', item: 'endpoint', required: ['service_id', 'interface', 'url'] },
  { name: 'regions', item: 'region', readers: 'members', defaults: { parent_region_id: null } },
  { name: 'registered_limits', item: 'registered_limit', readers: 'members' },
  { name: 'limits', item: 'limit', readers: 'members' },
  { name: 'policies', item: 'policy', required: ['blob', 'type'] },
];

/** Lists that stay empty here. */
const EMPTY: readonly (readonly [path: string, name: string, action: string])[] = [
  ['role_assignments', 'role_assignments', 'list_role_assignments'],
  ['role_inferences', 'role_inferences', 'list_role_inference_rules'],
  ['OS-TRUST/trusts', 'trusts', 'list_trusts'],
  ['OS-FEDERATION/identity_providers', 'identity_providers', 'list_identity_providers'],
  ['OS-OAUTH1/consumers', 'consumers', 'list_consumers'],
  ['OS-EP-FILTER/endpoint_groups', 'endpoint_groups', 'list_endpoint_groups'],
];

export const RECORD_ROUTES: readonly Route<KeystoneCall>[] = [
  ['GET', '/v3/limits/model', showModel],
  ...COLLECTIONS.flatMap(routesOf),
  ...EMPTY.map(
    ([path, name, action]): Route<KeystoneCall> => [
      'GET',
      `/v3/${path}`,
      (call) => {
        call.admin(`identity:${action}`);
        return json(200, collection(call, name, []));
      },
    ],
  ),
];

function showModel(call: KeystoneCall): Response {
  call.principal();
  return json(200, {
    model: { name: 'flat', description: 'Limits of projects do not depend on their parents.' },
  });
}

function routesOf(kind: Collection): Route<KeystoneCall>[] {
  const { name, item } = kind;
  const path = `/v3/${name}`;
  const admits = (call: KeystoneCall, action: string) =>
    kind.readers === undefined ? call.admin(`identity:${action}`) : call.principal();
  const view = ({ baseUrl }: Cloud, id: string, fields: Fields) => ({
    ...fields,
    id,
    links: { self: `${baseUrl}/identity${path}/${id}` },
  });
  return [
    [
      'GET',
      path,
      (call) => {
        admits(call, `list_${name}`);
        const items = [...recordsOf(call.cloud, name)].map(([id, fields]) => view(call.cloud, id, fields));
        const isWanted = (one: Fields) =>
          [...call.query].every(([field, value]) => !(field in one) || String(one[field]) === value);
        return json(200, collection(call, name, items.filter(isWanted)));
      },
    ],
    [
      'POST',
      path,
      (call) => {
        call.admin(`identity:create_${item}`);
        const body = call.body();
        const several = body[name];
        const made = (Array.isArray(several) ? several : [body[item]]).map((given) => {
          const fields = newFields(kind, given);
          const id = typeof fields.id === 'string' ? fields.id : hexId();
          recordsOf(call.cloud, name).set(id, fields);
          return view(call.cloud, id, fields);
        });
        return json(201, Array.isArray(several) ? { [name]: made } : { [item]: made[0] });
      },
    ],
    [
      'GET',
      `${path}/:id`,
      (call, id) => {
        const principal = call.principal();
        const isOwnDomain = name === 'domains' && id === 'default';
        if (kind.readers === undefined && !principal.isAdmin && !isOwnDomain)
          throw forbidden(`identity:get_${item}`);
        return json(200, { [item]: view(call.cloud, id, find(call.cloud, kind, id)) });
      },
    ],
    [
      'PATCH',
      `${path}/:id`,
      (call, id) => {
        call.admin(`identity:update_${item}`);
        const fields = { ...find(call.cloud, kind, id), ...fieldsOf(kind, call.body()[item]) };
        recordsOf(call.cloud, name).set(id, fields);
        return json(200, { [item]: view(call.cloud, id, fields) });
      },
    ],
    [
      'DELETE',
      `${path}/:id`,
      (call, id) => {
        call.admin(`identity:delete_${item}`);
        find(call.cloud, kind, id);
        recordsOf(call.cloud, name).delete(id);
        return empty(204);
      },
    ],
  ];
}

export function recordsOf({ identity }: Cloud, name: string): Map<string, Fields> {
  const records = identity.records.get(name) ?? new Map<string, Fields>();
  identity.records.set(name, records);
  return records;
}

function fieldsOf({ item }: Collection, given: unknown): Fields {
  if (!isFields(given)) throw invalid(`'${item}' is a required property`);
  return given;
}

function newFields(kind: Collection, given: unknown): Fields {
  const fields = fieldsOf(kind, given);
  const missing = kind.required?.find((field) => typeof fields[field] !== 'string');
  if (missing !== undefined) throw invalid(`'${missing}' is a required property`);
  return { ...kind.defaults, ...fields };
}

function find(cloud: Cloud, { name, item }: Collection, id: string): Fields {
  const fields = recordsOf(cloud, name).get(id);
  if (!fields) throw notFound(item, id);
  return fields;
}
