import type { Context, MiddlewareHandler } from 'hono';
import type { Verdict } from './access/key-verifier.ts';
import type { Principal } from './access/principal.ts';
import type { CallTrace } from './compute/call-trace.ts';
import type { Cloud } from './compute/cloud.ts';
import type { Releases } from './compute/releases.ts';
import type { Attempt } from './compute/requests.ts';
import type { ResponseHeaders } from './http/response-headers.ts';
import type { Logger } from './telemetry/logger.ts';

/** What travels with a request through the gateway (`c.var`). Each is set by one stage, named here. */
export interface RequestVariables {
  /** requestLog: `req-<uuid>`, returned as `X-Request-Id` and sent to the cloud. */
  requestId: string;
  /** requestLog: headers that stages add to the response. */
  responseHeaders: ResponseHeaders;
  /** requestLog, on the fast path: in monotonic ms. */
  startedAt?: number;
  /** requestLog: a logger that already carries the request id. */
  log: Logger;
  /** requestLog: ages, upstream calls and ids of this request. */
  trace: CallTrace;
  /** admin API, for its own routes: the operator as the audit log names them. */
  adminActor?: string;
  /** authenticate. */
  principal: Principal;
  /** authenticate: verifies the same key again, for streams that outlive its check. */
  reverify: () => Verdict | Promise<Verdict>;
  /** limit: what this request was charged. */
  points?: number;
  /** openCloud: the cloud as this principal sees it, within this request's deadline. */
  cloud: Cloud;
  /** openCloud: releases what the gateway made. */
  releases?: Releases;
  /** selectRegion: as `CallContext.region`; absent while the region in the path is not known to be served. */
  region: string;
  /** selectRegion: `/regions/<name>` as the client wrote it; empty without it. */
  regionPrefix: string;
  /** gateway: the path of `LINGUANOVA_PUBLIC_URL` and the region's prefix, without a trailing slash; empty without them. */
  basePath: string;
  /** nova: the route where none of the router's took the request. */
  route?: string;
  /** idempotency, for a request with an `Idempotency-Key`. */
  attempt?: Attempt;
}

/**
 * A stage of the request pipeline: middleware, and its decision for a GET that can be made without waiting, which the fast path
 * (`src/fast-path.ts`) takes. All stages' checks pass before the first `commit`.
 */
export interface Stage {
  readonly handle: MiddlewareHandler<GatewayEnv>;
  /** Whether `handle` would let a GET pass without waiting. Has no side effects but variables of `c`. Absent: never. */
  readonly check?: (c: Context<GatewayEnv>) => boolean;
  /** The other effects of `handle` on a GET that passes. */
  readonly commit?: (c: Context<GatewayEnv>) => void;
  /** What `handle` does after the response. */
  readonly finish?: (c: Context<GatewayEnv>, response: Response, route: string) => void;
}

/** The Hono environment of every router in the gateway. */
export interface GatewayEnv {
  Variables: RequestVariables;
}
