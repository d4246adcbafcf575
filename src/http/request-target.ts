import type { Context, MiddlewareHandler } from 'hono';
import { ComputeError } from '../compute/errors.ts';
import type { GatewayEnv } from '../context.ts';

/** The path and query as the client wrote them, where the runtime still knows. */
export type RequestTarget = (c: Context) => string;

/** A body as it arrives, without being gathered; null when there is none. It can be read once. */
export type RequestBody = (c: Context) => AsyncIterable<Uint8Array> | null;

const DOT_SEGMENT = /(^|\/)(\.|%2e){1,2}(?=[/?#]|$)/i;

/**
 * Refuses paths with `.` or `..` in them, encoded or not. A URL parser takes such segments out, and what is left is another
 * path: of `DELETE /v1/security_groups/{id}/rules/..` it would be the group itself.
 */
export function refuseDotSegments(target: RequestTarget): MiddlewareHandler<GatewayEnv> {
  return function dotSegmentsRefused(c, next) {
    const written = target(c);
    // Few paths have either of them, and looking closer costs more.
    if (written.includes('.') || written.includes('%')) {
      if (DOT_SEGMENT.test(written.replace(/[?#].*$/s, ''))) {
        throw new ComputeError('not_found', 'There is nothing at this path.');
      }
    }
    return next();
  };
}
