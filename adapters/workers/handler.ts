/**
 * What the runtime calls, whatever is wired behind it.
 *
 * A gateway lives as long as its isolate and serves many requests at a time, which share sign-ins, leases and reads of keys.
 * Yet the runtime ends what belongs to a request when its client leaves. What others may be waiting for would then never
 * come, so each request is kept alive until it is done.
 *
 * @module
 */

import { sleep } from '../../src/async.ts';
import { monotonicMs, wallTime } from '../../src/clock.ts';
import { forThisRequest } from '../../src/cross-request-promise.ts';
import { errorMessages } from '../../src/telemetry/causes.ts';
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
const FLUSH_DELAY_MS = 5_000;
/** A flush that has not come by then never will: its request was ended. Milliseconds. */
const FLUSH_LOST_AFTER_MS = 60_000;

/** @param createGateway Puts a gateway together; called once per isolate, and again when it failed. */
export function edgeHandler<Env extends object>(
  createGateway: (env: Env) => Promise<EdgeGateway>,
): EdgeHandler<Env> {
  let starting: Promise<EdgeGateway> | undefined;
  let ready: EdgeGateway | undefined;
  let flushPlannedAt = Number.NEGATIVE_INFINITY;

  function gatewayOf(env: Env): Promise<EdgeGateway> {
    starting ??= createGateway(env).then(
      (gateway) => {
        ready = gateway;
        return gateway;
      },
      (error: unknown) => {
        starting = undefined;
        throw error;
      },
    );
    return starting;
  }

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
      // What is answered at once leaves nothing to wait for.
      if (responding instanceof Promise) context.waitUntil(responding);
      return responding;
    },
    async scheduled(_, env) {
      const gateway = await forThisRequest(gatewayOf(env));
      await gateway.reconcile();
    },
  };
}

/** A gateway renders its own errors, so this is one that could not be put together. */
function logStartFailure(error: unknown): void {
  const line = { level: 'error', time: wallTime(), error: errorMessages(error).join(' <- ') };
  console.error(JSON.stringify({ ...line, msg: 'not_started' }));
}

/** What a worker responds that cannot serve; to a balancer, that it is not ready. */
export function misconfigured(request: Request): Response {
  if (new URL(request.url).pathname === '/readyz')
    return Response.json({ status: 'failed' }, { status: 503 });
  const body = { error: { code: 'internalError', message: 'The gateway is not configured.' } };
  return Response.json(body, { status: 500 });
}
