/** @module Which query parameters Nova knows, and from which microversion on it refuses others. */

import { repr } from '../python.ts';
import { badRequest } from './faults.ts';

/** Paths, the parameters they have, and the microversion that began to refuse others. The first match counts. */
const KNOWN: readonly (readonly [RegExp, number, readonly string[]])[] = [
  // These have a table of their own.
  [/^\/servers(\/detail)?$/, Number.POSITIVE_INFINITY, []],
  [
    /^\/flavors(\/detail)?$/,
    75,
    ['limit', 'marker', 'is_public', 'minRam', 'minDisk', 'sort_key', 'sort_dir'],
  ],
  [/^\/os-keypairs$/, 75, ['limit', 'marker', 'user_id']],
  [/^\/os-keypairs\//, 75, ['user_id']],
  [/^\/os-server-groups$/, 75, ['all_projects', 'limit', 'offset']],
  [/^\/limits$/, 75, ['tenant_id']],
  [/^\/os-services$/, 75, ['binary', 'host']],
  [/^\/os-hypervisors/, 75, ['limit', 'marker', 'with_servers', 'hypervisor_hostname_pattern']],
  [/^\/os-simple-tenant-usage/, 75, ['start', 'end', 'detailed', 'limit', 'marker']],
  [/^\/os-quota-sets\//, 75, ['user_id']],
  [/\/os-instance-actions$/, 58, ['limit', 'marker', 'changes-since', 'changes-before']],
  [/\/os-volume_attachments$/, 75, ['limit', 'offset']],
  [/^/, 102, []],
];

/** @throws Fault 400 for the first parameter that this version of a GET does not know. */
export function refuseUnknownQuery(path: string, minor: number, query: URLSearchParams): void {
  const [, since = 0, names = []] = KNOWN.find(([pattern]) => pattern.test(path)) ?? [];
  if (minor < since) return;
  const extra = minor >= 102 && path.startsWith('/flavors') ? 'name' : undefined;
  const unknown = [...query.keys()].find((name) => !names.includes(name) && name !== extra);
  if (unknown !== undefined)
    throw badRequest(`Additional properties are not allowed (${repr(unknown)} was unexpected)`);
}
