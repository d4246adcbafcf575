import type { Context } from 'hono';
import type { Principal } from '../../access/principal.ts';
import type { Cloud } from '../../compute/cloud.ts';
import type { GatewayEnv } from '../../context.ts';
import { publicPath } from '../../http/public-url.ts';
import { withoutRegion } from '../../http/region-path.ts';
import type { ScopeKind } from './cache-key.ts';

/**
 * A read, in three steps. What `load` and `render` use is their arguments only, so that a response depends on nothing else of a
 * request and can be revalidated without a client.
 */
export interface Read<Input, Value> {
  /** Validates a request, before the cloud authenticates the caller. The result, as JSON, is part of the cache key. @throws ComputeError */
  readonly input: (request: ReadRequest) => Input;
  /** On the principal it depends with the policy `of: 'key'` only. */
  readonly load: (cloud: Cloud, input: Input, principal: Principal) => Promise<Value>;
  readonly render: (value: Value, input: Input) => Rendered;
}

export interface CachePolicy {
  /** `static`: changes hardly ever, and not through the gateway without a new version of its project; `none`: not cached. */
  readonly ttl?: 'default' | 'static' | 'none';
  /** Who shares a response; callers of a project by default. */
  readonly of?: ScopeKind;
  /** A request with one of these parameters is neither served from the cache nor stored. */
  readonly bypassOn?: readonly string[];
}

export interface ReadRequest {
  readonly principal: Principal;
  param(name: string): string | undefined;
  readonly query: URLSearchParams;
  /** Path and query as clients reach it, parameters sorted. */
  readonly publicTarget: string;
}

export interface Rendered {
  /** JSON. */
  readonly body: string;
  readonly link?: string | undefined;
  /** It will change without a write. */
  readonly transitional?: boolean | undefined;
}

const NO_QUERY = new URLSearchParams();

/** @param target null: the read of the resource of `c`, which is a write and whose query is its own. */
export function readRequest(c: Context<GatewayEnv>, target: Target | null): ReadRequest {
  return {
    principal: c.get('principal'),
    param: (name) => c.req.param(name),
    query: target?.parameters ?? NO_QUERY,
    publicTarget: publicPath(c, target?.text ?? ''),
  };
}

export interface Target {
  readonly text: string;
  /** null without a query. */
  readonly parameters: URLSearchParams | null;
}

/** Path and query with sorted parameters; scheme, authority and region's prefix, which the client chooses, are dropped. */
export function targetOf(url: string): Target {
  const afterScheme = url.indexOf('://') + 3;
  const end = url.indexOf('#');
  const path = url.indexOf('/', afterScheme);
  const query = url.indexOf('?', afterScheme);
  const whole = end < 0 ? url.length : end;
  const pathname = withoutRegion(url.slice(path, query < 0 ? whole : query).replace(/\/$/, ''));
  if (query < 0 || query + 1 >= whole) return { text: pathname, parameters: null };
  const parameters = new URLSearchParams(url.slice(query + 1, whole));
  // Stable: of a parameter that is given several times, the order stays.
  parameters.sort();
  return { text: `${pathname}?${parameters}`, parameters };
}
