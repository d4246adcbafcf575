/**
 * The way of a request, in short: a read that the same key was told a moment ago, from an answer that is still fresh, passes all
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
import { letIn, presentedKey } from './access/authenticate.ts';
import type { GatewayEnv } from './context.ts';
import { AnswerHeaders } from './http/answer-headers.ts';
import type { RequestTarget } from './http/request-target.ts';
import { newRequestId, noteRequest } from './telemetry/request-log.ts';
import { tell } from './traffic/cache/tell.ts';
import type { ToldBefore } from './traffic/cache/told-before.ts';
import type { Limits } from './traffic/limit/limit.ts';

export interface ShortWayPorts {
  readonly access: Access;
  readonly limits: Limits;
  readonly toldBefore: ToldBefore;
  readonly requestTarget: RequestTarget;
}

/** What answers a request at once, or leaves it alone: null. */
export type ShortWay = (request: Request, env: unknown) => Response | null;

export function shortWay({ access, limits, toldBefore, requestTarget }: ShortWayPorts): ShortWay {
  const { log, metrics } = access;
  return function answeredAtOnce(request, env) {
    // Of another origin's pages other stages may have something to say.
    if (request.method !== 'GET' || request.headers.has('origin')) return null;
    const started = performance.now();
    const c = new Context<GatewayEnv>(request, { env });
    const principal = access.verifier.known(presentedKey(c), access.clientAddress(c));
    if (principal === null) return null;
    const found = toldBefore.find(principal, requestTarget(c));
    if (found === null) return null;
    const headers = new AnswerHeaders();
    if (!limits.spendNow(principal, headers)) return null;

    const requestId = newRequestId(headers);
    letIn(access, principal);
    const { told, route } = found;
    metrics.count('cache_results', { result: told.result, route });
    const answer = tell(headers, c.req.header('If-None-Match'), told, Date.now());
    const who = { request_id: requestId, key: principal.keyId, project: principal.projectId };
    noteRequest(log, metrics, { method: 'GET', route, status: answer.status, started }, who);
    return answer;
  };
}
