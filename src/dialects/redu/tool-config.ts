import type { Context } from 'hono';
import * as z from 'zod';
import { type Access, callContext } from '../../access/access.ts';
import { decodeQuery } from '../../http/decode.ts';
import { route } from '../../http/route.ts';
import { CONFIG_FORMATS, configRegion, SECRET_PLACEHOLDER, toolConfig } from '../../tool-config.ts';
import type { Mount } from './mount.ts';

export const TOOL_CONFIG = route({
  method: 'GET',
  path: '/v1/config',
  query: z.strictObject({ format: z.enum(CONFIG_FORMATS).describe('The tool whose configuration it is.') }),
  status: 200,
  response: z.string(),
  media: 'text/plain',
});

/** What tools need to know of the gateway. */
export interface ServedTools {
  readonly publicUrl: (c: Context) => string;
  /** Whether the Nova dialect is served. */
  readonly hasNova: boolean;
}

/** `GET /v1/config`: of the request's key and region, with a placeholder for the secret. */
export function toolConfigRoute(access: Access, { publicUrl, hasNova }: ServedTools, mount: Mount): void {
  mount.add(TOOL_CONFIG, async (c) => {
    const { format } = decodeQuery(c, TOOL_CONFIG.query);
    const { credential, keyId, regions: bound } = c.var.principal;
    const all = await access.clouds.listRegions(credential, callContext(c, access.upstreamBudgetMs));
    const requested = c.var.regionPrefix === '' ? null : c.var.region;
    const region = configRegion(all, requested === null ? bound : [requested]);
    const served = access.services;
    const source = { url: publicUrl(c), keyId, key: SECRET_PLACEHOLDER, hasNova, served, region };
    return c.text(toolConfig(format, source));
  });
}
