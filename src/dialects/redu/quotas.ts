import * as z from 'zod';
import type { Quota, QuotaName, Quotas } from '../../compute/model.ts';
import { route } from '../../http/route.ts';
import type { Read } from '../../traffic/cache/read.ts';

const quotaSchema = z.object({
  limit: z.int().nullable().describe('null: unlimited.'),
  used: z.int().nullable().describe('null: not reported.'),
});

export const quotasSchema = z
  .object({
    instances: quotaSchema,
    cores: quotaSchema,
    ram_mb: quotaSchema,
    key_pairs: quotaSchema,
    server_groups: quotaSchema,
    floating_ips: quotaSchema,
    security_groups: quotaSchema,
    networks: quotaSchema,
    ports: quotaSchema,
    volumes: quotaSchema,
    gigabytes: quotaSchema.describe('GiB of volumes and their snapshots.'),
    snapshots: quotaSchema.describe('Of volumes.'),
  })
  .meta({ id: 'Quotas' });
type QuotasBody = z.infer<typeof quotasSchema>;

export const QUOTAS = route({
  method: 'GET',
  path: '/v1/quotas',
  scope: 'instances:read',
  status: 200,
  response: quotasSchema,
});

const FIELDS: Record<QuotaName, keyof QuotasBody> = {
  instances: 'instances',
  cores: 'cores',
  ram: 'ram_mb',
  keyPairs: 'key_pairs',
  serverGroups: 'server_groups',
  floatingIps: 'floating_ips',
  securityGroups: 'security_groups',
  networks: 'networks',
  ports: 'ports',
  volumes: 'volumes',
  gigabytes: 'gigabytes',
  snapshots: 'snapshots',
};

/** `GET /v1/quotas`: limit and usage of each resource. */
export const readQuotas: Read<null, Quotas> = {
  input: () => null,
  load: (cloud) => cloud.quotas(),
  render(quotas) {
    const fields = Object.entries(FIELDS) as [QuotaName, keyof QuotasBody][];
    return {
      body: JSON.stringify(
        Object.fromEntries(fields.map(([name, field]) => [field, encodeQuota(quotas[name])])),
      ),
    };
  },
};

function encodeQuota({ limit, used }: Quota): z.infer<typeof quotaSchema> {
  return { limit, used };
}
