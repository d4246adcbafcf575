import { randomBytes } from 'node:crypto';
import {
  ownEnv,
  peerAddress,
  rejectionOf,
  requestBody,
  requestTarget,
} from '../../adapters/node/incoming.ts';
import { prometheusMetrics } from '../../adapters/node/prometheus.ts';
import { type RunningServer, serve } from '../../adapters/node/serve.ts';
import { openRedis, parseRedisUrl, type Redis } from '../../adapters/redis/index.ts';
import type { AdminToken } from '../../src/access/admin-tokens.ts';
import type { IdentityProvider } from '../../src/access/identity-provider.ts';
import { issueKey } from '../../src/access/issue-key.ts';
import type { KeyStore } from '../../src/access/key-store.ts';
import { SecretCheck } from '../../src/access/secret-check.ts';
import { importServerSecret } from '../../src/access/server-secret.ts';
import { trustedProxies } from '../../src/access/trusted-proxies.ts';
import { deadlineIn } from '../../src/clock.ts';
import { CallTrace } from '../../src/compute/call-trace.ts';
import type { CloudCredential, CloudDriver } from '../../src/compute/cloud.ts';
import type { ReleaseStore } from '../../src/compute/release-store.ts';
import type { PassThrough } from '../../src/dialects/nova/pass-through.ts';
import type { ServedServices } from '../../src/dialects/nova/services.ts';
import { novaTranslation } from '../../src/dialects/nova/translated/translation.ts';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import type { InventoryOptions } from '../../src/inventory/inventory-cache.ts';
import type { ReconcileStore } from '../../src/reconcile/reconcile-store.ts';
import { DEFAULT_SCOPES, type Scope } from '../../src/scopes.ts';
import type { LogFields, Logger } from '../../src/telemetry/logger.ts';
import type { Metrics } from '../../src/telemetry/metrics.ts';
import type { CacheOptions } from '../../src/traffic/cache/cached.ts';
import { LocalEventLog } from '../../src/traffic/events/local-event-log.ts';
import type { StreamLimits } from '../../src/traffic/events/stream-slots.ts';
import type { IdempotencyStore } from '../../src/traffic/idempotency/idempotency-store.ts';
import type { LimitOptions } from '../../src/traffic/limit/limit.ts';
import { localCounter } from '../../src/traffic/limit/local-counter.ts';
import { DEFAULT_COSTS, type Plan } from '../../src/traffic/limit/plans.ts';
import { LocalVersions } from '../../src/traffic/versions/local-versions.ts';
import type { UsageStore } from '../../src/usage/usage-store.ts';
import { memoryIdempotencyStore } from './memory-idempotency-store.ts';
import { memoryKeyStore } from './memory-key-store.ts';
import { memoryReleaseStore } from './memory-release-store.ts';
import { silentLogger } from './silent-logger.ts';

export const ADMIN_TOKEN = 'admin-token-of-the-tests';

/** A gateway that listens on a free port of this machine, as `npm start` would have it. */
export interface RunningGateway extends Pick<RunningServer, 'url'>, Pick<Gateway, 'flush' | 'routes'> {
  stop(): Promise<void>;
  readonly keys: KeyStore;
  /** What it has logged: event and fields. */
  readonly logged: readonly LoggedLine[];
  /** A new key for this credential. */
  keyFor(credential: CloudCredential, scopes?: readonly Scope[], plan?: string): Promise<string>;
}

export interface LoggedLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  readonly fields: LogFields;
  readonly error: unknown;
}

export interface GatewayUnderTest {
  /** Timeout in ms for all upstream calls of a request. */
  readonly deadline?: number;
  /** Milliseconds for the head of a passed-through response. */
  readonly upstreamTimeoutMs?: number;
  readonly keys?: KeyStore;
  /** Shared by gateways that are to carry out a request once. */
  readonly idempotency?: IdempotencyStore;
  /** Shared by gateways of which one goes on where another has ended. */
  readonly releases?: ReleaseStore;
  /** Milliseconds in which an attempt at such a request counts as alive; 0: it can be taken over immediately. */
  readonly lease?: number;
  /** 32 bytes, base64; several gateways that share keys share it. */
  readonly secret?: string;
  /** `LINGUANOVA_SECRET_PREVIOUS`. */
  readonly previousSecret?: string;
  /** Off unless a test is about them. */
  readonly limits?: Partial<LimitOptions>;
  /** Its public URL; by default its own address. */
  readonly publicUrl?: string;
  /** Networks whose `X-Forwarded-*` is believed, as `npm start` does; unless given, see `startGateway`. */
  readonly trustedProxies?: readonly string[];
  readonly corsOrigins?: readonly string[] | '*';
  /** As in `npm start` by default. */
  readonly cache?: Partial<CacheOptions>;
  /** What several gateways share. */
  readonly redisUrl?: string;
  readonly inventory?: Partial<InventoryOptions>;
  readonly streams?: Partial<StreamLimits>;
  readonly adminTokens?: readonly AdminToken[];
  /** What requests in flight have when it stops. */
  readonly shutdownMs?: number;
  /** Unless given, requests are not counted. */
  readonly usage?: UsageStore;
  /** Unless given, there are no runs of `reconcile`. */
  readonly reconciles?: ReconcileStore;
  /** `LINGUANOVA_SERVICES`. */
  readonly services?: ServedServices;
  /** `LINGUANOVA_ANONYMOUS_OBJECTS`. */
  readonly anonymousObjects?: boolean;
}

const PLANS: readonly Plan[] = [
  { name: 'default', points: 600, projectPoints: 600, seconds: 60 },
  { name: 'gold', points: 6_000, projectPoints: 6_000, seconds: 60 },
];

/**
 * Requests come from the address in `X-Forwarded-For`, else each from another one: so that tests which fail to sign
 * in do not slow each other down.
 */
export async function startGateway(
  clouds: CloudDriver & { readonly identities: IdentityProvider; readonly passThrough?: PassThrough },
  options: GatewayUnderTest = {},
): Promise<RunningGateway> {
  const secret = await importServerSecret(
    options.secret ?? randomBytes(32).toString('base64'),
    options.previousSecret ?? null,
  );
  const keys = options.keys ?? memoryKeyStore();
  await new SecretCheck(keys.secrets, secret).adopt(true);
  const logged: LoggedLine[] = [];
  let clients = 0;
  const metrics = prometheusMetrics();
  const log = recordingLogger(logged);
  const redis = await openRedisOf(options.redisUrl, { log, metrics });
  const limits: LimitOptions = { mode: 'off', plans: PLANS, costs: DEFAULT_COSTS, ...options.limits };
  const gateway = createGateway(
    {
      clouds,
      identities: clouds.identities,
      nova: clouds.passThrough ?? novaTranslation,
      keys,
      idempotency: options.idempotency ?? memoryIdempotencyStore(),
      releases: options.releases ?? memoryReleaseStore(),
      log,
      metrics,
      counter: redis?.counter ?? localCounter(),
      versions: redis?.versions ?? new LocalVersions(),
      eventLog: redis?.eventLog ?? new LocalEventLog(),
      ...(options.usage && { usage: options.usage }),
      ...(options.reconciles && { reconciles: options.reconciles }),
      ...(redis !== null && { redis, cacheStore: redis.cacheStore }),
    },
    {
      secret,
      adminTokens: options.adminTokens ?? [{ name: null, token: ADMIN_TOKEN }],
      upstreamBudgetMs: options.deadline ?? 30_000,
      ...(options.upstreamTimeoutMs !== undefined && { headTimeoutMs: options.upstreamTimeoutMs }),
      ...(options.lease !== undefined && { leaseMs: options.lease }),
      ...(options.services !== undefined && { services: options.services }),
      anonymousObjects: options.anonymousObjects ?? false,
      limits,
      publicUrl: options.publicUrl ?? null,
      corsOrigins: options.corsOrigins ?? [],
      console: true,
      cache: { seconds: 5, staleSeconds: 300, bytes: 8 * 1024 * 1024, ...options.cache },
      ...(options.inventory && { inventory: options.inventory }),
      streams: { perKey: 1_000, total: 10_000, ...options.streams },
      auditDays: 365,
      usageDays: 90,
      requestTarget,
      ownEnv,
      unreadable: rejectionOf,
      requestBody,
      forwardedOrigin: () => ({ scheme: null, host: null }),
      clientAddress(c) {
        clients += 1;
        return c.req.header('x-forwarded-for') ?? `2001:db8:${(clients % 65_536).toString(16)}::1`;
      },
      ...(options.trustedProxies && trustedProxies(options.trustedProxies, peerAddress)),
    },
  );
  const listening = await serve({
    fetch: gateway.fetch,
    host: '127.0.0.1',
    port: 0,
    receiveTimeoutMs: 30_000,
    keepAliveSeconds: 65,
    ...(options.shutdownMs !== undefined && { shutdownMs: options.shutdownMs }),
    maxConnections: null,
    log,
    metrics,
  });
  return {
    ...listening,
    async stop() {
      await Promise.all([listening.stop(), gateway.endStreams()]);
      await redis?.close();
    },
    flush: gateway.flush,
    routes: gateway.routes,
    keys,
    logged,
    async keyFor(credential, scopes = DEFAULT_SCOPES, plan = 'default') {
      const call = {
        region: '',
        deadline: deadlineIn(30_000),
        requestId: `req-${crypto.randomUUID()}`,
        trace: new CallTrace(),
        log: silentLogger,
      };
      const caller = await clouds.identities.identify(credential, call);
      if (caller === null) throw new Error('the cloud refuses the credential of the test');
      const lasting = {
        ownsCloudCredential: false,
        plan,
        allowedCidrs: [],
        allowedOrigins: [],
        regions: null,
        expiresAt: null,
      };
      const by = { actor: 'cli', address: null, requestId: null };
      const { text } = await issueKey(
        keys,
        secret,
        { name: 'test', credential, scopes, ...caller, ...lasting },
        by,
      );
      return text;
    },
  };
}

async function openRedisOf(
  url: string | undefined,
  ports: { log: Logger; metrics: Metrics },
): Promise<Redis | null> {
  if (url === undefined) return null;
  const target = parseRedisUrl(url);
  if (target === null) throw new Error('the test names no Redis');
  return openRedis(target, ports);
}

function recordingLogger(lines: LoggedLine[], base: LogFields = {}): Logger {
  const write = (level: LoggedLine['level']) => (event: string, fields?: LogFields, error?: unknown) => {
    lines.push({ level, event, fields: { ...base, ...fields }, error });
  };
  return {
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: (fields) => recordingLogger(lines, { ...base, ...fields }),
  };
}
