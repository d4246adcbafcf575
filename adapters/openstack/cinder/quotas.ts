import * as z from 'zod';
import { hasCode } from '../../../src/compute/errors.ts';
import { NO_VOLUME_QUOTAS, type VolumeQuotas } from '../../../src/compute/volumes.ts';
import { quotaFrom, Usage } from '../nova/quotas.ts';
import type { Service } from '../service.ts';

const QuotaBody = z.object({
  quota_set: z.object({
    volumes: Usage.optional(),
    gigabytes: Usage.optional(),
    snapshots: Usage.optional(),
  }),
});

/** Cinder's share of the quotas. */
export async function volumeQuotas(cinder: Service, projectId: string): Promise<VolumeQuotas> {
  try {
    const { quota_set: quotas } = await cinder.get(`/os-quota-sets/${projectId}`, QuotaBody, {
      usage: 'True',
    });
    return {
      volumes: quotaFrom(quotas.volumes),
      gigabytes: quotaFrom(quotas.gigabytes),
      snapshots: quotaFrom(quotas.snapshots),
    };
  } catch (error) {
    if (hasCode(error, 'not_implemented')) return NO_VOLUME_QUOTAS;
    throw error;
  }
}
