import type { Context } from 'hono';
import { ComputeError } from '../compute/errors.ts';
import type { GatewayEnv, Stage } from '../context.ts';
import { parseRegionPath } from '../http/region-path.ts';
import { pathOf } from '../http/request-target.ts';
import { type Access, callContext } from './access.ts';
import { mayUseRegion } from './key-regions.ts';

/** Routes of the key and the gateway itself, which belong to no region unless their path names one. */
const WITHOUT_REGION = /^\/(?:v1\/(?:me|config|regions|usage|api_keys(?:\/.*)?)|cloud\/v1\/me)\/?$/;

/**
 * Rejects a key that is bound to other regions than the request's, before the cloud is called. To be mounted behind authentication
 * and the rate limits. @throws ComputeError `forbidden`.
 */
export function requireRegion({
  clouds,
  upstreamBudgetMs,
}: Pick<Access, 'clouds' | 'upstreamBudgetMs'>): Stage {
  const mayUse = (c: Context<GatewayEnv>): boolean => {
    const principal = c.get('principal');
    if (principal.regions === null) return true;
    if (c.get('regionPrefix') === '' && WITHOUT_REGION.test(pathOf(c.req.url))) return true;
    return mayUseRegion(principal, regionOf(c), clouds.regions);
  };
  return {
    async handle(c, next) {
      if (!mayUse(c)) {
        // The catalog, which may not have been read yet, has the name of a cloud's only region.
        if (regionOf(c) === '')
          await clouds.listRegions(c.get('principal').credential, callContext(c, upstreamBudgetMs));
        if (!mayUse(c))
          throw new ComputeError('forbidden', 'This API key is bound to other regions than this one.');
      }
      await next();
    },
    check: mayUse,
  };
}

/** Before the region in the path is known to exist, its name. */
function regionOf(c: Context<GatewayEnv>): string {
  return c.get('region') ?? parseRegionPath(pathOf(c.req.url))?.name ?? '';
}
