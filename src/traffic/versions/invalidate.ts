/**
 * The stage `invalidateOnWrite`, around the handlers.
 *
 * @module
 */

import type { Context, MiddlewareHandler } from 'hono';
import { type ErrorCode, hasCode } from '../../compute/errors.ts';
import type { GatewayEnv } from '../../context.ts';
import type { ProjectVersions } from './project-versions.ts';

/** Raised only by the gateway itself, before the cloud is asked for a change. */
const REJECTED_EARLY: readonly ErrorCode[] = [
  'unauthenticated',
  'precondition_failed',
  'body_too_large',
  'unsupported_media_type',
];
/** A path that does not know the method. */
const METHOD_NOT_ALLOWED = 405;

/**
 * Around writes: after every request that may have changed something, and before its answer leaves, begins a new version of its project: so
 * whoever has the answer reads what it says, at any gateway. Whatever came of the request: what failed halfway, or was not
 * answered in time, may have changed something too.
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

/** For what passes the cloud's own requests through, which knows better than their method whether they change something. */
export function invalidate(versions: ProjectVersions, c: Context<GatewayEnv>): Promise<void> {
  const { projectId } = c.get('principal');
  return versions.bump({ projectId, instanceIds: [...c.get('trace').changedInstanceIds] });
}

function mayHaveChanged({ error, res }: Context<GatewayEnv>): boolean {
  return res.status !== METHOD_NOT_ALLOWED && !hasCode(error, ...REJECTED_EARLY);
}
