/** @module Quota sets, limits, and the check before anything is made. */

import type { Cloud } from '../cloud.ts';
import { type Fields, json } from '../http.ts';
import { adminOnly, bodyOf, inner, type NovaCall } from './call.ts';
import { badRequest, disallowed, novaFault } from './faults.ts';
import { COMPUTE_QUOTA, type ComputeQuota, type Flavor } from './model.ts';

/** The limits of a project. */
export function computeQuota(cloud: Cloud, projectId: string): ComputeQuota {
  return { ...COMPUTE_QUOTA, ...cloud.compute.quotas.get(projectId) };
}

interface Usage {
  cores: number;
  instances: number;
  ram: number;
}

/** What a project's servers use. A resize counts the larger flavor until it is confirmed. */
export function usage(cloud: Cloud, projectId: string): Usage {
  const used = { cores: 0, instances: 0, ram: 0 };
  for (const server of cloud.compute.servers.values()) {
    if (server.projectId !== projectId || server.deletedAt !== null) continue;
    used.instances += 1;
    used.cores += Math.max(server.flavor.vcpus, server.oldFlavor?.vcpus ?? 0);
    used.ram += Math.max(server.flavor.ramMiB, server.oldFlavor?.ramMiB ?? 0);
  }
  return used;
}

/** @throws Fault 403 that names all resources of which there are not enough, in Nova's words */
export function requireRoom(cloud: Cloud, projectId: string, wanted: Partial<Usage>): void {
  const used = usage(cloud, projectId);
  const limits = computeQuota(cloud, projectId);
  const over = (['cores', 'instances', 'ram'] as const).filter((name) => {
    const requested = wanted[name] ?? 0;
    return requested > 0 && limits[name] >= 0 && used[name] + requested > limits[name];
  });
  if (over.length === 0) return;
  const list = (read: (name: keyof Usage) => unknown) => over.map(read).join(', ');
  const names = list((name) => name);
  const requested = list((name) => wanted[name]);
  const have = list((name) => used[name]);
  const most = list((name) => limits[name]);
  throw novaFault(
    403,
    `Quota exceeded for ${names}: Requested ${requested}, but already used ${have} of ${most} ${names}`,
  );
}

/** What `count` servers of a flavor need. */
export function needOf(flavor: Flavor, count: number): Usage {
  return { cores: flavor.vcpus * count, instances: count, ram: flavor.ramMiB * count };
}

/** @throws Fault 403 when there are more metadata items than allowed */
export function requireMetadataRoom(cloud: Cloud, projectId: string, metadata: Fields): void {
  const most = computeQuota(cloud, projectId).metadata_items;
  if (most >= 0 && Object.keys(metadata).length > most) {
    throw novaFault(403, `Maximum number of metadata items exceeds ${most}`);
  }
}

/** GET /os-quota-sets/{project} */
export function showQuotaSet(call: NovaCall, projectId: string): Response {
  authorize(call, projectId, 'show');
  const quota = withRetired(call, { ...computeQuota(call.cloud, projectId) });
  return json(200, { quota_set: { id: projectId, ...quota } });
}

/** GET /os-quota-sets/{project}/defaults */
export function showQuotaDefaults(call: NovaCall, projectId: string): Response {
  return json(200, { quota_set: { id: projectId, ...withRetired(call, { ...COMPUTE_QUOTA }) } });
}

/** GET /os-quota-sets/{project}/detail. Key pairs and metadata are never counted in it. */
export function showQuotaDetail(call: NovaCall, projectId: string): Response {
  authorize(call, projectId, 'detail');
  const used: Fields = { ...usage(call.cloud, projectId), server_groups: groupCount(call.cloud, projectId) };
  const detail: Fields = {};
  for (const [name, limit] of Object.entries(withRetired(call, { ...computeQuota(call.cloud, projectId) }))) {
    detail[name] = { limit, in_use: used[name] ?? 0, reserved: 0 };
  }
  return json(200, { quota_set: { id: projectId, ...detail } });
}

/** PUT /os-quota-sets/{project}, administrator only. */
export function updateQuotaSet(call: NovaCall, projectId: string): Response {
  adminOnly(call, 'os-quota-sets:update');
  const given = inner(bodyOf(call, { type: 'object', required: ['quota_set'] }), 'quota_set');
  const limits = Object.entries(given).filter(
    ([name, value]) => name in COMPUTE_QUOTA && Number.isInteger(Number(value)),
  );
  const numbers = Object.fromEntries(limits.map(([name, value]) => [name, Number(value)]));
  const { quotas } = call.cloud.compute;
  quotas.set(projectId, { ...quotas.get(projectId), ...numbers });
  return json(200, { quota_set: withRetired(call, { ...computeQuota(call.cloud, projectId) }) });
}

/** GET /os-quota-class-sets/{name}, administrator only: the defaults. */
export function showQuotaClass(call: NovaCall, name: string): Response {
  adminOnly(call, 'os-quota-class-sets:show');
  return json(200, { quota_class_set: { id: name, ...withRetired(call, { ...COMPUTE_QUOTA }) } });
}

function authorize(call: NovaCall, projectId: string, action: string): void {
  if (projectId !== call.principal.projectId && !call.principal.isAdmin)
    throw disallowed(`os-quota-sets:${action}`);
  if (call.principal.isAdmin && !call.cloud.identity.projects.has(projectId)) {
    throw badRequest(`Project ID ${projectId} is not a valid project.`);
  }
}

/** Adds the quotas that newer microversions no longer show. */
function withRetired(call: NovaCall, quota: Fields): Fields {
  const network = { fixed_ips: -1, floating_ips: -1, security_group_rules: -1, security_groups: -1 };
  const files = { injected_file_content_bytes: 10240, injected_file_path_bytes: 255, injected_files: 5 };
  return { ...quota, ...(call.minor < 36 && network), ...(call.minor < 57 && files) };
}

/** GET /limits; `tenant_id` for the administrator. */
export function showLimits(call: NovaCall): Response {
  const { cloud, minor, principal } = call;
  const requested = call.query.get('tenant_id');
  const projectId = requested && principal.isAdmin ? requested : principal.projectId;
  const quota = computeQuota(cloud, projectId);
  const used = usage(cloud, projectId);
  const absolute = {
    maxTotalInstances: quota.instances,
    maxTotalCores: quota.cores,
    maxTotalRAMSize: quota.ram,
    maxServerMeta: quota.metadata_items,
    ...(minor < 39 && { maxImageMeta: quota.metadata_items }),
    ...(minor < 57 && { maxPersonality: 5, maxPersonalitySize: 10240 }),
    maxTotalKeypairs: quota.key_pairs,
    maxServerGroups: quota.server_groups,
    maxServerGroupMembers: quota.server_group_members,
    ...(minor < 36 && { maxTotalFloatingIps: -1, maxSecurityGroups: -1, maxSecurityGroupRules: -1 }),
    totalRAMUsed: used.ram,
    totalCoresUsed: used.cores,
    totalInstancesUsed: used.instances,
    ...(minor < 36 && { totalFloatingIpsUsed: 0, totalSecurityGroupsUsed: 0 }),
    totalServerGroupsUsed: groupCount(cloud, projectId),
  };
  return json(200, { limits: { rate: [], absolute } });
}

/** How many server groups a project has. */
export function groupCount(cloud: Cloud, projectId: string): number {
  return [...cloud.compute.groups.values()].filter((group) => group.projectId === projectId).length;
}
