import type { Context, Handler } from 'hono';
import { routePath } from 'hono/route';
import { VARY } from '../../access/cors.ts';
import type { Principal } from '../../access/principal.ts';
import { monotonicMs } from '../../clock.ts';
import { CallTrace } from '../../compute/call-trace.ts';
import type { CallContext, Cloud, CloudDriver } from '../../compute/cloud.ts';
import { TRANSITIONAL_MAX_AGE_MS } from '../../compute/states.ts';
import type { GatewayEnv } from '../../context.ts';
import type { RequestTarget } from '../../http/request-target.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { ProjectVersions } from '../versions/project-versions.ts';
import { CacheKey, scopeOf } from './cache-key.ts';
import type { CacheStore } from './cache-store.ts';
import { type CachePolicy, type Read, type Rendered, readRequest, targetOf } from './read.ts';
import { type FindHit, type MemoEntry, RequestMemo } from './request-memo.ts';
import { type CacheLookup, type OriginResponse, ResponseCache } from './response-cache.ts';
import { etagOf, toResponse } from './to-response.ts';

/** Makes a read's handler, which opens the cloud. @param name Unique: the route's path. */
export type ServeRead = <Input, Value>(
  name: string,
  read: Read<Input, Value>,
  policy?: CachePolicy,
) => ServedRead;

export interface ServedRead {
  readonly handler: Handler<GatewayEnv>;
  /**
   * The entity tag of the resource of `c`, which is a write: loaded from the cloud of that request, past the cache. null: the
   * read's responses have none.
   */
  readonly currentTag: ((c: Context<GatewayEnv>) => Promise<string>) | null;
}

export interface CachePorts {
  readonly clouds: CloudDriver;
  readonly metrics: Metrics;
  readonly versions: ProjectVersions;
  /** Where several gateways share responses. */
  readonly cacheStore?: CacheStore;
}

export interface CacheOptions {
  /** Maximum age while the cloud responds, in seconds; 0: nothing is cached. */
  readonly seconds: number;
  /** Maximum age while it does not, in seconds; 0: stale responses are not served. */
  readonly staleSeconds: number;
  /** Bound of the responses in this process. */
  readonly bytes: number;
  /** `waitUntil` of the platform; the work never rejects. */
  readonly background?: (work: Promise<unknown>, c: Context<GatewayEnv>) => void;
}

/** Minimum of the maximum age of `static` responses. */
const STATIC_SECONDS = 60;

/** Any text is a value of these: such a response is cached by the gateway that fetched it alone. */
export const UNBOUNDED_PARAMETERS = [
  'limit',
  'marker',
  'cursor',
  'name',
  'tag',
  'keypair_name',
  'network_id',
  'project_id',
];

export interface Caching {
  readonly serveRead: ServeRead;
  readonly responses: ResponseCache;
  /** null where nothing is cached. */
  readonly findHit: FindHit | null;
}

/** For a gateway without a cache. */
export const uncached: ServeRead = (_, read) => ({
  async handler(c) {
    const input = read.input(readRequest(c, targetOf(c.req.url)));
    return uncachedResponse(c, read, input, c.get('cloud'));
  },
  currentTag: null,
});

/** @param callContext What a background fetch may use of the cloud. */
export function caching(
  { clouds, metrics, versions, cacheStore }: CachePorts,
  { seconds, staleSeconds, bytes, background = () => {} }: CacheOptions,
  callContext: (c: Context<GatewayEnv>) => CallContext,
  requestTarget: RequestTarget,
): Caching {
  const isOn = seconds > 0;
  const responses = new ResponseCache({ versions, store: cacheStore ?? null, metrics }, bytes);
  const memo = new RequestMemo<MemoEntry & { readonly key: CacheKey; readonly route: string }>();
  const open = ({ credential }: Principal, call: CallContext) => clouds.open(credential, call);

  const serveRead: ServeRead = (name, read, { ttl = 'default', of = 'project', bypassOn = [] } = {}) => {
    const lifetimeMs = (ttl === 'static' ? Math.max(seconds, STATIC_SECONDS) : seconds) * 1_000;
    const keyFor = (input: unknown) => `${name} ${JSON.stringify(input)}`;
    return {
      async handler(c) {
        const target = targetOf(c.req.url);
        const { parameters } = target;
        const input = read.input(readRequest(c, target));
        const principal = c.get('principal');
        const call = callContext(c);
        if (
          !isOn ||
          ttl === 'none' ||
          (parameters !== null && bypassOn.some((parameter) => parameters.has(parameter)))
        ) {
          metrics.count('cache_requests', { result: 'bypass', route: routePath(c), region: c.get('region') });
          return uncachedResponse(c, read, input, open(principal, call));
        }
        // Authenticated by the cloud before any lookup.
        const caller = await clouds.caller(principal.credential, call);
        const key = CacheKey.of(scopeOf(caller, principal, of), keyFor(input));
        const fetchWith = (used: CallContext) =>
          fetchRead(read, input, principal, open(principal, used), used);
        const lookup: CacheLookup = {
          key,
          version: await versions.current(key.tenant),
          lifetimeMs,
          staleIfErrorMs: staleSeconds * 1_000,
          shared: parameters === null || !UNBOUNDED_PARAMETERS.some((parameter) => parameters.has(parameter)),
          fetch: () => fetchWith(call),
          revalidate: () => fetchWith({ ...callContext(c), trace: new CallTrace(call.trace.spans.branch()) }),
          waitUntil: (work) => background(work, c),
        };
        const looking = responses.traced(lookup, call.trace.spans);
        const found = looking instanceof Promise ? await looking : looking;
        if (found === null) throw new Error('a read without a response');
        const route = routePath(c);
        metrics.count('cache_requests', { result: found.result, route, region: c.get('region') });
        memo.set(requestTarget(c), { principal, authContext: caller, key, route });
        return toResponse(c.get('responseHeaders'), c.req.header('If-None-Match'), found, monotonicMs());
      },
      async currentTag(c) {
        const { principal, cloud } = c.var;
        const input = read.input(readRequest(c, null));
        const key = CacheKey.of(scopeOf(await cloud.caller(), principal, of), keyFor(input));
        const { body } = read.render(await read.load(cloud, input, principal), input);
        return etagOf(await key.digest(), new TextEncoder().encode(body));
      },
    };
  };

  const findHit: FindHit = (c) => {
    const principal = c.get('principal');
    const caller = clouds.peekCaller?.(principal.credential, c.get('region')) ?? null;
    const entry = memo.get(requestTarget(c), principal, caller);
    const version = entry && (versions.peek?.(entry.key.tenant) ?? null);
    const hit = version && responses.peekFresh(entry.key, version, true);
    if (!hit) return null;
    const { route } = entry;
    return {
      route,
      respond() {
        metrics.count('cache_requests', { result: 'hit', route, region: c.get('region') });
        return toResponse(c.get('responseHeaders'), c.req.header('If-None-Match'), hit, monotonicMs());
      },
    };
  };
  return { serveRead, responses, findHit: isOn ? findHit : null };
}

async function fetchRead<Input, Value>(
  read: Read<Input, Value>,
  input: Input,
  principal: Principal,
  cloud: Cloud,
  { trace }: CallContext,
): Promise<OriginResponse> {
  const rendered = read.render(await read.load(cloud, input, principal), input);
  const { asOf, maxAgeMs } = trace;
  return {
    body: rendered.body,
    headers: { ...headersOf(rendered), vary: VARY },
    generatedAt: asOf,
    maxAgeMs: rendered.transitional ? Math.min(maxAgeMs, TRANSITIONAL_MAX_AGE_MS) : maxAgeMs,
  };
}

async function uncachedResponse<Input, Value>(
  c: Context<GatewayEnv>,
  read: Read<Input, Value>,
  input: Input,
  cloud: Cloud,
): Promise<Response> {
  const rendered = read.render(await read.load(cloud, input, c.get('principal')), input);
  return c.body(rendered.body, 200, headersOf(rendered));
}

function headersOf({ link }: Rendered): Record<string, string> {
  return { 'content-type': 'application/json', ...(link !== undefined && { link }) };
}
