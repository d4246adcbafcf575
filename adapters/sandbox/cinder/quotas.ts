/** @module What a project may have of volumes, and what it has. */

import type { Cloud } from '../cloud.ts';
import { type Fields, isFields, json, parseJson } from '../http.ts';
import { novaFault } from '../nova/faults.ts';
import { adminOnly, type CinderCall, OverLimit } from './call.ts';
import { VOLUME_QUOTA } from './model.ts';

function quotaOf(cloud: Cloud, projectId: string): Record<string, number> {
  return { ...VOLUME_QUOTA, ...cloud.blockStorage.quotas.get(projectId) };
}

function usage(cloud: Cloud, projectId: string): Record<string, number> {
  const own = (records: Iterable<{ projectId: string; sizeGiB: number }>) =>
    [...records].filter((record) => record.projectId === projectId);
  const volumes = own(cloud.blockStorage.volumes.values());
  const snapshots = own(cloud.blockStorage.snapshots.values());
  const gigabytes = [...volumes, ...snapshots].reduce((sum, { sizeGiB }) => sum + sizeGiB, 0);
  return { volumes: volumes.length, snapshots: snapshots.length, gigabytes };
}

/** @throws Fault 413 in Cinder's words; `one`: a volume or snapshot more, absent for one that grows */
export function requireRoom(
  cloud: Cloud,
  projectId: string,
  gigabytes: number,
  one?: 'volumes' | 'snapshots',
): void {
  const quota = quotaOf(cloud, projectId);
  const used = usage(cloud, projectId);
  const exceeds = (name: string, more: number) =>
    (quota[name] ?? -1) >= 0 && (used[name] ?? 0) + more > (quota[name] ?? 0);
  if (exceeds('gigabytes', gigabytes)) {
    throw new OverLimit(
      `VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested ${gigabytes}G, quota is ${quota.gigabytes}G and ${used.gigabytes}G has been consumed.`,
    );
  }
  if (one === undefined || !exceeds(one, 1)) return;
  const message = `Maximum number of ${one} allowed (${quota[one]}) exceeded`;
  throw new OverLimit(
    one === 'volumes'
      ? `VolumeLimitExceeded: ${message} for quota 'volumes'.`
      : `SnapshotLimitExceeded: ${message}`,
  );
}

/** GET /os-quota-sets/{project}, with `usage=True` also what is used. */
export function showQuotaSet(call: CinderCall, projectId: string): Response {
  authorize(call, projectId);
  const quota = quotaOf(call.cloud, projectId);
  if (!/^true$/i.test(call.query.get('usage') ?? ''))
    return json(200, { quota_set: { ...quota, id: projectId } });
  const used = usage(call.cloud, projectId);
  const detail: Fields = {};
  for (const [name, limit] of Object.entries(quota)) {
    detail[name] = { limit, in_use: used[name.replace('___DEFAULT__', '')] ?? 0, reserved: 0 };
  }
  return json(200, { quota_set: { ...detail, id: projectId } });
}

/** PUT /os-quota-sets/{project}, administrator only. */
export function updateQuotaSet(call: CinderCall, projectId: string): Response {
  adminOnly(call, 'quotas:update');
  const body = parseJson(call.text);
  const given = isFields(body) && isFields(body.quota_set) ? body.quota_set : {};
  const limits = Object.entries(given).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );
  const { quotas } = call.cloud.blockStorage;
  quotas.set(projectId, { ...quotas.get(projectId), ...Object.fromEntries(limits) });
  return json(200, { quota_set: quotaOf(call.cloud, projectId) });
}

function authorize(call: CinderCall, projectId: string): void {
  if (projectId === call.principal.projectId || call.principal.isAdmin) return;
  throw novaFault(403, "Policy doesn't allow volume_extension:quotas:show to be performed.");
}

/** GET /limits */
export function showLimits(call: CinderCall): Response {
  const { projectId } = call.principal;
  const quota = quotaOf(call.cloud, projectId);
  const used = usage(call.cloud, projectId);
  const absolute = {
    maxTotalVolumes: quota.volumes,
    maxTotalSnapshots: quota.snapshots,
    maxTotalVolumeGigabytes: quota.gigabytes,
    maxTotalBackups: quota.backups,
    maxTotalBackupGigabytes: quota.backup_gigabytes,
    totalVolumesUsed: used.volumes,
    totalGigabytesUsed: used.gigabytes,
    totalSnapshotsUsed: used.snapshots,
    totalBackupsUsed: 0,
    totalBackupGigabytesUsed: 0,
  };
  return json(200, { limits: { rate: [], absolute } });
}
