/**
 * The parameters of a list of servers. What Nova does not know, or knows for administrators only, it ignores at microversion 2.1.
 *
 * @module
 */

import { ComputeError } from '../../../compute/errors.ts';
import type { Instance } from '../../../compute/model.ts';
import type { InstanceQuery } from '../../../compute/requests.ts';
import { INSTANCE_STATUSES } from '../../../compute/states.ts';
import { uuid } from '../../../http/field-schemas.ts';
import { requestsAllTenants } from '../permissions.ts';
import { limitOf, markerNotFound } from './lists.ts';

/** Nova's own bound on a page. */
const MAX_LIMIT = 1_000;
const STATUSES: ReadonlySet<string> = new Set(INSTANCE_STATUSES);
/** Nova reads a regular expression here; a part of an address, with or without its ends marked, is what clients send. */
const PART_OF_ADDRESS = /^(\^?)([0-9a-f:.\\]+)(\$?)$/i;

export interface ServerQuery {
  readonly query: InstanceQuery;
  readonly window: { readonly limit: number; readonly marker?: string };
  /** What a cloud cannot narrow by; null: nothing. */
  readonly accepts: ((instance: Instance) => boolean) | null;
  /** null: newest first, as clouds list. */
  readonly order: ((a: Instance, b: Instance) => number) | null;
}

type Accepts = (instance: Instance) => boolean;

/** What a list asks for; null when nothing can match. `invalid`. */
export function serverQuery(given: URLSearchParams): ServerQuery | null {
  const text = (name: string) => given.get(name) || undefined;
  const statuses = given.getAll('status').map((status) => status.toUpperCase());
  // No server is made by a reservation here.
  if (statuses.some((status) => !STATUSES.has(status)) || text('reservation_id')) return null;
  const [name, flavor, image] = [text('name'), text('flavor'), text('image')];
  const everybody = requestsAllTenants(given);
  const accepts = acceptedBy(text, everybody);
  return {
    query: {
      ...(statuses.length > 0 && { statuses: [...new Set(statuses)] }),
      ...(name !== undefined && { name }),
      ...(flavor !== undefined && { flavor }),
      ...(image !== undefined && { image }),
      ...(everybody && { allProjects: true }),
    },
    window: windowOf(given, text('marker')),
    accepts: accepts.length === 0 ? null : (instance) => accepts.every((one) => one(instance)),
    order: orderOf(given),
  };
}

function windowOf(given: URLSearchParams, marker: string | undefined): ServerQuery['window'] {
  const limit = Math.min(limitOf(given) ?? MAX_LIMIT, MAX_LIMIT);
  if (marker === undefined) return { limit };
  const id = uuid.safeParse(marker);
  if (!id.success) throw markerNotFound(marker);
  return { limit, marker: id.data };
}

function acceptedBy(text: (name: string) => string | undefined, everybody: boolean): Accepts[] {
  const accepts: Accepts[] = [];
  const since = text('changes-since');
  if (since !== undefined) {
    const from = Date.parse(since);
    if (Number.isNaN(from)) throw ComputeError.field('changes-since', 'must be a time in ISO 8601');
    accepts.push(({ updated }) => Date.parse(updated) >= from);
  }
  for (const [name, version] of [
    ['ip', 4],
    ['ip6', 6],
  ] as const) {
    const wanted = text(name);
    if (wanted === undefined) continue;
    const matches = addressPattern(name, wanted);
    accepts.push(({ addresses }) => addresses.some((one) => one.version === version && matches(one.address)));
  }
  const project = everybody ? (text('project_id') ?? text('tenant_id')) : undefined;
  if (project !== undefined) accepts.push(({ projectId }) => projectId === project);
  return accepts;
}

/** Not run as a regular expression: one can be made that never ends. */
function addressPattern(field: string, wanted: string): (address: string) => boolean {
  const [, begins, part = '', ends] = PART_OF_ADDRESS.exec(wanted) ?? [];
  const text = part.replaceAll('\\.', '.').toLowerCase();
  if (text === '' || text.includes('\\'))
    throw ComputeError.field(field, 'must be an address, or a part of one');
  return (address) => {
    if (begins && ends) return address === text;
    return begins ? address.startsWith(text) : ends ? address.endsWith(text) : address.includes(text);
  };
}

const SORTED_BY: Readonly<Record<string, (instance: Instance) => string>> = {
  availability_zone: ({ availabilityZone }) => availabilityZone ?? '',
  created_at: ({ created }) => created,
  display_name: ({ name }) => name,
  image_ref: ({ imageId }) => imageId ?? '',
  key_name: ({ keypairName }) => keypairName ?? '',
  project_id: ({ projectId }) => projectId,
  updated_at: ({ updated }) => updated,
  user_id: ({ userId }) => userId,
  uuid: ({ id }) => id,
};

/** `sort_key` and `sort_dir`, each as often as wanted; the last direction holds for the rest. */
function orderOf(given: URLSearchParams): ServerQuery['order'] {
  const directions = given.getAll('sort_dir');
  const keys = given.getAll('sort_key').flatMap((name, index) => {
    const read = Object.hasOwn(SORTED_BY, name) ? SORTED_BY[name] : undefined;
    const sign = (directions[index] ?? directions.at(-1) ?? 'desc') === 'asc' ? 1 : -1;
    return read === undefined ? [] : [{ read, sign }];
  });
  if (keys.length === 0) return null;
  return (a, b) => {
    for (const { read, sign } of keys) {
      if (read(a) !== read(b)) return read(a) < read(b) ? -sign : sign;
    }
    return 0;
  };
}
