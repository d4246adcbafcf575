/**
 * The stage `announceChanges`, around the handlers.
 *
 * @module
 */

import type { Context, MiddlewareHandler } from 'hono';
import { type ErrorCode, hasCode } from '../../compute/errors.ts';
import type { GatewayEnv } from '../../context.ts';
import type { ProjectVersions } from './project-versions.ts';

/** Raised only by the gateway itself, before the cloud is asked for a change. */
const UNTOUCHED: readonly ErrorCode[] = [
  'unauthenticated',
  'precondition_failed',
  'body_too_large',
  'unsupported_media_type',
];
/** A path that does not know the method. */
const NO_SUCH_METHOD = 405;

/**
 * Around writes: after every request that may have changed something, and before its answer leaves, begins a new version of its project: so
 * whoever has the answer reads what it says, at any gateway. Whatever came of the request: what failed halfway, or was not
 * answered in time, may have changed something too.
 */
export function announceChanges(versions: ProjectVersions): MiddlewareHandler<GatewayEnv> {
  return async function changesAnnounced(c, next) {
    try {
      await next();
    } finally {
      if (mayHaveChanged(c)) await announceChange(versions, c);
    }
  };
}

/** For what passes the cloud's own requests through, which knows better than their method whether they change something. */
export function announceChange(versions: ProjectVersions, c: Context<GatewayEnv>): Promise<void> {
  const { projectId } = c.get('principal');
  return versions.changed({ projectId, instanceIds: [...c.get('trace').changedInstanceIds] });
}

function mayHaveChanged({ error, res }: Context<GatewayEnv>): boolean {
  return res.status !== NO_SUCH_METHOD && !hasCode(error, ...UNTOUCHED);
}
