import * as z from 'zod';
import type { Quota } from '../../../src/compute/model.ts';
import type { Nova } from './nova.ts';

export const Usage = z.object({ limit: z.number(), in_use: z.number(), reserved: z.number() });
const NOT_REPORTED: Quota = { limit: null, used: null };
const QuotaBody = z.object({
  quota_set: z.object({
    instances: Usage.optional(),
    cores: Usage.optional(),
    ram: Usage.optional(),
    key_pairs: Usage.optional(),
    server_groups: Usage.optional(),
  }),
});

/** Nova's share of the quotas. Key pairs are counted per user, and Nova always reports 0 in use. */
export async function computeQuotas(nova: Nova, projectId: string) {
  const { quota_set: quotas } = await nova.using().get(`/os-quota-sets/${projectId}/detail`, QuotaBody);
  return {
    instances: quotaFrom(quotas.instances),
    cores: quotaFrom(quotas.cores),
    ram: quotaFrom(quotas.ram),
    keyPairs: { ...quotaFrom(quotas.key_pairs), used: null },
    serverGroups: quotaFrom(quotas.server_groups),
  };
}

export function quotaFrom(usage: z.infer<typeof Usage> | undefined): Quota {
  if (usage === undefined) return NOT_REPORTED;
  const { limit, in_use, reserved } = usage;
  return { limit: limit < 0 ? null : limit, used: in_use + reserved };
}
