import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SecretCheck, WRONG_SECRET } from '../../src/access/secret-check.ts';
import { deadlineIn } from '../../src/clock.ts';
import { CallTrace } from '../../src/compute/call-trace.ts';
import { ComputeError } from '../../src/compute/errors.ts';
import type { Config } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { openKeyStore } from '../sql/open.ts';
import { demoKey } from './demo-key.ts';
import { formatReport, runChecks } from './doctor-command.ts';
import { KEYS_USAGE, runKeys, UsageError } from './keys-command.ts';
import { LineOutput } from './line-output.ts';
import { pinoLogger } from './logger.ts';
import { prometheusMetrics } from './prometheus.ts';
import { runReconcile } from './reconcile-command.ts';
import {
  cloudOf,
  configuration,
  openStackOf,
  redisOf,
  STATE_DIRECTORY,
  serveGateway,
  serverSecret,
} from './wiring.ts';

const COMMAND_TIMEOUT_MS = 600_000;

const USAGE = `linguanova [serve]                       serve the gateway (the default)
linguanova reconcile [--older-than S]    release the gateway's ports and floating IPs that serve no instance, in the
                                         project of the service account (OS_*), if at least S seconds old (600)
                                         --project-id P: in that project instead; --json: print JSON
linguanova doctor [--json]               check the store, Redis and the cloud as configured; exit status 1 if one fails
${KEYS_USAGE}`;

async function runServe(config: Config): Promise<void> {
  const { url, keys, secret, sandbox, adminToken } = await serveGateway(config);
  const banner = new LineOutput(1);
  process.on('exit', () => banner.drainAtExit());
  if (sandbox === null) {
    banner.write(`linguanova serves ${config.openStack?.authUrl ?? config.reduUrl} at ${url}\n`);
  } else {
    const { customer } = sandbox;
    const { id, text } = await demoKey(keys, secret, customer, join(STATE_DIRECTORY, 'demo-key'));
    banner.write(`linguanova serves a sandbox cloud at ${url}. Try:

  curl ${url}/v1/instances -H "x-api-key: ${text}"

  openstack --os-auth-type v3applicationcredential --os-auth-url ${url}/identity/v3 \\
    --os-application-credential-id ${id} --os-application-credential-secret ${text} server list

${adminToken === null ? 'Admin API: with LINGUANOVA_ADMIN_TOKEN' : `Admin token: ${adminToken}`}
The customer's sign-in at the cloud: user ${customer.userName}, password ${customer.password}, project ${customer.projectName}

API reference: ${config.publicUrl ?? url}/docs. For the commands of docs/redu.md:

  export URL=${url} KEY=${text}
  export OS_USERNAME=${customer.userName} OS_PASSWORD=${customer.password} OS_PROJECT_NAME=${customer.projectName}

`);
  }
  if (config.console) banner.write(`Console: ${config.publicUrl ?? url}/console\n`);
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

/** Commands of `keys` that need the store alone, and so work without a cloud. */
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
    // The results report what the log would.
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
  if (command === 'serve' && args.length === 0) return runServe(configuration());
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
  // One line for an operational error; a defect needs its stack.
  const operational = [ConfigError, UsageError, ComputeError, TypeError].some(
    (kind) => error instanceof kind,
  );
  const expected = error instanceof Error && (operational || 'code' in error);
  console.error(
    `linguanova: ${expected ? error.message : error instanceof Error ? error.stack : String(error)}`,
  );
  process.exit(1);
});
