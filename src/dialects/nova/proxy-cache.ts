/**
 * Caching policy of Nova reads: short-lived responses with read-your-writes consistency.
 *
 * - A response belongs to the project's version before its upstream request. Every write of the project, through either dialect
 *   and any gateway, begins another version before it is responded to.
 * - Nova shows some changes of Neutron and of hypervisors late, so nothing is stored for a while after a write.
 * - Servers with a task or a transitional status and images that are not ready are not stored: a client that polls sees each step.
 * - Administrators bypass the cache, since they see other projects. Their writes invalidate the responses of all projects.
 */

import type { Context } from 'hono';
import { routePath } from 'hono/route';
import type { Principal } from '../../access/principal.ts';
import { monotonicMs } from '../../clock.ts';
import { type Tenant, tenantOf } from '../../compute/regions.ts';
import type { GatewayEnv } from '../../context.ts';
import type { ResponseHeaders } from '../../http/response-headers.ts';
import { LruMap } from '../../lru-map.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { CacheKey, CacheScope } from '../../traffic/cache/cache-key.ts';
import type { CacheResult } from '../../traffic/cache/cache-store.ts';
import { UNBOUNDED_PARAMETERS } from '../../traffic/cache/cached.ts';
import { type FindHit, type MemoEntry, RequestMemo } from '../../traffic/cache/request-memo.ts';
import { type Fetch, MAX_KEY_CHARACTERS, type ResponseCache } from '../../traffic/cache/response-cache.ts';
import { toResponse as toCachedResponse } from '../../traffic/cache/to-response.ts';
import type { ProjectVersion } from '../../traffic/versions/project-versions.ts';
import { requestHeaders } from './headers.ts';
import type { CloudSession, ForwardedResponse, ForwardRequest, PassThrough } from './pass-through.ts';
import { withoutProject } from './permissions.ts';
import { type ProxiedResponse, readSmall, toResponse, withCloudId } from './proxied-response.ts';
import type { Target } from './target.ts';
import type { TranslationPorts } from './translation.ts';

/** The project id whose version counts what administrators changed in a region. No project has it. */
const ALL_PROJECTS = 'all-projects';
/** By OpenStack's default policies they reach other projects; `service` at Neutron, since 2024. */
const CROSS_PROJECT_ROLES: ReadonlySet<string> = new Set(['admin', 'service']);

interface Policy {
  readonly lifetimeMs: number;
  readonly transitional: RegExp | null;
  readonly quietAfterWrite: boolean;
}

const SERVERS: Policy = {
  lifetimeMs: 1_000,
  transitional:
    /"OS-EXT-STS:task_state": ?"|"status": ?"(?!(?:ACTIVE|SHUTOFF|ERROR|PAUSED|SUSPENDED|RESCUE|VERIFY_RESIZE|SHELVED_OFFLOADED)")/,
  quietAfterWrite: true,
};
const IMAGES: Policy = {
  lifetimeMs: 1_000,
  transitional: /"status": ?"(?!(?:active|deactivated)")/,
  quietAfterWrite: true,
};
/** As in the redu dialect. */
const FLAVORS: Policy = { lifetimeMs: 60_000, transitional: null, quietAfterWrite: false };

const POLICIES: Readonly<Record<string, Policy>> = {
  'compute servers': SERVERS,
  'compute flavors': FLAVORS,
  'image images': IMAGES,
};

const WRITE_QUIET_MS = 5_000;
const MAX_PROJECTS = 10_000;
/** A larger response is streamed to each client. */
const MAX_BODY_BYTES = 131_072;
/** A read whose response could not be shared is not coalesced for so long. */
const UNSHAREABLE_TTL_MS = 5_000;
const MAX_UNSHAREABLE = 10_000;

/** A read, as the gateway sends it to the cloud. */
interface ProxyRead {
  readonly session: CloudSession;
  readonly principal: Principal;
  readonly target: Target;
  readonly request: ForwardRequest;
}

interface CacheableRead {
  readonly scope: CacheScope;
  /** Its version counts what administrators changed in the region. */
  readonly allProjects: Tenant;
  readonly request: string;
  readonly policy: Policy;
  /** Of the global version used last. */
  key: { readonly of: number; readonly key: CacheKey } | null;
}

export interface ProxyCachePorts
  extends Pick<TranslationPorts, 'versions' | 'requestTarget' | 'regionalUrl'> {
  readonly responses: ResponseCache;
  readonly metrics: Metrics;
  readonly passThrough: Pick<PassThrough, 'peekSession'>;
  readonly isOn: boolean;
  readonly waitUntil: (work: Promise<unknown>, c: Context<GatewayEnv>) => void;
  /** Monotonic ms. */
  readonly now?: () => number;
}

type Send = (request: ForwardRequest, signal: AbortSignal) => Promise<ForwardedResponse>;

export class ProxyCache {
  readonly #ports: ProxyCachePorts;
  readonly #now: () => number;
  /** When a project, or another one of its region by an administrator, last changed, in monotonic ms. */
  readonly #changedAt = new LruMap<number>({ max: MAX_PROJECTS });
  #allChangedAt = Number.NEGATIVE_INFINITY;
  readonly #unshareable = new LruMap<true>({ max: MAX_UNSHAREABLE, lifetimeMs: UNSHAREABLE_TTL_MS });
  readonly #memo = new RequestMemo<MemoEntry & { readonly read: CacheableRead; readonly route: string }>();

  constructor(ports: ProxyCachePorts) {
    this.#ports = ports;
    this.#now = ports.now ?? monotonicMs;
    ports.versions.onChange((change) => {
      if (change === null) this.#allChangedAt = this.#now();
      else this.#changedAt.set(change.tenant, this.#now());
    });
  }

  /** Serves a read from the cache, or fetches it. */
  async serve(
    c: Context<GatewayEnv>,
    read: ProxyRead,
    send: Send,
    rewrite: (response: ForwardedResponse) => ProxiedResponse,
  ): Promise<Response> {
    const gathered = c.get('responseHeaders');
    const { signal } = c.req.raw;
    const cacheable = this.#cacheable(read, c.get('region'), this.#ports.regionalUrl(c));
    if (cacheable === null) return toResponse(gathered, rewrite(await send(read.request, signal)));

    const { metrics, versions, responses, waitUntil } = this.#ports;
    const { principal, session } = read;
    const { policy, scope } = cacheable;
    const route = routePath(c);
    const startedAt = this.#now();
    const version = await versions.current(scope.tenant);
    const all = await versions.current(cacheable.allProjects);
    const key = keyOf(cacheable, all);
    const isQuiet =
      policy.quietAfterWrite &&
      startedAt - this.#lastChange(scope.tenant, cacheable.allProjects) <= WRITE_QUIET_MS;
    const { 'if-none-match': ifNoneMatch, ...headers } = read.request.headers;
    const request = { ...read.request, headers };
    let direct: ProxiedResponse | null = null;
    const fetch: Fetch = async (shared) => {
      const upstream = await readSmall(await send(request, shared), MAX_BODY_BYTES);
      const proxied = rewrite(upstream);
      const mayStore = !/\bno-store\b/i.test(upstream.headers['cache-control'] ?? '');
      if (!mayStore || proxied.status !== 200 || typeof proxied.body !== 'string') {
        direct = proxied;
        return null;
      }
      const store = !isQuiet && policy.transitional?.test(proxied.body) !== true;
      return { body: proxied.body, headers: proxied.headers, store };
    };
    const found = this.#unshareable.has(key.text)
      ? null
      : await responses.traced(
          {
            key,
            version: both(version, all),
            lifetimeMs: policy.lifetimeMs,
            staleIfErrorMs: 0,
            shared: !isQuiet && !UNBOUNDED_PARAMETERS.some((name) => read.target.query.has(name)),
            fetch,
            revalidate: null,
            signal,
            waitUntil: (work) => waitUntil(work, c),
          },
          c.get('trace').spans,
        );
    metrics.count('cache_requests', { result: found?.result ?? 'miss', route, region: c.get('region') });
    if (found === null) {
      if (key.text.length <= MAX_KEY_CHARACTERS) this.#unshareable.set(key.text, true);
      return toResponse(gathered, direct ?? rewrite(await send(request, signal)));
    }
    this.#memo.set(this.#varyKey(c), { principal, authContext: session, read: cacheable, route });
    return respond(gathered, found, ifNoneMatch, this.#now());
  }

  readonly findHit: FindHit = (c) => {
    const { passThrough, versions, responses, metrics } = this.#ports;
    const principal = c.get('principal');
    const session = passThrough.peekSession(principal.credential, c.get('region'));
    const entry = this.#memo.get(this.#varyKey(c), principal, session);
    const version = entry && (versions.peek?.(entry.read.scope.tenant) ?? null);
    const all = version && (versions.peek?.(entry.read.allProjects) ?? null);
    const hit = all && responses.peekFresh(keyOf(entry.read, all), both(version, all), false);
    if (!hit) return null;
    const { route } = entry;
    return {
      route,
      respond: () => {
        metrics.count('cache_requests', { result: 'hit', route, region: c.get('region') });
        return respond(c.get('responseHeaders'), hit, c.req.header('if-none-match'), this.#now());
      },
    };
  };

  /** After an administrator's write in a region, besides the change of the project. */
  async invalidateAll(region: string): Promise<void> {
    await this.#ports.versions.bump({ tenant: allProjectsIn(region), instanceIds: [] });
  }

  #cacheable(read: ProxyRead, region: string, publicUrl: string): CacheableRead | null {
    const policy = this.#ports.isOn ? policyFor(read) : null;
    if (policy === null) return null;
    const { service, path } = read.request;
    const scope = scopeFor(read, region, publicUrl);
    return { scope, allProjects: allProjectsIn(region), request: `${service} ${path}`, policy, key: null };
  }

  #lastChange(...tenants: readonly Tenant[]): number {
    const changes = tenants.map((tenant) => this.#changedAt.get(tenant) ?? Number.NEGATIVE_INFINITY);
    return Math.max(this.#allChangedAt, ...changes);
  }

  /** All of a request that the response may depend on, as the client wrote it. */
  #varyKey(c: Context<GatewayEnv>): string {
    const { requestTarget, regionalUrl } = this.#ports;
    let text = `${requestTarget(c)} ${regionalUrl(c)}`;
    const headers = requestHeaders(c.req.raw.headers, true);
    for (const name in headers) if (!UNVARYING.has(name)) text += `\n${name}: ${headers[name]}`;
    return text;
  }
}

/** Request headers on which no response depends. */
const UNVARYING: ReadonlySet<string> = new Set(['user-agent', 'if-none-match']);

function allProjectsIn(region: string): Tenant {
  return tenantOf({ region, projectId: ALL_PROJECTS });
}

/** Whether the services let the caller through to other projects. */
export function isAdministrator(session: CloudSession): boolean {
  return crossProjectRole(session) !== null;
}

export function crossProjectRole({ roles }: CloudSession): string | null {
  return roles.find(({ name }) => CROSS_PROJECT_ROLES.has(name.toLowerCase()))?.name ?? null;
}

function policyFor({ session, target, request }: ProxyRead): Policy | null {
  const { service, segments, query } = target;
  const [resource = '', id, part] = withoutProject(service, segments);
  const policy = POLICIES[`${service} ${resource}`];
  if (policy === undefined || request.method !== 'GET' || isAdministrator(session)) return null;
  const isWhole = part === undefined || (resource === 'flavors' && part === 'os-extra_specs');
  if (!isWhole || (resource === 'images' && id === undefined && query.has('member_status'))) return null;
  const isPartial = 'range' in request.headers || 'if-match' in request.headers;
  const ofOthers = query.has('all_tenants') || query.has('all_projects');
  return isPartial || ofOthers ? null : policy;
}

/** The caller, and every request header that reaches the cloud. */
function scopeFor({ session, principal, request }: ProxyRead, region: string, publicUrl: string): CacheScope {
  const { user, project, roles, accessRules } = session;
  const caller = {
    region,
    userId: user.id,
    projectId: project.id,
    roles: roles.map(({ name }) => name),
    ...(accessRules !== undefined && { accessRules }),
  };
  const headers = Object.entries(request.headers).filter(([name]) => !UNVARYING.has(name));
  const others = [publicUrl, ...headers.flat()];
  return CacheScope.of(caller, principal.credential.kind, { ofUser: true, others });
}

/** The global version is part of the key, so that a write of an administrator invalidates every project. */
function keyOf(read: CacheableRead, all: ProjectVersion): CacheKey {
  if (read.key?.of !== all.number) {
    read.key = { of: all.number, key: CacheKey.of(read.scope, `${read.request} ${all.number}`) };
  }
  return read.key.key;
}

/** The project's version, with the stricter bounds of both. */
function both(project: ProjectVersion, all: ProjectVersion): ProjectVersion {
  if (all.shared === project.shared && all.maxAgeMs === undefined) return project;
  const maxAgeMs = Math.min(
    project.maxAgeMs ?? Number.POSITIVE_INFINITY,
    all.maxAgeMs ?? Number.POSITIVE_INFINITY,
  );
  return { number: project.number, shared: project.shared && all.shared, maxAgeMs };
}

function respond(
  gathered: ResponseHeaders,
  result: CacheResult,
  ifNoneMatch: string | undefined,
  now: number,
): Response {
  return toCachedResponse(withCloudId(gathered, result.response.headers), ifNoneMatch, result, now);
}
