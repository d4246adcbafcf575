import { waitUntil } from 'cloudflare:workers';
import { SecretCheck } from '../../src/access/secret-check.ts';
import { importServerSecret } from '../../src/access/server-secret.ts';
import { trustedProxies } from '../../src/access/trusted-proxies.ts';
import { tenantOf } from '../../src/compute/regions.ts';
import { type Config, type OpenStackConfig, type RegionConfig, readConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { createGateway } from '../../src/gateway.ts';
import { parseHost } from '../../src/http/host.ts';
import { invalidHost } from '../../src/http/request-target.ts';
import { reconcileProjects } from '../../src/reconcile/reconcile-projects.ts';
import { recordRun } from '../../src/reconcile/record-run.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import type { OpenStream } from '../../src/traffic/events/events.ts';
import { LocalEventLog } from '../../src/traffic/events/local-event-log.ts';
import { fetchTransport } from '../openstack/http/fetch.ts';
import { type OpenStackOptions, openStackDriver } from '../openstack/index.ts';
import { reduDriver } from '../redu/index.ts';
import { type D1, d1Stores } from '../sql/d1.ts';
import { type AnalyticsDataset, analyticsMetrics } from './analytics.ts';
import { type ObjectNamespace, variablesIn } from './bindings.ts';
import { type ColoCache, coloStore, type KeyValueStore } from './colo-cache.ts';
import { ColoVersions } from './colo-versions.ts';
import { consoleLogger } from './console-logger.ts';
import { type EventsObject, eventsObject } from './events-object.ts';
import { type EdgeGateway, edgeHandler, misconfigured } from './handler.ts';
import { LimitCounter, type LimitObject } from './limit-object.ts';
import { objectCounter } from './object-counter.ts';
import type { SandboxObject } from './sandbox-object.ts';

/** As `wrangler.toml` names them. Variables and secrets are texts under the names in `docs/reference.md`. */
export interface Bindings {
  readonly KEYS: D1;
  readonly LIMITS: ObjectNamespace<LimitObject>;
  readonly EVENTS: ObjectNamespace<EventsObject>;
  /** Bound by `sandbox-worker.ts` only. */
  readonly SANDBOX?: ObjectNamespace<SandboxObject>;
  /** Shares slow-changing responses between data centers. */
  readonly ANSWERS?: KeyValueStore;
  readonly METRICS?: AnalyticsDataset;
}

const UPSTREAM_BUDGET_MS = 25_000;
/** An isolate has 128 MB for everything. */
const MAX_CACHE_BYTES = 24 * 1024 * 1024;
/** About 2 KiB each. */
const MAX_INVENTORY_INSTANCES = 15_000;
const CRON_TIMEOUT_MS = 600_000;

/** The platform cancels work 30 s after the response. */
const MAX_BACKGROUND_WORK_MS = 20_000;

/** Workers have no files, and their `fetch` accepts no further certificate authorities. */
function rejectCertificates(): never {
  throw new ConfigError('OS_CACERT', 'cannot be used on Workers: the certificate must be publicly trusted');
}

type CloudAddress = Pick<OpenStackOptions, 'transport' | 'authUrl' | 'endpoints' | 'serviceAccount'>;

function addressOf(
  { authUrl, interface: kind, serviceAccount }: OpenStackConfig,
  regions: RegionConfig,
): CloudAddress {
  const transport = fetchTransport((request) => fetch(request));
  return { transport, authUrl, endpoints: { ...regions, interface: kind }, serviceAccount };
}

/** As `readConfig`. */
export function configOf(bindings: object): Config {
  return readConfig(variablesIn(bindings), { readCertificates: rejectCertificates });
}

/** All isolates share one sandbox object. */
async function sandboxOf({ SANDBOX: sandboxes }: Bindings, regions: RegionConfig): Promise<CloudAddress> {
  if (sandboxes === undefined) {
    throw new ConfigError(
      'OS_AUTH_URL',
      'or REDU_URL is required: this worker has no sandbox, with or without LINGUANOVA_SANDBOX',
    );
  }
  const object = () => sandboxes.get(sandboxes.idFromName('sandbox'));
  const { authUrl, admin } = await object().access();
  return {
    // As on Node.
    transport: fetchTransport((request) =>
      request.url.startsWith(new URL(authUrl).origin) ? object().fetch(request) : fetch(request),
    ),
    authUrl,
    endpoints: { ...regions, interface: 'public' },
    serviceAccount: {
      kind: 'password',
      user: { id: admin.userId },
      password: admin.password,
      project: { id: admin.projectId },
    },
  };
}

/** The configured cloud, and the service account's view of it for `reconcile`; null without one. */
async function cloudOf(
  bindings: Bindings,
  { openStack, reduUrl, services, regions }: Config,
  options: Omit<OpenStackOptions, keyof CloudAddress>,
) {
  if (reduUrl !== null) {
    const clouds = reduDriver({ url: reduUrl, fetch: (request) => fetch(request) });
    // `novaTranslation` fits in here; it weighs 11 KiB, for which there is no room.
    return { clouds, nova: undefined, accountClouds: null };
  }
  const clouds = openStackDriver({
    ...options,
    services,
    ...(openStack === null ? await sandboxOf(bindings, regions) : addressOf(openStack, regions)),
  });
  return { clouds, nova: clouds.passThrough, accountClouds: clouds.accountClouds };
}

function secretOf({ secret, previousSecret }: Config) {
  if (secret === null) throw new ConfigError('LINGUANOVA_SECRET', 'is required: 32 random bytes in base64');
  return importServerSecret(secret, previousSecret);
}

function openInObject({ EVENTS: objects }: Bindings): OpenStream {
  return async function openedByObject(c) {
    const tenant = tenantOf({ region: c.get('region'), projectId: c.get('principal').projectId });
    const response = await objects.get(objects.idFromName(tenant)).fetch(c.req.raw);
    // A copy, whose headers are mutable.
    return new Response(response.body, response);
  };
}

/** @throws ConfigError that names the binding of `wrangler.toml` that is missing. */
function assertBound(bindings: Bindings): void {
  for (const name of ['KEYS', 'LIMITS', 'EVENTS'] as const) {
    if (bindings[name] === undefined)
      throw new ConfigError(name, 'is a binding that is required: see wrangler.toml');
  }
}

/** Served even with a wrong secret, so that `/readyz` can report it. */
const HEALTH_PATHS = ['/healthz', '/readyz'];

/** While D1 is unreachable the secret counts as right: no key can be read then either. */
async function hasRightSecret(check: SecretCheck, log: Logger): Promise<boolean> {
  const isRight = await check.adopt(true).catch(() => true);
  if (!isRight) log.error('server_secret_mismatch');
  return isRight;
}

/** Settings that only tests change. */
export interface TestOverrides {
  readonly confirmAfterMs?: number;
  readonly upstreamBudgetMs?: number;
  readonly colo?: ColoCache;
  /** Replaces the time-outs of the data center's cache, KV and the limit objects. */
  readonly storeTimeoutMs?: number;
}

/** Only a Durable Object can own event streams; an isolate forwards subscribers to it. */
interface Role {
  readonly ownsStreams: boolean;
}

export async function createEdgeGateway(
  bindings: Bindings,
  overrides: TestOverrides = {},
  { ownsStreams }: Role = { ownsStreams: false },
): Promise<EdgeGateway> {
  const config = configOf(bindings);
  const log = consoleLogger(config.logLevel);
  const metrics = analyticsMetrics(bindings.METRICS);
  assertBound(bindings);
  const { keys, idempotency, releases, reconciles, usage } = d1Stores(bindings.KEYS);
  const { confirmAfterMs } = overrides;
  const driverOptions = {
    log,
    metrics,
    background: waitUntil,
    ...(confirmAfterMs !== undefined && { confirmAfterMs }),
  };
  const secret = await secretOf(config);
  const { clouds, nova, accountClouds } = await cloudOf(bindings, config, driverOptions);
  const { colo = caches.default, storeTimeoutMs } = overrides;
  const gateway = createGateway(
    {
      clouds,
      identities: clouds.identities,
      nova,
      keys,
      idempotency,
      releases,
      reconciles,
      log,
      metrics,
      counter: objectCounter(bindings.LIMITS, { nameOf: (key) => key, timeoutMs: storeTimeoutMs }),
      versions: new ColoVersions(colo, waitUntil, storeTimeoutMs),
      cacheStore: coloStore(colo, bindings.ANSWERS ?? null, storeTimeoutMs),
      eventLog: new LocalEventLog(),
      // An object serves requests that an isolate has counted.
      ...(!ownsStreams && { openStream: openInObject(bindings), usage }),
    },
    {
      ...config,
      secret,
      upstreamBudgetMs: overrides.upstreamBudgetMs ?? UPSTREAM_BUDGET_MS,
      limits: ownsStreams ? { ...config.limits, mode: 'off' } : config.limits,
      // An object owns the streams of one project.
      streams: { ...config.streams, perProject: config.streams.perProject ?? config.streams.total },
      cache: { ...config.cache, bytes: Math.min(config.cache.bytes, MAX_CACHE_BYTES), background: waitUntil },
      inventory: { maxInstances: MAX_INVENTORY_INSTANCES, background: waitUntil },
      releases: { background: waitUntil, maxWorkMs: MAX_BACKGROUND_WORK_MS },
      ...trustedProxies(config.trustedProxies, (c) => c.req.header('cf-connecting-ip') ?? null),
      unreadable: ({ req }) => {
        const host = req.header('host');
        return host === undefined || parseHost(host) !== null ? null : invalidHost();
      },
      requestTarget: ({ req: { url } }) => url.slice(url.indexOf('/', 'https://'.length)),
    },
  );
  const isSecretRight = await hasRightSecret(new SecretCheck(keys.secrets, secret), log);
  return {
    fetch(request, env, context) {
      if (!isSecretRight && !HEALTH_PATHS.includes(new URL(request.url).pathname))
        return misconfigured(request);
      return gateway.fetch(request, env, context);
    },
    flush: () => gateway.flush({ all: true }),
    async reconcile() {
      const isOff = config.openStack !== null && config.reconcileMinutes === 0;
      if (accountClouds === null || isOff) return;
      const run = { id: crypto.randomUUID(), startedBy: 'cron', node: 'edge' } as const;
      const signal = AbortSignal.timeout(CRON_TIMEOUT_MS);
      await recordRun({ store: reconciles, log, metrics }, run, (progress) =>
        reconcileProjects({ clouds: accountClouds, keys, log }, progress, signal),
      );
    },
  };
}

export const ProjectEvents = eventsObject((bindings: Bindings) =>
  createEdgeGateway(bindings, {}, { ownsStreams: true }),
);
export { LimitCounter };
export default edgeHandler((bindings: Bindings) => createEdgeGateway(bindings));
