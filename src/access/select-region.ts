/**
 * The region of a request: the one in its path, else the default one. Which regions are served is known from the configuration, or
 * from the catalogs of the cloud; so the second stage, behind authentication, reads the caller's catalog for a name that is not known.
 */

import type { Context, Next } from 'hono';
import type { CloudDriver } from '../compute/cloud.ts';
import { ComputeError } from '../compute/errors.ts';
import type { ServedRegions } from '../compute/regions.ts';
import type { GatewayEnv, Stage } from '../context.ts';
import { parseRegionPath } from '../http/region-path.ts';
import { pathOf } from '../http/request-target.ts';
import { type Access, callContext } from './access.ts';

/** Sets `region` and its prefix. An unknown region is like a path without a route: `not_found`. */
export function selectRegion(regions: ServedRegions): Stage {
  const useDefault = (c: Context<GatewayEnv>) => {
    c.set('region', regions.default);
    c.set('regionPrefix', '');
  };
  return {
    handle(c, next) {
      const given = parseRegionPath(pathOf(c.req.url));
      if (given === null) {
        useDefault(c);
        return next();
      }
      const region = given.name === null ? null : regions.resolve(given.name);
      if (region === null) throw unknownRegion();
      c.set('regionPrefix', given.prefix);
      if (region !== undefined) c.set('region', region);
      return next();
    },
    // The fast path serves no path with a region.
    check(c) {
      useDefault(c);
      return true;
    },
  };
}

/** Reads the caller's catalog for a region that is in none read so far. To be mounted behind authentication and the rate limits. */
export function findRegion({ clouds, upstreamBudgetMs }: Pick<Access, 'clouds' | 'upstreamBudgetMs'>): Stage {
  return {
    async handle(c, next) {
      if (c.get('region') === undefined) await readRegion(c, clouds, upstreamBudgetMs);
      await next();
    },
    check: () => true,
  };
}

/** Refuses a region that is in no catalog read so far: a request without a key has none to look it up in. */
export function requireKnownRegion(c: Context<GatewayEnv>, next: Next): Promise<void> {
  if (c.get('region') === undefined) throw unknownRegion();
  return next();
}

/** @throws ComputeError `not_found`: the cloud has no such region; and what signing in may throw. */
export async function readRegion(
  c: Context<GatewayEnv>,
  clouds: Pick<CloudDriver, 'regions' | 'listRegions'>,
  upstreamBudgetMs: number,
): Promise<void> {
  const name = parseRegionPath(pathOf(c.req.url))?.name ?? '';
  const call = { ...callContext(c, upstreamBudgetMs), region: clouds.regions.default };
  await clouds.listRegions(c.get('principal').credential, call);
  const region = clouds.regions.resolve(name);
  if (region == null) throw unknownRegion();
  c.set('region', region);
}

function unknownRegion(): ComputeError {
  return new ComputeError(
    'not_found',
    'Not found: this cloud has no region of this name, or does not serve it.',
  );
}
