/**
 * What a project may have, and has: compute's limits and quota sets, and the network's quotas.
 *
 * @module
 */

import { ComputeError } from '../../../compute/errors.ts';
import type { Quota, Quotas } from '../../../compute/model.ts';
import type { NovaCall } from './call.ts';

/** What the services say for "no limit", which is also said of what is not told. */
const UNLIMITED = -1;

/** `GET /limits`. */
export async function showLimits({ c, cloud }: NovaCall): Promise<Response> {
  const quotas = await cloud.quotas();
  const absolute = {
    maxTotalInstances: limitOf(quotas.instances),
    maxTotalCores: limitOf(quotas.cores),
    maxTotalRAMSize: limitOf(quotas.ram),
    maxTotalKeypairs: limitOf(quotas.keyPairs),
    maxServerGroups: limitOf(quotas.serverGroups),
    maxServerGroupMembers: UNLIMITED,
    maxTotalFloatingIps: limitOf(quotas.floatingIps),
    maxSecurityGroups: limitOf(quotas.securityGroups),
    maxSecurityGroupRules: UNLIMITED,
    maxServerMeta: UNLIMITED,
    maxImageMeta: UNLIMITED,
    maxPersonality: 0,
    maxPersonalitySize: 0,
    totalInstancesUsed: usageOf(quotas.instances),
    totalCoresUsed: usageOf(quotas.cores),
    totalRAMUsed: usageOf(quotas.ram),
    totalServerGroupsUsed: usageOf(quotas.serverGroups),
    totalFloatingIpsUsed: usageOf(quotas.floatingIps),
    totalSecurityGroupsUsed: usageOf(quotas.securityGroups),
  };
  return c.json({ limits: { rate: [], absolute } });
}

/** `GET /os-quota-sets/{project}`, and `.../defaults`: others than the project's own are not told. */
export function showQuotaSet(call: NovaCall, project = ''): Promise<Response> {
  return quotaSet(call, project, limitOf);
}

/** `GET /os-quota-sets/{project}/detail`. */
export function showQuotaDetail(call: NovaCall, project = ''): Promise<Response> {
  return quotaSet(call, project, (quota) => ({ limit: limitOf(quota), in_use: usageOf(quota), reserved: 0 }));
}

async function quotaSet(
  { c, cloud }: NovaCall,
  project: string,
  view: (quota: Quota) => unknown,
): Promise<Response> {
  assertOwnProject(project, c.var.principal.projectId);
  const quotas = await cloud.quotas();
  const untold: Quota = { limit: null, used: null };
  return c.json({
    quota_set: {
      id: project,
      instances: view(quotas.instances),
      cores: view(quotas.cores),
      ram: view(quotas.ram),
      key_pairs: view(quotas.keyPairs),
      server_groups: view(quotas.serverGroups),
      floating_ips: view(quotas.floatingIps),
      security_groups: view(quotas.securityGroups),
      server_group_members: view(untold),
      security_group_rules: view(untold),
      fixed_ips: view(untold),
      metadata_items: view(untold),
      injected_files: view(untold),
      injected_file_content_bytes: view(untold),
      injected_file_path_bytes: view(untold),
    },
  });
}

/** Network's `GET /quotas/{project}`. */
export function showNetworkQuota(call: NovaCall, project = ''): Promise<Response> {
  return networkQuota(call, project, limitOf);
}

/** Network's `GET /quotas/{project}/details.json`. */
export function showNetworkQuotaDetails(call: NovaCall, project = ''): Promise<Response> {
  return networkQuota(call, project, (quota) => ({
    limit: limitOf(quota),
    used: usageOf(quota),
    reserved: 0,
  }));
}

async function networkQuota(
  { c, cloud }: NovaCall,
  project: string,
  view: (quota: Quota) => unknown,
): Promise<Response> {
  assertOwnProject(project, c.var.principal.projectId);
  const { floatingIps, networks, ports, securityGroups }: Quotas = await cloud.quotas();
  return c.json({
    quota: {
      floatingip: view(floatingIps),
      network: view(networks),
      port: view(ports),
      security_group: view(securityGroups),
    },
  });
}

function assertOwnProject(project: string, own: string): void {
  if (project === own) return;
  throw new ComputeError('forbidden', 'The quotas of another project are not told.');
}

function limitOf({ limit }: Quota): number {
  return limit ?? UNLIMITED;
}

function usageOf({ used: count }: Quota): number {
  return count ?? 0;
}
