/**
 * A project's quotas and usage: compute's limits and quota sets, and Neutron's quotas.
 *
 * @module
 */

import { ComputeError } from '../../../compute/errors.ts';
import type { Quota, QuotaName, Quotas } from '../../../compute/model.ts';
import type { NovaCall, NovaHandler } from './call.ts';
import { isTrue } from './lists.ts';
import { isWithin, type Span } from './microversions.ts';

/** The services' value for "no limit", and for a limit that redu does not report. */
const UNLIMITED = -1;
const UNREPORTED: Quota = { limit: null, used: null };

/** Which quota a member shows; null where redu reports none. */
type Members = Readonly<Record<string, QuotaName | null>>;

const LIMITS: Members = {
  maxTotalInstances: 'instances',
  maxTotalCores: 'cores',
  maxTotalRAMSize: 'ram',
  maxTotalKeypairs: 'keyPairs',
  maxServerGroups: 'serverGroups',
  maxServerGroupMembers: null,
  maxTotalFloatingIps: 'floatingIps',
  maxSecurityGroups: 'securityGroups',
  maxSecurityGroupRules: null,
  maxServerMeta: null,
  maxImageMeta: null,
};

const USAGE: Members = {
  totalInstancesUsed: 'instances',
  totalCoresUsed: 'cores',
  totalRAMUsed: 'ram',
  totalServerGroupsUsed: 'serverGroups',
  totalFloatingIpsUsed: 'floatingIps',
  totalSecurityGroupsUsed: 'securityGroups',
};

const QUOTA_SET: Members = {
  instances: 'instances',
  cores: 'cores',
  ram: 'ram',
  key_pairs: 'keyPairs',
  server_groups: 'serverGroups',
  floating_ips: 'floatingIps',
  security_groups: 'securityGroups',
  server_group_members: null,
  security_group_rules: null,
  fixed_ips: null,
  metadata_items: null,
  injected_files: null,
  injected_file_content_bytes: null,
  injected_file_path_bytes: null,
};

/** Members of compute that its later microversions do not have. */
const SPANS: Readonly<Record<string, Span>> = {
  ...spans(35, ['maxTotalFloatingIps', 'maxSecurityGroups', 'maxSecurityGroupRules']),
  ...spans(35, ['totalFloatingIpsUsed', 'totalSecurityGroupsUsed']),
  ...spans(35, ['floating_ips', 'security_groups', 'security_group_rules', 'fixed_ips']),
  ...spans(38, ['maxImageMeta']),
  ...spans(56, ['maxPersonality', 'maxPersonalitySize']),
  ...spans(56, ['injected_files', 'injected_file_content_bytes', 'injected_file_path_bytes']),
};

function spans(until: number, members: readonly string[]): Record<string, Span> {
  return Object.fromEntries(members.map((member) => [member, [1, until]]));
}

function membersAt(minor: number, members: object): object {
  const shown = Object.entries(members).filter(([member]) => isWithin(minor, SPANS[member] ?? [1]));
  return Object.fromEntries(shown);
}

const NETWORK_QUOTA: Members = {
  floatingip: 'floatingIps',
  network: 'networks',
  port: 'ports',
  security_group: 'securityGroups',
};

const VOLUME_LIMITS: Members = {
  maxTotalVolumes: 'volumes',
  maxTotalVolumeGigabytes: 'gigabytes',
  maxTotalSnapshots: 'snapshots',
};

const VOLUME_USAGE: Members = {
  totalVolumesUsed: 'volumes',
  totalGigabytesUsed: 'gigabytes',
  totalSnapshotsUsed: 'snapshots',
};

const VOLUME_QUOTA: Members = {
  volumes: 'volumes',
  gigabytes: 'gigabytes',
  snapshots: 'snapshots',
  per_volume_gigabytes: null,
};

export async function showVolumeLimits({ c, cloud }: NovaCall): Promise<Response> {
  const quotas = await cloud.quotas();
  const absolute = {
    ...membersOf(VOLUME_LIMITS, quotas, limitOf),
    ...membersOf(VOLUME_USAGE, quotas, usageOf),
  };
  return c.json({ limits: { rate: [], absolute } });
}

export async function showLimits({ c, cloud, minor }: NovaCall): Promise<Response> {
  const quotas = await cloud.quotas();
  const absolute = {
    ...membersOf(LIMITS, quotas, limitOf),
    maxPersonality: 0,
    maxPersonalitySize: 0,
    ...membersOf(USAGE, quotas, usageOf),
  };
  return c.json({ limits: { rate: [], absolute: membersAt(minor, absolute) } });
}

/** `GET /os-quota-sets/{project}`, and `.../defaults`: redu reports the project's own limits only. */
export const showQuotaSet = quotaHandler(quotaSet, limitOf);

const withUsage = (quota: Quota) => ({ limit: limitOf(quota), in_use: usageOf(quota), reserved: 0 });

export const showQuotaDetail = quotaHandler(quotaSet, withUsage);

const showVolumeQuotas = quotaHandler(volumeQuotaSet, limitOf);
const showVolumeUsage = quotaHandler(volumeQuotaSet, withUsage);

/** With `usage=True` also what is used. */
export const showVolumeQuotaSet: NovaHandler = (call, project = '') =>
  (isTrue(call.query.get('usage')) ? showVolumeUsage : showVolumeQuotas)(call, project);

export const showNetworkQuota = quotaHandler(networkQuota, limitOf);

export const showNetworkQuotaDetails = quotaHandler(networkQuota, (quota) => ({
  limit: limitOf(quota),
  used: usageOf(quota),
  reserved: 0,
}));

type QuotaView = (quota: Quota) => unknown;

function quotaHandler(
  body: (quotas: Quotas, view: QuotaView, project: string, minor: number) => object,
  view: QuotaView,
): NovaHandler {
  return async function showQuotas({ c, cloud, minor }, project = '') {
    if (project !== c.var.principal.projectId)
      throw new ComputeError('forbidden', 'The quotas of another project are not accessible.');
    return c.json(body(await cloud.quotas(), view, project, minor));
  };
}

function quotaSet(quotas: Quotas, view: QuotaView, id: string, minor: number): object {
  return { quota_set: { id, ...membersAt(minor, membersOf(QUOTA_SET, quotas, view)) } };
}

function volumeQuotaSet(quotas: Quotas, view: QuotaView, id: string): object {
  return { quota_set: { id, ...membersOf(VOLUME_QUOTA, quotas, view) } };
}

function networkQuota(quotas: Quotas, view: QuotaView): object {
  return { quota: membersOf(NETWORK_QUOTA, quotas, view) };
}

function membersOf(members: Members, quotas: Quotas, view: QuotaView): object {
  const entries = Object.entries(members);
  return Object.fromEntries(
    entries.map(([member, name]) => [member, view(name === null ? UNREPORTED : quotas[name])]),
  );
}

function limitOf({ limit }: Quota): number {
  return limit ?? UNLIMITED;
}

function usageOf({ used }: Quota): number {
  return used ?? 0;
}
