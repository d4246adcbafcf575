/**
 * The scope that a request needs, by service, method, path and action name. The cloud's own policies apply in addition.
 */

import type { Scope } from '../../scopes.ts';
import { type Fields, isFields } from './json-body.ts';
import { isSafeRead } from './network-reads.ts';
import type { ServiceName } from './services.ts';
import type { Target } from './target.ts';

/** Collections for administrators only, with every method. */
const ADMIN_RESOURCES: Readonly<Record<ServiceName, readonly string[]>> = {
  compute: [
    'os-aggregates',
    'os-baremetal-nodes',
    'os-console-auth-tokens',
    'os-hosts',
    'os-hypervisors',
    'os-instance_usage_audit_log',
    'os-migrations',
    'os-services',
  ],
  network: [],
  image: ['tasks', 'cache'],
  volume: [
    'capabilities',
    'clusters',
    'os-hosts',
    'os-services',
    'os-volume-manage',
    'os-snapshot-manage',
    'scheduler-stats',
    'workers',
  ],
};

/** Collections that only administrators may change. Reads are forwarded: the cloud filters what members see. */
const ADMIN_WRITES: Readonly<Record<ServiceName, readonly string[]>> = {
  compute: [
    'flavors',
    'os-agents',
    'os-assisted-volume-snapshots',
    'os-cells',
    'os-cloudpipe',
    'os-fixed-ips',
    'os-floating-ips-bulk',
    'os-networks',
    'os-quota-class-sets',
    'os-quota-sets',
    'os-server-external-events',
  ],
  network: [
    'agents',
    'availability-zones',
    'flavors',
    'log',
    'network-ip-availabilities',
    'network-segment-ranges',
    'quotas',
    'segments',
    'service-profiles',
    'service-providers',
  ],
  image: ['cached_images', 'metadefs', 'queued_images', 'stores'],
  volume: ['consistencygroups', 'group_types', 'os-quota-class-sets', 'os-quota-sets', 'qos-specs', 'types'],
};

/** Below one server. */
const ADMIN_SUBRESOURCES: readonly string[] = ['diagnostics', 'migrations', 'os-server-diagnostics'];

const ADMIN_ACTIONS: ReadonlySet<string> = new Set([
  'evacuate',
  'injectNetworkInfo',
  'migrate',
  'os-force_delete',
  'os-force_detach',
  'os-migrateLive',
  'os-migrate_volume',
  'os-migrate_volume_completion',
  'os-reset_status',
  'os-resetState',
  'os-unmanage',
  'os-update_snapshot_status',
  'resetNetwork',
]);

/** Nova's proxies for Neutron, removed in microversion 2.36. */
const NETWORK_PROXIES: ReadonlySet<string> = new Set([
  'os-floating-ips',
  'os-security-group-default-rules',
  'os-security-group-rules',
  'os-security-groups',
  'os-tenant-networks',
]);

/** Nova's proxies for Cinder, removed in microversion 2.36. */
const VOLUME_PROXIES: ReadonlySet<string> = new Set(['os-snapshots', 'os-volumes']);

/** Nova serves each route of `/servers` under this name too. */
const SERVERS_CLONE = 'os-volumes_boot';

/** Further scopes of actions: what they make is of another service. */
const ACTION_SCOPES: ReadonlyMap<string, Scope> = new Map([['os-volume_upload_image', 'images:write']]);

/** Collections where `all_tenants` needs the scope `admin`. In others the services restrict members to their own project. */
const ADMIN_IF_ALL_TENANTS: ReadonlySet<string> = new Set(['servers']);

const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'false', 'off', 'n', 'no']);
const EXTENSION = /\.(?:json|xml)$/;
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** The scope that a request needs, apart from its body. */
export function scopeFor(method: string, target: Target): Scope {
  const { service } = target;
  const path = canonicalPath(target);
  const resource = path[0] ?? '';
  const reads = READS.has(method);
  if (requiresAdmin(service, path, reads)) return 'admin';
  if (service === 'compute' && ADMIN_IF_ALL_TENANTS.has(resource) && requestsAllTenants(target.query)) {
    return 'admin';
  }
  if (service === 'network' && !(reads && isSafeRead(path))) return 'network:write';
  if (reads) return 'instances:read';
  if (service === 'volume') return 'volumes:write';
  if (service === 'image' || resource === 'images') return 'images:write';
  if (resource === 'os-keypairs') return 'keypairs:write';
  if (NETWORK_PROXIES.has(resource)) return 'network:write';
  const isAttachment = resource === 'servers' && path[2] === 'os-volume_attachments';
  return isAttachment || VOLUME_PROXIES.has(resource) ? 'volumes:write' : 'instances:write';
}

/** Whether the scope depends on the body: `POST .../{id}/action`. */
export function isAction(method: string, target: Target): boolean {
  return method === 'POST' && canonicalPath(target).at(-1) === 'action';
}

/** The further scope for an action by its body; null when the path's scope suffices. */
export function scopeForAction(body: Fields): Scope | null {
  const names = Object.keys(body);
  if (names.some((name) => ADMIN_ACTIONS.has(name))) return 'admin';
  return names.map((name) => ACTION_SCOPES.get(name)).find((scope) => scope !== undefined) ?? null;
}

/**
 * The further scope for a new server by its body: booting from volumes makes or attaches them, and the server's deletion may delete
 * them.
 */
export function scopeForNewServer(body: Fields): Scope | null {
  if (!isFields(body.server)) return null;
  const { block_device_mapping: older, block_device_mapping_v2: mappings } = body.server;
  const usesVolume = (mapping: unknown) => !isFields(mapping) || mapping.destination_type !== 'local';
  const uses =
    (Array.isArray(older) && older.length > 0) || (Array.isArray(mappings) && mappings.some(usesVolume));
  return uses ? 'volumes:write' : null;
}

/** The id in `/servers/{id}/...`, or null. In lower case: Nova's database compares case-insensitively. */
export function serverOf({ service, segments }: Target): string | null {
  const [resource, id] = withoutProject(service, segments);
  const isOne = service === 'compute' && resource === 'servers' && id !== undefined && id !== 'detail';
  return isOne ? id.toLowerCase() : null;
}

export function isKeyPairs(target: Target): boolean {
  return target.service === 'compute' && canonicalPath(target)[0] === 'os-keypairs';
}

/** Drops the project id that compute and volume accept before the resource; the cloud checks that it is the caller's. */
export function withoutProject(service: ServiceName, segments: readonly string[]): readonly string[] {
  const [first = ''] = segments;
  const isProject = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(first);
  const path = isProject && (service === 'compute' || service === 'volume') ? segments.slice(1) : segments;
  return service === 'compute' && path[0] === SERVERS_CLONE ? ['servers', ...path.slice(1)] : path;
}

/** The path as spelled in the tables: Neutron and Cinder accept content type extensions, Neutron `_` for `-`. */
function canonicalPath({ service, segments }: Target): readonly string[] {
  const names = withoutProject(service, segments).map((segment) => segment.replace(EXTENSION, ''));
  return service === 'network' ? names.map((name) => name.replaceAll('_', '-')) : names;
}

function requiresAdmin(service: ServiceName, path: readonly string[], reads: boolean): boolean {
  const resource = path[0] ?? '';
  if (ADMIN_RESOURCES[service].includes(resource)) return true;
  if (!reads && ADMIN_WRITES[service].includes(resource)) return true;
  if (service === 'compute') {
    const [, second, third] = path;
    if (resource === 'servers') return third !== undefined && ADMIN_SUBRESOURCES.includes(third);
    if (resource === 'os-availability-zone') return second === 'detail';
  }
  return service === 'image' && resource === 'stores' && path[1] === 'detail';
}

/** Whether `all_tenants` has any value that a service does not parse as false. */
export function requestsAllTenants(query: URLSearchParams): boolean {
  const given = [...query.getAll('all_tenants'), ...query.getAll('all_projects')];
  return given.some((value) => !FALSE.has(value.trim().toLowerCase()));
}
