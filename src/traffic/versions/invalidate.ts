/**
 * Cache invalidation after writes (RFC 9111, section 4.4): the stage `invalidateOnWrite`, around the handlers.
 */

import type { Context, MiddlewareHandler } from 'hono';
import { type ErrorCode, hasCode } from '../../compute/errors.ts';
import { tenantOf } from '../../compute/regions.ts';
import type { GatewayEnv } from '../../context.ts';
import type { ProjectVersions } from './project-versions.ts';

/** Raised only by the gateway itself, before any upstream write. */
const REJECTED_EARLY: readonly ErrorCode[] = [
  'unauthenticated',
  'precondition_failed',
  'body_too_large',
  'unsupported_media_type',
];
const METHOD_NOT_ALLOWED = 405;

/**
 * Increments the project version after every write attempt, before responding, so that reads after the response never hit older
 * entries on any gateway. A failed or timed-out write may have changed something too.
 */
export function invalidateOnWrite(versions: ProjectVersions): MiddlewareHandler<GatewayEnv> {
  return async function invalidateAfterWrite(c, next) {
    try {
      await next();
    } finally {
      if (mayHaveChanged(c)) await invalidate(versions, c);
    }
  };
}

/** For the pass-through, which knows better than the method whether a request is a write. */
export function invalidate(versions: ProjectVersions, c: Context<GatewayEnv>): Promise<void> {
  const tenant = tenantOf({ region: c.get('region'), projectId: c.get('principal').projectId });
  return versions.bump({ tenant, instanceIds: [...c.get('trace').changedInstanceIds] });
}

function mayHaveChanged({ error, res }: Context<GatewayEnv>): boolean {
  return res.status !== METHOD_NOT_ALLOWED && !hasCode(error, ...REJECTED_EARLY);
}
