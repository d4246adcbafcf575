/**
 * The gateway on Node: reads the configuration, puts the parts together, serves. And the command line.
 *
 * @module
 */

import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SecretCheck, WRONG_SECRET } from '../../src/access/secret-check.ts';
import { importServerSecret, type ServerSecret } from '../../src/access/server-secret.ts';
import { trustedProxies } from '../../src/access/trusted-proxies.ts';
import { deadlineIn } from '../../src/clock.ts';
import { CallTrace } from '../../src/compute/call-trace.ts';
import { ComputeError } from '../../src/compute/errors.ts';
import { type Config, type OpenStackConfig, readConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { novaTranslation } from '../../src/dialects/nova/translated/translation.ts';
import { createGateway } from '../../src/gateway.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import type { Metrics } from '../../src/telemetry/metrics.ts';
import { LocalEventLog } from '../../src/traffic/events/local-event-log.ts';
import { localCounter } from '../../src/traffic/limit/local-counter.ts';
import { LocalVersions } from '../../src/traffic/versions/local-versions.ts';
import { consoleAssets } from '../assets/console.ts';
import { contractAssets } from '../assets/contract.ts';
import { fetchTransport } from '../openstack/http/fetch.ts';
import { undiciTransport } from '../openstack/http/undici.ts';
import { type OpenStackDriver, type OpenStackOptions, openStackDriver } from '../openstack/index.ts';
import { openRedis, parseRedisUrl, type Redis } from '../redis/index.ts';
import { reduDriver } from '../redu/index.ts';
import { createSandbox } from '../sandbox/index.ts';
import { databaseUrlProblem, openKeyStore, openStores } from '../sql/open.ts';
import { readCertificates } from './certificates.ts';
import { peerAddress, requestBody, requestTarget } from './connection.ts';
import { connectionLimit } from './connections.ts';
import { demoKey } from './demo-key.ts';
import { formatReport, runChecks } from './doctor-command.ts';
import { rejectionOf } from './incoming.ts';
import { KEYS_USAGE, runKeys, UsageError } from './keys-command.ts';
import { LineOutput } from './line-output.ts';
import { pinoLogger } from './logger.ts';
import { prometheusMetrics } from './prometheus.ts';
import { runReconcile } from './reconcile-command.ts';
import { serve } from './serve.ts';
import { localServerSecret } from './server-secret-file.ts';

/** What everything that one request asks of the cloud may take together, milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000;
/** What a request may take to arrive, milliseconds: an image of many gigabytes. Other bodies are bounded where they are read. */
const RECEIVE_TIMEOUT_MS = 7_200_000;
/** What a command may take, milliseconds. */
const COMMAND_TIMEOUT_MS = 600_000;
/** How often uses and refusals of keys are written, milliseconds. */
const FLUSH_INTERVAL_MS = 5_000;
/** Where the sandbox keeps what must outlive the process. */
const STATE_DIRECTORY = '.linguanova';

const USAGE = `linguanova [serve]                       serve the gateway (the default)
linguanova reconcile [--older-than S]    free ports and floating IPs of ours that serve no instance, in the
                                         project of the service account (OS_*); S seconds old at least (600)
                                         --project-id P: in that project instead; --json: print JSON
linguanova doctor [--json]               try the store, Redis and the cloud as they are configured; ends with 1 when one fails
${KEYS_USAGE}`;

type CloudPorts = Pick<OpenStackOptions, 'log' | 'metrics'>;

/** The cloud that the configuration names. */
function openStackOf(
  { authUrl, region, interface: iface, ca, serviceAccount }: OpenStackConfig,
  ports: CloudPorts = {},
): OpenStackDriver {
  return openStackDriver({
    ...ports,
    transport: undiciTransport({ ca }),
    authUrl,
    endpoints: { region, interface: iface },
    serviceAccount,
  });
}

/** The built-in cloud; `customer` is the project to try it with. Its credential is the same after a restart, so that keys for it work on. */
function sandboxCloud(config: Config, ports: CloudPorts = {}) {
  const derived = (label: string) =>
    createHmac('sha256', config.secret ?? localServerSecret(STATE_DIRECTORY))
      .update(label)
      .digest('hex');
  const applicationCredential = {
    id: derived('sandbox credential id').slice(0, 32),
    secret: derived('sandbox credential'),
  };
  const { accounts, admin, authUrl, fetch } = createSandbox({ applicationCredential });
  const [customer] = accounts;
  if (customer === undefined) throw new Error('the sandbox has no account');
  const clouds = openStackDriver({
    ...ports,
    transport: fetchTransport(fetch),
    authUrl,
    endpoints: { region: null, interface: 'public' },
    serviceAccount: {
      kind: 'password',
      user: { id: admin.userId },
      password: admin.password,
      project: { id: admin.projectId },
    },
  });
  return { clouds, customer };
}

/** The cloud to serve: the one that is configured, else the built-in one. */
function cloudOf(config: Config, ports: CloudPorts = {}) {
  const { openStack, reduUrl } = config;
  if (openStack !== null) return withPassThrough(openStackOf(openStack, ports), null);
  if (reduUrl !== null) {
    return { clouds: reduDriver({ url: reduUrl, fetch }), nova: novaTranslation, sandbox: null };
  }
  const sandbox = sandboxCloud(config, ports);
  return withPassThrough(sandbox.clouds, sandbox);
}

/** What speaks OpenStack itself can be passed through to. */
function withPassThrough<T>(clouds: OpenStackDriver, sandbox: T) {
  return { clouds, nova: clouds.passThrough, sandbox };
}

async function serverSecret(config: Config): Promise<ServerSecret> {
  return importServerSecret(config.secret ?? localServerSecret(STATE_DIRECTORY), config.previousSecret).catch(
    (error) => {
      throw new ConfigError('LINGUANOVA_SECRET', error instanceof Error ? error.message : 'cannot be used');
    },
  );
}

/** @throws ConfigError when it is none. */
function redisTarget(url: string) {
  const target = parseRedisUrl(url);
  if (target !== null) return target;
  throw new ConfigError(
    'REDIS_URL',
    'must be redis://[user:password@]host[:port][/db] (rediss:// with TLS), several hosts of a cluster, comma-separated, or sentinel://host,host/master',
  );
}

/** What the nodes share; null: this one is alone. */
async function redisOf({ redisUrl }: Config, log: Logger, metrics: Metrics): Promise<Redis | null> {
  return redisUrl === null ? null : openRedis(redisTarget(redisUrl), { log, metrics });
}

function configuration(needs: { needsSecret?: boolean; needsCloud?: boolean } = {}): Config {
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

async function runGateway(config: Config): Promise<void> {
  const metrics = prometheusMetrics();
  const log = pinoLogger(config.logLevel, (lines, reason) =>
    metrics.count('log_lines_dropped', { reason }, lines),
  );
  const secret = await serverSecret(config);
  const redis = await redisOf(config, log, metrics);
  const { keys, idempotency, releases } = await openStores(config.databaseUrl);
  if (!(await new SecretCheck(keys.secrets, secret).adopt(true))) {
    throw new ConfigError('LINGUANOVA_SECRET', WRONG_SECRET);
  }
  const { clouds, nova, sandbox } = cloudOf(config, { log, metrics });
  const usesGeneratedToken = sandbox !== null && config.adminTokens.length === 0;
  const generatedToken = { name: null, token: randomBytes(24).toString('base64url') };
  const gateway = createGateway(
    {
      clouds,
      identities: clouds.identities,
      nova,
      keys,
      idempotency,
      releases,
      log,
      metrics,
      counter: redis?.counter ?? localCounter(),
      versions: redis?.versions ?? new LocalVersions(),
      eventLog: redis?.eventLog ?? new LocalEventLog(),
      ...(redis !== null && { redis, cacheStore: redis.cacheStore }),
      assets: new Map([...contractAssets(config.publicUrl), ...(config.console ? consoleAssets() : [])]),
    },
    {
      secret,
      adminTokens: usesGeneratedToken ? [generatedToken] : config.adminTokens,
      timeoutMs: REQUEST_TIMEOUT_MS,
      upstreamTimeoutMs: config.upstreamTimeoutMs,
      plans: config.limits.plans.map(({ name }) => name),
      limits: config.limits,
      publicUrl: config.publicUrl,
      corsOrigins: config.corsOrigins,
      console: config.console,
      cache: config.cache,
      streams: config.streams,
      auditDays: config.auditDays,
      ...trustedProxies(config.trustedProxies, peerAddress),
      requestTarget,
      unreadable: rejectionOf,
      requestBody,
    },
  );

  const server = await serve({
    fetch: gateway.fetch,
    host: config.host,
    port: config.port,
    requestTimeoutMs: RECEIVE_TIMEOUT_MS,
    responseTimeoutMs: config.upstreamTimeoutMs + REQUEST_TIMEOUT_MS,
    keepAliveSeconds: config.keepAliveSeconds,
    maxConnections: connectionLimit(),
    log,
    metrics,
  }).catch((error) => {
    throw listenProblem(config, error);
  });
  const flushing = setInterval(() => gateway.flush(), FLUSH_INTERVAL_MS);
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await Promise.all([server.stop(), gateway.endStreams()]);
    clearInterval(flushing);
    await gateway.flush();
    await Promise.all([clouds.close(), keys.close(), redis?.close()]);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  const banner = new LineOutput(1);
  process.on('exit', () => banner.drainAtExit());
  if (sandbox === null) {
    banner.write(`linguanova serves ${config.openStack?.authUrl ?? config.reduUrl} at ${server.url}\n`);
  } else {
    const { customer } = sandbox;
    const { id, text } = await demoKey(keys, secret, customer, join(STATE_DIRECTORY, 'demo-key'));
    banner.write(`linguanova serves a sandbox cloud at ${server.url}. Try:

  curl ${server.url}/v1/instances -H "x-api-key: ${text}"

  openstack --os-auth-type v3applicationcredential --os-auth-url ${server.url}/identity/v3 \\
    --os-application-credential-id ${id} --os-application-credential-secret ${text} server list

${usesGeneratedToken ? `Admin token: ${generatedToken.token}` : 'Admin API: with LINGUANOVA_ADMIN_TOKEN'}
The customer's own sign-in at the cloud: user ${customer.userName}, password ${customer.password}, project ${customer.projectName}

API reference: ${config.publicUrl ?? server.url}/docs. For the commands of docs/redu.md:

  export URL=${server.url} KEY=${text}
  export OS_USERNAME=${customer.userName} OS_PASSWORD=${customer.password} OS_PROJECT_NAME=${customer.projectName}

`);
  }
  if (config.console) banner.write(`Console: ${config.publicUrl ?? server.url}/console\n`);
}

/** What keeps the server from listening, in terms of the variables that say where. */
function listenProblem({ port }: Config, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return new ConfigError(
      'PORT',
      `${port} is already in use: set PORT to another one, or to 0 for any that is free`,
    );
  if (code === 'EACCES') return new ConfigError('PORT', `${port} may not be used by this user`);
  const noAddress = ['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EINVAL'].includes(String(code));
  return noAddress ? new ConfigError('HOST', 'is no address of this machine') : error;
}

async function runReconcileCommand(config: Config, args: readonly string[]): Promise<void> {
  const clouds = config.openStack === null ? null : openStackOf(config.openStack);
  const call = commandCall(config);
  await runReconcile(args, (projectId) => {
    if (clouds === null) throw new ConfigError('OS_AUTH_URL', 'is required: there is nothing to reconcile');
    return projectId === undefined
      ? clouds.openAsServiceAccount(call)
      : clouds.open({ kind: 'service', projectId }, call);
  });
  await clouds?.close();
}

/** Commands of `keys` that need the store alone: they also work where the cloud is gone or not named. */
const STORE_COMMANDS: ReadonlySet<string> = new Set(['list', 'show', 'revoke']);

async function runKeysCommand(config: Config, args: readonly string[]): Promise<void> {
  const { clouds } = cloudOf(config);
  const keys = await openKeyStore(config.databaseUrl);
  try {
    const secret = await serverSecret(config);
    const usesSecret = config.secret !== null || !STORE_COMMANDS.has(args[0] ?? '');
    if (usesSecret && !(await new SecretCheck(keys.secrets, secret).adopt(false))) {
      throw new ConfigError('LINGUANOVA_SECRET', WRONG_SECRET);
    }
    await runKeys(args, {
      keys,
      identities: clouds.identities,
      secret,
      plans: config.limits.plans.map(({ name }) => name),
      call: commandCall(config),
      print: (text) => console.log(text),
    });
  } finally {
    await Promise.all([clouds.close(), keys.close()]);
  }
}

async function runDoctor(config: Config, args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } } });
  const { openStack } = config;
  const { clouds } = cloudOf(config);
  const operatorDriver =
    openStack === null || openStack.serviceAccount === null ? null : openStackOf(openStack);
  const results = await runChecks({
    config,
    importSecret: () => serverSecret(config),
    openKeys: () => openKeyStore(config.databaseUrl),
    openRedis: () => redisOf(config, pinoLogger('silent'), prometheusMetrics()),
    clouds,
    operatorCloud: operatorDriver === null ? null : operatorDriver.openAsServiceAccount,
    // What the log would say is said by the findings.
    call: () => commandCall(config, 'silent'),
  });
  console.log(values.json ? JSON.stringify(results) : formatReport(results));
  await Promise.all([clouds.close(), operatorDriver?.close()]);
  if (results.some(({ ok }) => !ok)) process.exitCode = 1;
}

function commandCall(config: Config, level = config.logLevel === 'info' ? 'warn' : config.logLevel) {
  const log = pinoLogger(level);
  const deadline = deadlineIn(COMMAND_TIMEOUT_MS);
  return { deadline, requestId: `req-${crypto.randomUUID()}`, log, trace: new CallTrace() };
}

async function main([command = 'serve', ...args]: readonly string[]): Promise<void> {
  if (command === 'serve' && args.length === 0) return runGateway(configuration());
  if (command === 'keys') {
    const opensKeys = !STORE_COMMANDS.has(args[0] ?? '');
    return runKeysCommand(configuration({ needsCloud: opensKeys, needsSecret: opensKeys }), args);
  }
  if (command === 'doctor') return runDoctor(configuration(), args);
  if (command === 'reconcile') return runReconcileCommand(configuration({ needsSecret: false }), args);
  console.log(USAGE);
  if (!['help', '--help', '-h'].includes(command)) process.exitCode = 2;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  // One line for what the operator can mend; anything else is a defect, and where it happened matters.
  const mendable = [ConfigError, UsageError, ComputeError, TypeError].some((kind) => error instanceof kind);
  const expected = error instanceof Error && (mendable || 'code' in error);
  console.error(
    `linguanova: ${expected ? error.message : error instanceof Error ? error.stack : String(error)}`,
  );
  process.exit(1);
});
