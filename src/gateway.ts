/**
 * The request pipeline, on one page.
 *
 * ```
 * requestLog -> countUsage -> cors -> selectRegion -> authenticate -> limit -> requireRegion -> findRegion -> [writes: openCloud -> invalidateOnWrite]   below, in this order
 *   -> requireScope -> [POST: idempotency] -> [writes: precondition] -> [reads: cached]     per route: dialects/redu/mount.ts
 *   -> decode -> use case -> Cloud -> encode                                                its handler: dialects/redu/
 * ```
 *
 * Dependencies point downward only. Errors are rendered by the dialect whose path it is. A repeated read takes the fast path
 * (`fast-path.ts`), which runs the synchronous checks of the same stages.
 */

import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { callContext, createAccess } from './access/access.ts';
import { type AdminRoute, adminApi } from './access/admin-api.ts';
import { authenticate, openCloud } from './access/authenticate.ts';
import { cors } from './access/cors.ts';
import { requireRegion } from './access/require-region.ts';
import { retention } from './access/retention.ts';
import { SecretCheck } from './access/secret-check.ts';
import { findRegion, requireKnownRegion, selectRegion } from './access/select-region.ts';
import { ComputeError } from './compute/errors.ts';
import { PendingReleases } from './compute/pending-releases.ts';
import { NO_RELEASE_STORE } from './compute/release-store.ts';
import { createConsole } from './console/console.ts';
import type { GatewayEnv, Stage } from './context.ts';
import { novaDialect } from './dialects/nova/dialect.ts';
import { novaErrorResponse } from './dialects/nova/errors.ts';
import { DEFAULT_SERVICES, isServicePath, serviceOfPath } from './dialects/nova/services.ts';
import { isSignUp } from './dialects/redu/api-keys.ts';
import { reduDialect } from './dialects/redu/dialect.ts';
import { reduErrorResponse, respondWithError as renderReduError } from './dialects/redu/errors.ts';
import { EVENT_ENCODER } from './dialects/redu/event-encoder.ts';
import { retriesOfEndedKeys } from './dialects/redu/retries.ts';
import { isRetrySafe } from './dialects/redu/retry-safe.ts';
import { type FastPipeline, fastPath } from './fast-path.ts';
import { health } from './health/health.ts';
import { OPERATOR_HEALTH, operatorHealth } from './health/operator-health.ts';
import { readiness } from './health/readiness.ts';
import { serveAssets } from './http/assets.ts';
import { landing } from './http/landing.ts';
import { methodNotAllowed } from './http/method-not-allowed.ts';
import { basePathOf, isDirect, publicUrl, regionalUrl } from './http/public-url.ts';
import { newRequestId, requestLog } from './http/request-log.ts';
import {
  rejectDotSegments,
  rejectUnservable,
  routedPath,
  targetWithoutRegion,
} from './http/request-target.ts';
import { withInventory } from './inventory/inventory-cloud.ts';
import { rpcErrorResponse } from './mcp/errors.ts';
import { MCP_PATH, mcp } from './mcp/mcp.ts';
import type { OwnRequest } from './mcp/message.ts';
import { requireOrigin } from './mcp/require-origin.ts';
import type { GatewayOptions, Ports } from './ports.ts';
import { RECONCILE_RUNS, reconcileRuns } from './reconcile/reconcile-routes.ts';
import { NO_RECONCILE_STORE } from './reconcile/reconcile-store.ts';
import { caching } from './traffic/cache/cached.ts';
import { Events, type OpenStream } from './traffic/events/events.ts';
import { idempotency, sweepIdempotency } from './traffic/idempotency/idempotency.ts';
import { addressLimit } from './traffic/limit/address-limit.ts';
import { limit } from './traffic/limit/limit.ts';
import { invalidateOnWrite } from './traffic/versions/invalidate.ts';
import { countUsage, Usage } from './usage/usage.ts';
import { allUsage, USAGE_ROUTES } from './usage/usage-routes.ts';
import { NO_USAGE_STORE } from './usage/usage-store.ts';

export interface Gateway {
  /** For any runtime. */
  readonly fetch: Hono<GatewayEnv>['fetch'];
  /** Its routes, as hono lists them; `test/openapi` holds the contract against it. */
  readonly routes: readonly { readonly method: string; readonly path: string }[];
  /**
   * Writes buffered records (uses of keys, rejections, usage) and deletes expired ones. To be called every few seconds, and at the
   * end with `all`; usage is otherwise written twice a minute.
   */
  flush(options?: { readonly all: boolean }): Promise<void>;
  /** Ends the streams of events and the work in the background, which would never end by themselves; to be called when the gateway stops. */
  endStreams(): Promise<void>;
}

export function createGateway(ports: Ports, options: GatewayOptions): Gateway {
  const maxAgeMs = options.cache.seconds * 1000;
  const clouds = withInventory(ports.clouds, ports.versions, ports.metrics, {
    maxAgeMs,
    ...options.inventory,
  });
  const releases = new PendingReleases(
    {
      store: ports.releases ?? NO_RELEASE_STORE,
      clouds: ports.clouds,
      log: ports.log,
      changed: (tenant, instanceIds) => ports.versions.bump({ tenant, instanceIds }),
    },
    options.releases,
  );
  const url = publicUrl(options.publicUrl, options.forwardedOrigin);
  /** A request must end in a response, whatever fails: the last resort for an error that no handler could render. */
  const defect = (error: unknown) =>
    reduErrorResponse(
      new Error('no error handler could respond', { cause: error }),
      newRequestId(),
      ports.log,
    );
  /** In the dialect whose path it is. Never throws. */
  const renderError = (error: unknown, c: Context<GatewayEnv>) => {
    try {
      if (c.req.path === MCP_PATH) return rpcErrorResponse(error, c);
      return isServicePath(c.req.path, served)
        ? novaErrorResponse(error, c, url(c))
        : renderReduError(error, c);
    } catch (failure) {
      return defect(failure);
    }
  };
  const { services: served = DEFAULT_SERVICES } = options;
  const limits = limit(ports, options.limits, renderError);
  const plans = options.limits.plans.map(({ name }) => name);
  const access = createAccess(
    { ...ports, clouds },
    { ...options, plans, services: served },
    releases,
    limits.consumeSignUp,
  );
  const usage = new Usage(ports.usage ?? NO_USAGE_STORE, ports.log);
  const app = new Hono<GatewayEnv>({ getPath: (request) => routedPath(request, isRegional) });

  const opening: readonly MountedStage[] = [
    { paths: ALL_PATHS, ...requestLog(ports.log, ports.metrics) },
    { paths: ALL_PATHS, ...countUsage(usage) },
    { paths: [...REDU_PATHS, MCP_PATH], ...cors(options.corsOrigins, access.keyOrigins) },
    { paths: ALL_PATHS, ...rejectUnservable(options.unreadable) },
    { paths: ALL_PATHS, ...rejectDotSegments(options.requestTarget) },
    { paths: ALL_PATHS, ...selectRegion(ports.clouds.regions) },
    { paths: REDU_PATHS, ...setBasePath(basePathOf(options.publicUrl)) },
  ];
  for (const { paths, handle } of opening) for (const path of paths) app.use(path, handle);
  const links = landing(url, options.console, isDirect(options.publicUrl, options.forwardedOrigin));
  app.route('/', methodNotAllowed(links, renderError));
  const secretCheck = new SecretCheck(ports.keys.secrets, options.secret);
  const examine = readiness({ ...ports, secretCheck });
  app.route('/', methodNotAllowed(health({ ...ports, examine }), renderError));
  if (ports.assets !== undefined) app.route('/', serveAssets(ports.assets));
  const { adminTokens } = options;
  const consoleApp = options.console
    ? createConsole(
        access,
        { adminTokens, limits: options.limits, publicUrl: url, hasNova: ports.nova !== undefined },
        renderError,
      )
    : null;
  if (consoleApp !== null) app.route('/console', consoleApp.routes);
  if (adminTokens.length > 0) {
    const further: readonly AdminRoute[] = [
      [OPERATOR_HEALTH, operatorHealth(examine, ports.presence ?? null)],
      [RECONCILE_RUNS, reconcileRuns(ports.reconciles ?? NO_RECONCILE_STORE)],
      [USAGE_ROUTES.all, allUsage(usage)],
    ];
    app.route('/', adminApi(access, adminTokens, renderError, consoleApp?.adminTokenOf, further));
  }

  const region = [requireRegion(access), findRegion(access)];
  const keyed: readonly Stage[] = [authenticate(access, consoleApp?.keyOf), limits.stage, ...region];
  const forWrites = [openCloud(access), invalidateOnWrite(ports.versions)].map(unlessSignUp);
  const idempotent = idempotency(ports, { ...options, storeKey: () => secretCheck.storeKey() }, isRetrySafe);
  app.use('/v1/api_keys/*', retriesOfEndedKeys(access, limits.stage.handle, idempotent.replay));
  for (const path of REDU_PATHS) app.use(path, ...keyed.map(({ handle }) => unlessSignUp(handle)));
  app.on(WRITES, REDU_PATHS, ...forWrites);
  const { requestTarget, streams, upstreamBudgetMs } = options;
  const { serveRead, responses, findHit } = caching(
    { ...ports, clouds },
    options.cache,
    (c) => callContext(c, upstreamBudgetMs),
    requestTarget,
  );
  const events = new Events({ ...ports, clouds }, EVENT_ENCODER, { streams, maxAgeMs, upstreamBudgetMs });
  const openStream: OpenStream = ports.openStream ?? ((c, instanceId) => events.open(c, instanceId));
  const { requestBody = (c: Context) => c.req.raw.body } = options;
  app.route(
    '/',
    reduDialect(access, serveRead, openStream, unlessSignUp(idempotent.stage), requestBody, usage, {
      publicUrl: url,
      hasNova: ports.nova !== undefined,
    }),
  );

  app.use(MCP_PATH, requireOrigin(options.publicUrl), authenticate(access).handle, limits.stage.handle);
  const { ownEnv = ({ env }: Context) => env } = options;
  const send: OwnRequest = (request, c) => {
    const { pathname, search } = new URL(request.url);
    return fetch(request, ownEnv(c, pathname + search));
  };
  app.route('/', mcp(send));

  const pipelines: FastPipeline[] = [];
  if (findHit !== null) pipelines.push({ prefixes: REDU_PREFIXES, stages: [...opening, ...keyed], findHit });
  const { nova: services, versions } = ports;
  let others: ReturnType<typeof novaDialect>['others'] = null;
  if (services !== undefined) {
    const { seconds, background: waitUntil = () => {} } = options.cache;
    const cache = { responses, isOn: seconds > 0, waitUntil };
    const headTimeoutMs = options.headTimeoutMs ?? DEFAULT_HEAD_TIMEOUT_MS;
    const given = { access, services, versions, requestBody, cache, headTimeoutMs };
    const nova = novaDialect({
      ...given,
      served,
      anonymousObjects: options.anonymousObjects ? addressLimit(ports.counter, 'objects') : undefined,
      requestTarget: targetWithoutRegion(requestTarget),
      publicUrl: url,
      regionalUrl: regionalUrl(url),
      limit: limits.stage,
      region,
    });
    app.route('/', nova.routes);
    others = nova.others;
    if (nova.fastPath !== null) {
      const forAll = opening.filter(({ paths }) => paths === ALL_PATHS);
      pipelines.push({ ...nova.fastPath, stages: [...forAll, ...nova.fastPath.stages] });
    }
  }

  app.notFound(
    (c) =>
      others?.(c) ?? renderError(new ComputeError('not_found', 'Not found: no route matches this path.'), c),
  );
  app.onError(renderError);
  const { keys, log } = ports;
  const sweep = retention([
    (daysAgo) =>
      keys
        .sweep(daysAgo(0), daysAgo(options.auditDays))
        .catch((error) => log.warn('key_sweep_failed', {}, error)),
    (daysAgo) =>
      usage.sweep(daysAgo(options.usageDays)).catch((error) => log.warn('usage_sweep_failed', {}, error)),
    () => access.credentials.sweep(),
  ]);
  const flush: Gateway['flush'] = async (extent) => {
    access.rejectionLog.flush();
    await Promise.all([
      access.journal.flush(),
      usage.flush(extent),
      sweep(),
      sweepIdempotency(ports),
      releases.load(),
    ]);
  };
  const endStreams = async () => {
    releases.stop();
    await events.close();
  };
  const { routes } = app;
  const tryFastPath = fastPath(pipelines);
  const fetch: Gateway['fetch'] = (request, env, ctx) => {
    try {
      const response = tryFastPath(request, env) ?? app.fetch(request, env, ctx);
      return response instanceof Promise ? response.catch(defect) : response;
    } catch (error) {
      return defect(error);
    }
  };
  return { fetch, routes, flush, endStreams };
}

/** Other methods change nothing, or are rejected. */
const WRITES = ['POST', 'PUT', 'PATCH', 'DELETE'];

/** As long as the clients of OpenStack wait by default. */
const DEFAULT_HEAD_TIMEOUT_MS = 600_000;

const ALL_PATHS = ['*'];
const REDU_PREFIXES = ['/v1/', '/cloud/v1/'];
const REDU_PATHS = REDU_PREFIXES.map((prefix) => `${prefix}*`);

/** Identity is one for all regions, as are the routes for operators and browsers. */
function isRegional(path: string): boolean {
  const service = serviceOfPath(path);
  if (service !== null) return service !== 'identity';
  return REDU_PREFIXES.some((prefix) => path.startsWith(prefix));
}

interface MountedStage extends Stage {
  readonly paths: readonly string[];
}

/** A sign-up has no key yet. */
function unlessSignUp(stage: MiddlewareHandler<GatewayEnv>): MiddlewareHandler<GatewayEnv> {
  return (c, next) => (isSignUp(c) ? requireKnownRegion(c, next) : stage(c, next));
}

function setBasePath(basePath: string): Stage {
  return {
    handle(c, next) {
      c.set('basePath', basePath + c.get('regionPrefix'));
      return next();
    },
    check: () => true,
  };
}
