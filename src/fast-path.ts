/**
 * The way of a request, in short: a read that the same key was told a moment ago, from an answer that still holds, passes all
 * stages of `gateway.ts` at once. Each is asked, in their order and by the functions they use themselves; but none may have to
 * wait, and none may find anything else than it did before. Where one does, nothing has been done yet and the request goes the
 * long way.
 *
 * This is what `GET`s cost that clients send over and over: no promise, no router, no chain of stages.
 *
 * @module
 */

import { Context } from 'hono';
import type { Access } from './access/access.ts';
import { recordAuthenticated } from './access/authenticate.ts';
import type { GatewayEnv } from './context.ts';
import { newRequestId, recordRequest } from './http/request-log.ts';
import type { RequestRejection } from './http/request-target.ts';
import { ResponseHeaders } from './http/response-headers.ts';
import type { FastPathSource } from './traffic/cache/fast-path-source.ts';
import type { Limits } from './traffic/limit/limit.ts';

export interface ShortWayPorts {
  readonly access: Access;
  readonly limits: Limits;
  readonly unreadable: RequestRejection;
  /** Of each dialect; a request is looked for where its key is found first. */
  readonly sources: readonly FastPathSource[];
}

/** What answers a request at once, or leaves it alone: null. */
export type ShortWay = (request: Request, env: unknown) => Response | null;

export function shortWay({ access, limits, sources, unreadable }: ShortWayPorts): ShortWay {
  const { log, metrics } = access;
  const whereKeyIs = (c: Context<GatewayEnv>) => {
    for (const reads of sources) {
      const key = reads.keyIn(c);
      if (key !== undefined) return [key, reads] as const;
    }
    return [];
  };
  return function answeredAtOnce(request, env) {
    // Of another origin's pages other stages may have something to say.
    if (request.method !== 'GET' || request.headers.has('origin')) return null;
    const started = performance.now();
    const c = new Context<GatewayEnv>(request, { env });
    if (unreadable(c) !== null) return null;
    const [key, reads] = whereKeyIs(c);
    const principal = access.verifier.cachedPrincipal(key, access.clientAddress(c));
    const found = principal && reads?.find(principal, c);
    if (principal === null || !found) return null;
    const headers = new ResponseHeaders();
    if (!limits.tryConsume(principal, headers)) return null;

    const requestId = newRequestId();
    headers.set('X-Request-Id', requestId);
    recordAuthenticated(access, principal);
    const { route } = found;
    metrics.count('cache_requests', { result: 'hit', route });
    const answer = found.respond(headers);
    const who = { request_id: requestId, key: principal.keyId, project: principal.projectId };
    recordRequest(log, metrics, { method: 'GET', route, status: answer.status, started }, who);
    return answer;
  };
}
