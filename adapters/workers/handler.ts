/**
 * The worker's handlers. Concurrent requests of an isolate share sign-ins, leases and reads of keys, but the runtime cancels a
 * request's work when its client disconnects. So each request is passed to `waitUntil`.
 */

import { once, sleep } from '../../src/async.ts';
import { monotonicMs, wallTime } from '../../src/clock.ts';
import { forThisRequest } from '../../src/cross-request-promise.ts';
import { errorMessages } from '../../src/telemetry/causes.ts';
import type { ExecutionContext } from './bindings.ts';

export interface EdgeGateway {
  fetch(request: Request, env: object, context: ExecutionContext): Response | Promise<Response>;
  /** Writes buffered uses and refusals of keys, and usage. */
  flush(): Promise<void>;
  reconcile(): Promise<void>;
}

export interface EdgeHandler<Env> {
  fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response>;
  scheduled(event: unknown, env: Env, context: ExecutionContext): Promise<void>;
}

const FLUSH_DELAY_MS = 5_000;
/** A flush that has not run by then was cancelled with its request. */
const FLUSH_LOST_AFTER_MS = 60_000;

/** @param createGateway Called once per isolate, and again after a failure. */
export function edgeHandler<Env extends object>(
  createGateway: (env: Env) => Promise<EdgeGateway>,
): EdgeHandler<Env> {
  let ready: EdgeGateway | undefined;
  let flushPlannedAt = Number.NEGATIVE_INFINITY;

  const gatewayOf = once(async (env: Env) => {
    ready = await createGateway(env);
    return ready;
  });

  const isFlushDue = () => monotonicMs() - flushPlannedAt >= FLUSH_LOST_AFTER_MS;

  async function flushLater({ flush }: EdgeGateway): Promise<void> {
    flushPlannedAt = monotonicMs();
    await sleep(FLUSH_DELAY_MS);
    flushPlannedAt = Number.NEGATIVE_INFINITY;
    await flush();
  }

  function respond(gateway: EdgeGateway, request: Request, env: Env, context: ExecutionContext) {
    if (isFlushDue()) context.waitUntil(flushLater(gateway));
    return gateway.fetch(request, env, context);
  }

  async function startAndRespond(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    try {
      return await respond(await forThisRequest(gatewayOf(env)), request, env, context);
    } catch (error) {
      logStartFailure(error);
      return misconfigured(request);
    }
  }

  return {
    fetch(request, env, context) {
      const responding =
        ready === undefined ? startAndRespond(request, env, context) : respond(ready, request, env, context);
      if (responding instanceof Promise) context.waitUntil(responding);
      return responding;
    },
    async scheduled(_, env) {
      const gateway = await forThisRequest(gatewayOf(env));
      await gateway.reconcile();
    },
  };
}

function logStartFailure(error: unknown): void {
  const line = { level: 'error', time: wallTime(), error: errorMessages(error).join(' <- ') };
  console.error(JSON.stringify({ ...line, msg: 'not_started' }));
}

export function misconfigured(request: Request): Response {
  if (new URL(request.url).pathname === '/readyz')
    return Response.json({ status: 'failed' }, { status: 503 });
  const body = { error: { code: 'internalError', message: 'The gateway is not configured.' } };
  return Response.json(body, { status: 500 });
}
