/**
 * The stage `cached`, around the handlers of reads.
 *
 * @module
 */

import type { Context, Handler } from 'hono';
import { routePath } from 'hono/route';
import { monotonicMs } from '../../clock.ts';
import { CallTrace } from '../../compute/call-trace.ts';
import type { CallContext, CloudDriver } from '../../compute/cloud.ts';
import type { GatewayEnv, RequestVariables } from '../../context.ts';
import type { RequestTarget } from '../../http/request-target.ts';
import { bytesOf } from '../../http/text-answer.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { ProjectVersions } from '../versions/project-versions.ts';
import { BareRequests } from './bare-request.ts';
import { CacheKey, targetOf } from './cache-key.ts';
import type { CacheStore } from './cache-store.ts';
import { etagOf } from './etag.ts';
import { type CacheLookup, type OriginResponse, ResponseCache } from './response-cache.ts';
import { type ScopeKind, scopeOf } from './scopes.ts';
import { toResponse } from './to-response.ts';
import { ToldBefore } from './told-before.ts';

/** How the answers of a route may be kept. */
export interface CachePolicy {
  /** `slow`: what hardly ever changes, and is not changed through the gateway without a trace in its project's version. */
  readonly pace?: 'usual' | 'slow';
  /** Whose the answer is; the project's unless said otherwise. */
  readonly of?: ScopeKind;
  /** A request with one of these parameters is never answered from what is kept, nor kept. */
  readonly bypassOn?: readonly string[];
}

/**
 * A handler whose answers of status 200 are kept and told again. Opens the cloud for it, as `openCloud` does for all else.
 *
 * It is called with a request that has a target and nothing else, and with `principal`, `cloud`, `log`, `requestId` and
 * `trace` of one of the callers: the answer may depend on the target and on what `cloud` tells; on the principal only
 * where the policy says so.
 */
export type Cached = (handler: Handler<GatewayEnv>, policy?: CachePolicy) => CachedRead;

export interface CachedRead {
  readonly handler: Handler<GatewayEnv>;
  /**
   * The entity tag that the response would have now, read from the cloud of the request `c`, which is a write, whatever is cached.
   *
   * @param pattern The route's path, as hono writes it.
   * @param target The path of the read.
   */
  readonly currentTag: ((c: Context<GatewayEnv>, pattern: string, target: string) => Promise<string>) | null;
}

export interface CachePorts {
  readonly clouds: CloudDriver;
  readonly metrics: Metrics;
  readonly versions: ProjectVersions;
  /** Where several gateways share answers. */
  readonly cacheStore?: CacheStore;
}

export interface CacheOptions {
  /** Seconds that an answer may be old while the cloud answers; 0: nothing is kept. */
  readonly seconds: number;
  /** Seconds that it may be old while the cloud does not; 0: nobody is told such an answer. */
  readonly staleSeconds: number;
  /** Room for answers in this process. */
  readonly bytes: number;
  /** Keeps the runtime from ending work that goes on when its request is answered; it never rejects. */
  readonly background?: (work: Promise<void>, c: Context<GatewayEnv>) => void;
}

/** What `slow` answers may be old at least, seconds. */
const SLOW_SECONDS = 60;

/** A list can be cut in as many ways as there are texts: such a response is cached by the gateway that fetched it alone. */
const CUTS = ['limit', 'marker', 'cursor', 'name'];

export interface Caching {
  readonly cached: Cached;
  /** For the short way; null where nothing is kept. */
  readonly toldBefore: ToldBefore | null;
}

/** For a gateway that keeps nothing. */
export const uncached: Cached = (handler) => ({ handler, currentTag: null });

/** @param callContext What work beside the requests may ask of the cloud. */
export function caching(
  { clouds, metrics, versions, cacheStore }: CachePorts,
  { seconds, staleSeconds, bytes, background = () => {} }: CacheOptions,
  callContext: (c: Context<GatewayEnv>) => CallContext,
  requestTarget: RequestTarget,
): Caching {
  const isOn = seconds > 0;
  const answers = new ResponseCache(
    { versions, store: cacheStore ?? null, metrics },
    { bytes, staleIfErrorMs: staleSeconds * 1_000 },
  );
  const toldBefore = new ToldBefore({ clouds, versions, answers, requestTarget });
  const cached: Cached = function cached(handler, { pace = 'usual', of = 'project', bypassOn = [] } = {}) {
    const requests = new BareRequests(handler);
    const lifetime = (pace === 'slow' ? Math.max(seconds, SLOW_SECONDS) : seconds) * 1_000;

    const fetched = async (c: Context<GatewayEnv>, target: string, variables: RequestVariables) =>
      read(await requests.run(routePath(c), target, variables), variables.trace);

    /** As the same caller, with time of its own. */
    const fetchedBeside = (c: Context<GatewayEnv>, target: string) => {
      const trace = new CallTrace();
      const principal = c.get('principal');
      const cloud = clouds.open(principal.credential, { ...callContext(c), trace: trace });
      return fetched(c, target, { ...c.var, trace, cloud });
    };

    // Opening one makes some hundred functions and objects, which is more than all else an answer at hand costs.
    const open = (c: Context<GatewayEnv>) =>
      c.set('cloud', clouds.open(c.get('principal').credential, callContext(c)));

    const currentTag = async (c: Context<GatewayEnv>, pattern: string, target: string) => {
      const { principal, cloud } = c.var;
      const key = CacheKey.of(scopeOf(await cloud.caller(), principal, of), target);
      const trace = new CallTrace();
      const { body } = await read(await requests.run(pattern, target, { ...c.var, trace }), trace);
      return etagOf(await key.digest(), body);
    };

    const handlerOfReads: Handler<GatewayEnv> = async function cachedRead(c, next) {
      const target = targetOf(c.req.url);
      const { parameters } = target;
      if (!isOn || (parameters !== null && bypassOn.some((name) => parameters.has(name)))) {
        metrics.count('cache_requests', { result: 'bypass', route: routePath(c) });
        open(c);
        return handler(c, next);
      }
      if (!requests.isRight(target.text)) {
        open(c);
        await requests.check(routePath(c), target.text, c.var);
      }
      // Before anything is looked up: whoever is told something is somebody whom the cloud has let in.
      const principal = c.get('principal');
      const caller = await clouds.caller(principal.credential, callContext(c));
      const key = CacheKey.of(scopeOf(caller, principal, of), target.text);
      const version = await versions.current(key.projectId);
      const asked: CacheLookup = {
        key,
        version,
        lifetime,
        shared: parameters === null || !CUTS.some((name) => parameters.has(name)),
        fetch: () => {
          open(c);
          return fetched(c, target.text, c.var);
        },
        revalidate: () => fetchedBeside(c, target.text),
        waitUntil: (work) => background(work, c),
      };
      const outcome = answers.get(asked);
      const told = outcome instanceof Promise ? await outcome : outcome;
      metrics.count('cache_requests', { result: told.result, route: routePath(c) });
      toldBefore.note(c, { principal, authContext: caller, key, route: routePath(c) });
      return toResponse(c.get('responseHeaders'), c.req.header('If-None-Match'), told, monotonicMs());
    };
    return { handler: handlerOfReads, currentTag };
  };
  return { cached, toldBefore: isOn ? toldBefore : null };
}

async function read(response: Response, { asOf, maxAgeMs: holdsFor }: CallTrace): Promise<OriginResponse> {
  if (response.status !== 200) throw new Error(`a handler of cached answers said ${response.status}`);
  return {
    body: await bytesOf(response),
    contentType: response.headers.get('Content-Type') ?? 'application/json',
    link: response.headers.get('Link'),
    generatedAt: asOf,
    maxAgeMs: holdsFor,
  };
}
