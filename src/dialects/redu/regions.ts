import * as z from 'zod';
import { type Access, callContext } from '../../access/access.ts';
import type { Region } from '../../compute/regions.ts';
import { decodeQuery } from '../../http/decode.ts';
import { respondJson } from '../../http/json.ts';
import { page } from '../../http/page.ts';
import { pageQuerySchema } from '../../http/page-schemas.ts';
import { route } from '../../http/route.ts';
import type { Mount } from './mount.ts';

export const regionSchema = z
  .object({
    name: z.string(),
    default: z.boolean().describe('Whether paths without a region lead to it.'),
    services: z.array(z.string()).describe('Types of the services that it has.'),
  })
  .meta({ id: 'Region' });

export const REGIONS = route({
  method: 'GET',
  path: '/v1/regions',
  query: pageQuerySchema,
  status: 200,
  response: { page: regionSchema },
});

/** `GET /v1/regions`: those that are served and that the key may use, the default one first. */
export function regions({ clouds, upstreamBudgetMs }: Access, mount: Mount): void {
  mount.add(REGIONS, async (c) => {
    const window = decodeQuery(c, REGIONS.query);
    const { credential, regions: bound } = c.var.principal;
    const all = await clouds.listRegions(credential, callContext(c, upstreamBudgetMs));
    const open = all.filter(({ name }) => bound === null || bound.includes(name));
    const { items, next_cursor } = page(open, window, ({ name, isDefault }) => [isDefault ? '' : name, name]);
    return respondJson(c, { items: items.map(encodeRegion), next_cursor });
  });
}

function encodeRegion({ name, isDefault, services }: Region): z.infer<typeof regionSchema> {
  return { name, default: isDefault, services: [...services] };
}
