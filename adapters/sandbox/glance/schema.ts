/** @module Glance's JSON schema of an image: what may be written, and the error for what may not. */

import { Fault, type Fields, own } from '../http.ts';
import { repr } from '../python.ts';

const VISIBILITIES = ['community', 'public', 'private', 'shared'];
const DISK_FORMATS = [
  null,
  'ami',
  'ari',
  'aki',
  'vhd',
  'vhdx',
  'vmdk',
  'raw',
  'qcow2',
  'vdi',
  'iso',
  'ploop',
];
const CONTAINER_FORMATS = [null, 'ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'];
const MAX_LENGTH = 255;
const MAX_TAGS = 128;

const READ_ONLY = [
  'checksum',
  'created_at',
  'direct_url',
  'file',
  'os_hash_algo',
  'os_hash_value',
  'schema',
  'self',
  'size',
  'status',
  'stores',
  'updated_at',
  'virtual_size',
];

/** The first problem of a value, as `jsonschema` words it; undefined: none. */
type Check = (value: unknown) => string | undefined;

const oneOf =
  (values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value) ? undefined : `${repr(value)} is not one of ${repr(values)}`;
const integer: Check = (value) =>
  Number.isInteger(value) ? undefined : `${repr(value)} is not of type 'integer'`;
const boolean: Check = (value) =>
  typeof value === 'boolean' ? undefined : `${repr(value)} is not of type 'boolean'`;
const short: Check = (value) =>
  typeof value !== 'string'
    ? `${repr(value)} is not of type 'string'`
    : value.length > MAX_LENGTH
      ? `${repr(value)} is too long`
      : undefined;

const text: Check = (value) => (typeof value === 'string' ? undefined : short(value));

const CHECKS: Readonly<Record<string, Check>> = {
  name: (value) =>
    value === null
      ? undefined
      : typeof value === 'string'
        ? short(value)
        : `${repr(value)} is not of type 'null', 'string'`,
  visibility: oneOf(VISIBILITIES),
  disk_format: oneOf(DISK_FORMATS),
  container_format: oneOf(CONTAINER_FORMATS),
  min_disk: integer,
  min_ram: integer,
  protected: boolean,
  os_hidden: boolean,
  owner: short,
  id: short,
  tags: (value) =>
    Array.isArray(value)
      ? value.map(short).find((problem) => problem !== undefined)
      : `${repr(value)} is not of type 'array'`,
};

/** Glance appends the violated part of the schema, which is left out here. */
export function validate(fields: Fields): void {
  for (const member of Object.keys(fields)) {
    if (READ_ONLY.includes(member)) throw new Fault(403, '', `Attribute '${member}' is read-only.`);
  }
  for (const [member, value] of Object.entries(fields)) {
    const problem = (own(CHECKS, member) ?? text)(value);
    if (problem === undefined) continue;
    throw new Fault(400, '', `Provided object does not match schema 'image': ${problem}`);
  }
  const tags = Array.isArray(fields.tags) ? new Set(fields.tags).size : 0;
  if (tags <= MAX_TAGS) return;
  const message = `The limit has been exceeded on the number of allowed image tags. Attempted: ${tags}, Maximum: ${MAX_TAGS}`;
  throw new Fault(413, '', message);
}
