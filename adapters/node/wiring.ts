import { createHmac, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { SecretCheck, WRONG_SECRET } from '../../src/access/secret-check.ts';
import { importServerSecret, type ServerSecret } from '../../src/access/server-secret.ts';
import { trustedProxies } from '../../src/access/trusted-proxies.ts';
import { monotonicMs } from '../../src/clock.ts';
import { type Config, type OpenStackConfig, type RegionConfig, readConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { novaTranslation } from '../../src/dialects/nova/translated/translation.ts';
import { createGateway } from '../../src/gateway.ts';
import { NodePresence } from '../../src/health/node-presence.ts';
import { NodeReporter } from '../../src/health/node-report.ts';
import { ReconcileSchedule } from '../../src/reconcile/reconcile-schedule.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import type { Metrics } from '../../src/telemetry/metrics.ts';
import { LocalEventLog } from '../../src/traffic/events/local-event-log.ts';
import { localCounter } from '../../src/traffic/limit/local-counter.ts';
import { LocalVersions } from '../../src/traffic/versions/local-versions.ts';
import { VERSION } from '../../src/version.ts';
import { consoleAssets } from '../assets/console.ts';
import { contractAssets } from '../assets/contract.ts';
import { referencePage } from '../assets/reference-page.ts';
import { fetchTransport } from '../openstack/http/fetch.ts';
import { undiciTransport } from '../openstack/http/undici.ts';
import { type OpenStackDriver, type OpenStackOptions, openStackDriver } from '../openstack/index.ts';
import { openRedis, parseRedisUrl, type Redis } from '../redis/index.ts';
import { reduDriver } from '../redu/index.ts';
import { createSandbox, sandboxRegions } from '../sandbox/index.ts';
import { databaseUrlProblem, openStores } from '../sql/open.ts';
import { readCertificates } from './certificates.ts';
import { connectionLimit } from './connections.ts';
import { ownEnv, peerAddress, rejectionOf, requestBody, requestTarget } from './incoming.ts';
import { pinoLogger } from './logger.ts';
import { prometheusMetrics } from './prometheus.ts';
import { serve } from './serve.ts';
import { localServerSecret } from './server-secret-file.ts';
import { startTracing } from './tracing.ts';

const UPSTREAM_BUDGET_MS = 30_000;
/** Long enough for an image of many gigabytes; other bodies have a shorter limit where they are read. */
const RECEIVE_TIMEOUT_MS = 7_200_000;
const FLUSH_INTERVAL_MS = 5_000;
/** Holds the sandbox's secret, database and demo key. */
export const STATE_DIRECTORY = '.linguanova';

type CloudPorts = Pick<OpenStackOptions, 'log' | 'metrics' | 'services'>;

export function openStackOf(
  { authUrl, interface: iface, ca, serviceAccount }: OpenStackConfig,
  regions: RegionConfig,
  ports: CloudPorts = {},
): OpenStackDriver {
  return openStackDriver({
    ...ports,
    transport: undiciTransport({ ca }),
    authUrl,
    endpoints: { ...regions, interface: iface },
    serviceAccount,
  });
}

/** The built-in cloud and its demo customer, whose credential is derived from the secret, so keys survive a restart. */
function sandboxCloud(config: Config, ports: CloudPorts) {
  const derived = (label: string) =>
    createHmac('sha256', config.secret ?? localServerSecret(STATE_DIRECTORY))
      .update(label)
      .digest('hex');
  const applicationCredential = {
    id: derived('sandbox credential id').slice(0, 32),
    secret: derived('sandbox credential'),
  };
  const { accounts, admin, authUrl, ...sandbox } = createSandbox({
    applicationCredential,
    regions: sandboxRegions(config.regions),
  });
  const [customer] = accounts;
  if (customer === undefined) throw new Error('the sandbox has no account');
  const clouds = openStackDriver({
    ...ports,
    // Endpoints that are given by hand are of services outside.
    transport: fetchTransport((request) =>
      request.url.startsWith(new URL(authUrl).origin) ? sandbox.fetch(request) : fetch(request),
    ),
    authUrl,
    endpoints: { ...config.regions, interface: 'public' },
    serviceAccount: {
      kind: 'password',
      user: { id: admin.userId },
      password: admin.password,
      project: { id: admin.projectId },
    },
  });
  return { clouds, customer };
}

export function cloudOf(config: Config, options: CloudPorts = {}) {
  const { openStack, reduUrl, services } = config;
  const ports = { ...options, services };
  if (openStack !== null) return withPassThrough(openStackOf(openStack, config.regions, ports), null);
  if (reduUrl !== null) {
    const clouds = reduDriver({ url: reduUrl, fetch });
    return { clouds, nova: novaTranslation, sandbox: null, accountClouds: null };
  }
  const sandbox = sandboxCloud(config, ports);
  return withPassThrough(sandbox.clouds, sandbox);
}

function withPassThrough<T>(clouds: OpenStackDriver, sandbox: T) {
  return { clouds, nova: clouds.passThrough, sandbox, accountClouds: clouds.accountClouds };
}

export function serverSecret(config: Config): Promise<ServerSecret> {
  return importServerSecret(config.secret ?? localServerSecret(STATE_DIRECTORY), config.previousSecret);
}

function redisTarget(url: string) {
  const target = parseRedisUrl(url);
  if (target !== null) return target;
  throw new ConfigError(
    'REDIS_URL',
    'must be redis://[user:password@]host[:port][/db] (rediss:// with TLS), several hosts of a cluster, comma-separated, or sentinel://host,host/master',
  );
}

/** null: this node shares nothing. */
export async function redisOf({ redisUrl }: Config, log: Logger, metrics: Metrics): Promise<Redis | null> {
  return redisUrl === null ? null : openRedis(redisTarget(redisUrl), { log, metrics });
}

export function configuration(needs: { needsSecret?: boolean; needsCloud?: boolean } = {}): Config {
  return readConfig(process.env, {
    ...needs,
    readCertificates,
    checkRedisUrl: redisTarget,
    checkDatabaseUrl(url) {
      const problem = databaseUrlProblem(url);
      if (problem !== null) throw new ConfigError('DATABASE_URL', problem);
    },
  });
}

/** Opens the stores and the cloud, and serves until SIGTERM or SIGINT. */
export async function serveGateway(config: Config) {
  const metrics = prometheusMetrics();
  const log = pinoLogger(config.logLevel, (lines, reason) =>
    metrics.count('log_lines_dropped', { reason }, lines),
  );
  const stopTracing = config.tracing === null ? async () => {} : await startTracing(config.tracing, log);
  const secret = await serverSecret(config);
  const redis = await redisOf(config, log, metrics);
  const { keys, idempotency, releases, reconciles, usage, nodes } = await openStores(config.databaseUrl);
  if (!(await new SecretCheck(keys.secrets, secret).adopt(true))) {
    throw new ConfigError('LINGUANOVA_SECRET', WRONG_SECRET);
  }
  const { clouds, nova, sandbox, accountClouds } = cloudOf(config, { log, metrics });
  const usesGeneratedToken = sandbox !== null && config.adminTokens.length === 0;
  const generatedToken = { name: null, token: randomBytes(24).toString('base64url') };
  const presence = new NodePresence(nodes, new NodeReporter(metrics, clouds), hostname());
  const gateway = createGateway(
    {
      clouds,
      identities: clouds.identities,
      nova,
      keys,
      idempotency,
      releases,
      usage,
      reconciles,
      presence,
      log,
      metrics,
      counter: redis?.counter ?? localCounter(),
      versions: redis?.versions ?? new LocalVersions(),
      eventLog: redis?.eventLog ?? new LocalEventLog(),
      ...(redis !== null && { redis, cacheStore: redis.cacheStore }),
      assets: new Map([
        ...contractAssets(config.publicUrl),
        ...referencePage(),
        ...(config.console ? consoleAssets() : []),
      ]),
    },
    {
      ...config,
      secret,
      adminTokens: usesGeneratedToken ? [generatedToken] : config.adminTokens,
      upstreamBudgetMs: UPSTREAM_BUDGET_MS,
      ...trustedProxies(config.trustedProxies, peerAddress),
      requestTarget,
      ownEnv,
      unreadable: rejectionOf,
      requestBody,
    },
  );

  const server = await serve({
    ...config,
    fetch: gateway.fetch,
    receiveTimeoutMs: RECEIVE_TIMEOUT_MS,
    responseTimeoutMs: config.headTimeoutMs + UPSTREAM_BUDGET_MS,
    maxConnections: connectionLimit(),
    log,
    metrics,
  }).catch((error) => {
    throw listenProblem(config, error);
  });
  const reconciling =
    accountClouds === null || config.reconcileMinutes === 0
      ? null
      : new ReconcileSchedule(
          { clouds: accountClouds, keys, store: reconciles, log, metrics },
          { intervalMs: config.reconcileMinutes * 60_000, node: hostname() },
        );
  reconciling?.start();
  presence.start();
  const startedAt = monotonicMs();
  const cloud = sandbox === null ? (config.openStack?.authUrl ?? config.reduUrl) : 'sandbox';
  log.info('gateway_started', { version: VERSION, node: presence.id, url: server.url, cloud });
  const flushing = setInterval(() => gateway.flush(), FLUSH_INTERVAL_MS);
  let stopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    log.info('gateway_stopping', { signal });
    const [requestsCut, , isRunCut] = await Promise.all([
      server.stop(),
      gateway.endStreams(),
      reconciling?.stop(),
    ]);
    clearInterval(flushing);
    await Promise.all([gateway.flush({ all: true }), presence.stop(), stopTracing()]);
    log.info('gateway_stopped', { uptime_seconds: Math.round((monotonicMs() - startedAt) / 1000) });
    // Their calls to the cloud may take minutes, which closing would wait for.
    if (requestsCut > 0 || isRunCut) process.exit(0);
    await Promise.all([clouds.close(), keys.close(), redis?.close()]);
    // An export that a collector does not answer would delay the end by its time limit.
    if (config.tracing !== null) process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  return {
    url: server.url,
    keys,
    secret,
    sandbox,
    adminToken: usesGeneratedToken ? generatedToken.token : null,
  };
}

/** A failure to listen as an error of the variable that causes it. */
function listenProblem({ port }: Config, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return new ConfigError(
      'PORT',
      `${port} is already in use: set PORT to another port, or to 0 for any free one`,
    );
  if (code === 'EACCES')
    return new ConfigError('PORT', `${port} requires more privileges than this user has`);
  const noAddress = ['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EINVAL'].includes(String(code));
  return noAddress ? new ConfigError('HOST', 'not a local address') : error;
}
