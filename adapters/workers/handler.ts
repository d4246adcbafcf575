/**
 * What the runtime calls, whatever is wired behind it.
 *
 * A gateway lives as long as its isolate and serves many requests at a time, which share sign-ins, leases and reads of keys.
 * Yet the runtime ends what belongs to a request when its client leaves. What others may be waiting for would then never
 * come, so each request is kept alive until it is done.
 *
 * @module
 */

import { monotonicMs, wallTime } from '../../src/clock.ts';
import { forThisRequest } from '../../src/cross-request-promise.ts';
import { causes } from '../../src/telemetry/causes.ts';
import type { ExecutionContext } from './bindings.ts';

/** A gateway as it is wired in an isolate. */
export interface EdgeGateway {
  fetch(request: Request, env: object, context: ExecutionContext): Response | Promise<Response>;
  /** Writes what requests left to be written. */
  flush(): Promise<void>;
  /** What the cron trigger is for. */
  reconcile(): Promise<void>;
}

/** Handlers of a worker, as the runtime wants them. */
export interface EdgeHandler<Env> {
  fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response>;
  scheduled(event: unknown, env: Env, context: ExecutionContext): Promise<void>;
}

/** For how long uses and refusals of keys are gathered before they are written, milliseconds. */
const FLUSH_AFTER = 5_000;
/** A flush that has not come by then never will: its request was ended. Milliseconds. */
const FLUSH_LOST_AFTER = 60_000;

/** @param wire Puts a gateway together; called once per isolate, and again when it failed. */
export function edgeHandler<Env extends object>(wire: (env: Env) => Promise<EdgeGateway>): EdgeHandler<Env> {
  let gateway: Promise<EdgeGateway> | undefined;
  let ready: EdgeGateway | undefined;
  let flushPlannedAt = Number.NEGATIVE_INFINITY;

  function gatewayOf(env: Env): Promise<EdgeGateway> {
    gateway ??= wire(env).then(
      (wired) => {
        ready = wired;
        return wired;
      },
      (error: unknown) => {
        gateway = undefined;
        throw error;
      },
    );
    return gateway;
  }

  const isFlushDue = () => monotonicMs() - flushPlannedAt >= FLUSH_LOST_AFTER;

  async function flushLater({ flush }: EdgeGateway): Promise<void> {
    flushPlannedAt = monotonicMs();
    await new Promise((resolve) => setTimeout(resolve, FLUSH_AFTER));
    flushPlannedAt = Number.NEGATIVE_INFINITY;
    await flush();
  }

  function answeredBy(wired: EdgeGateway, request: Request, env: Env, context: ExecutionContext) {
    if (isFlushDue()) context.waitUntil(flushLater(wired));
    return wired.fetch(request, env, context);
  }

  async function answeredFirst(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    try {
      return await answeredBy(await forThisRequest(gatewayOf(env)), request, env, context);
    } catch (error) {
      logNotStarted(error);
      return misconfigured(request);
    }
  }

  return {
    fetch(request, env, context) {
      const answering =
        ready === undefined ? answeredFirst(request, env, context) : answeredBy(ready, request, env, context);
      // What is answered at once leaves nothing to wait for.
      if (answering instanceof Promise) context.waitUntil(answering);
      return answering;
    },
    async scheduled(_, env) {
      const wired = await forThisRequest(gatewayOf(env));
      await wired.reconcile();
    },
  };
}

/** A gateway renders its own errors, so this is one that could not be put together. */
function logNotStarted(error: unknown): void {
  const line = { level: 'error', time: wallTime(), error: causes(error).join(' <- ') };
  console.error(JSON.stringify({ ...line, msg: 'not_started' }));
}

/** What a worker responds that cannot serve; to a balancer, that it is not ready. */
export function misconfigured(request: Request): Response {
  if (new URL(request.url).pathname === '/readyz')
    return Response.json({ status: 'failed' }, { status: 503 });
  const body = { error: { code: 'internalError', message: 'The gateway is not configured.' } };
  return Response.json(body, { status: 500 });
}
