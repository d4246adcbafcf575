import type { KeyStore } from '../../../src/access/key-store.ts';
import { SecretCheck, WRONG_SECRET } from '../../../src/access/secret-check.ts';
import type { ServerSecret } from '../../../src/access/server-secret.ts';
import { wallTime } from '../../../src/clock.ts';
import type { CallContext, Cloud, CloudDriver } from '../../../src/compute/cloud.ts';
import { hasCode } from '../../../src/compute/errors.ts';
import { assertOwnNetworks } from '../../../src/compute/reconcile.ts';
import type { Config } from '../../../src/config/config.ts';

export interface DoctorContext {
  readonly config: Config;
  readonly importSecret: () => Promise<ServerSecret>;
  readonly openKeys: () => Promise<Pick<KeyStore, 'countByState' | 'isWritable' | 'secrets' | 'close'>>;
  /** null: none is configured. */
  readonly openRedis: () => Promise<{ ping(): Promise<void>; close(): Promise<void> } | null>;
  readonly clouds: Pick<CloudDriver, 'ping'>;
  /** The cloud as the operator's account sees it; null: there is no account. */
  readonly operatorCloud: ((call: CallContext) => Cloud) | null;
  /** Those to check, once the operator's account has signed in. @throws If one is not served. */
  readonly regions: () => readonly string[];
  /** As of the operator's catalog too. */
  readonly isServed: (region: string) => boolean;
  readonly call: () => CallContext;
}

export interface CheckResult {
  readonly name: string;
  /** Absent where the check is of no region, or there is one. */
  readonly region?: string;
  readonly ok: boolean;
  readonly detail: string;
  /** A risk of a configuration that works. */
  readonly warning?: string;
  readonly durationMs: number;
}

interface Check {
  readonly name: string;
  readonly variables: string;
  /** Resolves with the result in a few words; rejects with the problem. */
  readonly run: () => Promise<string | Pick<CheckResult, 'detail' | 'warning'>>;
}

const ACCOUNT_VARIABLES = 'OS_USERNAME and the other OS_* of the account';
const REGION_VARIABLES = 'OS_REGION_NAME, LINGUANOVA_REGIONS and OS_INTERFACE';

const MAX_COUNTED_KEYS = 100_000;

const ADMIN_ROLE = 'admin';
const ADMIN_ROLE_WARNING =
  'with the role "admin" the cloud shows it every project: service keys of projects where it has that role need the scope ' +
  '"admin" in the Nova dialect, so give it the role "member" in the projects of customers';

export async function runChecks(context: DoctorContext): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  const runAll = async (checks: readonly Check[], where: Pick<CheckResult, 'region'> = {}) => {
    for (const { name, variables, run } of checks) {
      const started = performance.now();
      const outcome = await run().then(
        (found) => ({ ok: true, ...(typeof found === 'string' ? { detail: found } : found) }),
        (error: unknown) => ({ ok: false, detail: `${describeError(error)}; see ${variables}` }),
      );
      results.push({ name, ...where, ...outcome, durationMs: Math.round(performance.now() - started) });
    }
  };
  await runAll([...ownChecks(context), ...cloudChecks(context)]);
  await runAll(endpointChecks(context));
  let regions: readonly string[] = [];
  try {
    regions = context.regions();
  } catch (error) {
    await runAll([{ name: 'region', variables: REGION_VARIABLES, run: () => Promise.reject(error) }]);
  }
  for (const region of regions)
    await runAll(regionChecks(context, region), regions.length > 1 ? { region } : {});
  return results;
}

export function formatReport(results: readonly CheckResult[]): string {
  const titleOf = ({ name, region }: CheckResult) => (region === undefined ? name : `${name} ${region}`);
  const width = Math.max(...results.map((result) => titleOf(result).length));
  const line = (result: CheckResult) => {
    const { ok, detail, warning, durationMs } = result;
    const state = !ok ? 'FAILED' : warning === undefined ? 'ok    ' : 'WARN  ';
    const text = warning === undefined ? detail : `${detail}; ${warning}`;
    return `${state}  ${titleOf(result).padEnd(width)}  ${text} (${durationMs} ms)`;
  };
  return results.map(line).join('\n');
}

function ownChecks({ config, importSecret, openKeys, openRedis }: DoctorContext): Check[] {
  return [
    {
      name: 'secret',
      variables: 'LINGUANOVA_SECRET',
      async run() {
        const secret = await importSecret();
        const keys = await openKeys().catch(() => null);
        if (keys === null) return 'is valid; not compared with the keys, since the store cannot be opened';
        try {
          if (!(await new SecretCheck(keys.secrets, secret).isCurrent())) throw new Error(WRONG_SECRET);
        } finally {
          await keys.close();
        }
        return config.secret === null ? 'generated here, for the sandbox only' : 'matches the keys';
      },
    },
    {
      name: 'store',
      variables: 'DATABASE_URL',
      async run() {
        const keys = await openKeys();
        try {
          const states = await keys.countByState(wallTime(), MAX_COUNTED_KEYS);
          if (!(await keys.isWritable())) throw new Error('is read-only');
          return `reachable, with ${states.active} active keys`;
        } finally {
          await keys.close();
        }
      },
    },
    {
      name: 'redis',
      variables: 'REDIS_URL',
      async run() {
        const redis = await openRedis();
        if (redis === null) return 'none: each gateway has its own limits and cache';
        try {
          await redis.ping();
          return 'reachable';
        } finally {
          await redis.close();
        }
      },
    },
  ];
}

function cloudChecks({ config, clouds, operatorCloud, call }: DoctorContext): Check[] {
  const cloud: Check = {
    name: 'cloud',
    variables: config.reduUrl === null ? 'OS_AUTH_URL and OS_CACERT' : 'REDU_URL',
    async run() {
      await clouds.ping(call());
      return (config.openStack ?? config.reduUrl) === null
        ? 'the sandbox: OS_AUTH_URL is not set'
        : 'reachable';
    },
  };
  if (operatorCloud === null) {
    const without = async () => 'none: service keys and reconcile are unavailable';
    return [
      cloud,
      ...(config.openStack === null
        ? []
        : [{ name: 'service account', variables: ACCOUNT_VARIABLES, run: without }]),
    ];
  }
  return [
    cloud,
    {
      name: 'service account',
      variables: ACCOUNT_VARIABLES,
      async run() {
        const { projectId, roles } = await operatorCloud(call()).caller();
        const detail = `signs in to project ${projectId} as ${roles.join(', ')}`;
        return roles.includes(ADMIN_ROLE) ? { detail, warning: ADMIN_ROLE_WARNING } : detail;
      },
    },
  ];
}

/** Of those that are for named regions. */
function endpointChecks({ config, operatorCloud, isServed }: DoctorContext): Check[] {
  const named = config.regions.given.flatMap(({ region }) => region ?? []);
  if (operatorCloud === null || named.length === 0) return [];
  return [
    {
      name: 'endpoints by hand',
      variables: 'LINGUANOVA_ENDPOINT_<TYPE>',
      async run() {
        const unknown = [...new Set(named)].filter((region) => !isServed(region));
        if (unknown.length > 0) throw new Error(`the catalog has no region ${unknown.join(', ')}`);
        return `in ${[...new Set(named)].join(', ')}`;
      },
    },
  ];
}

function regionChecks({ config, operatorCloud, call }: DoctorContext, region: string): Check[] {
  if (operatorCloud === null) return [];
  const cloud = () => operatorCloud({ ...call(), region });
  const check = (name: string, run: Check['run']): Check => ({
    name,
    variables: REGION_VARIABLES,
    run: () =>
      run().catch((error: unknown) => {
        // A region that the operator has not named need not have every service.
        if (config.regions.served !== '*' || !hasCode(error, 'not_implemented')) throw error;
        return 'none in this region';
      }),
  });
  const found = (list: (cloud: Cloud) => Promise<readonly unknown[]>, what: string) => async () =>
    `reachable, with ${(await list(cloud())).length} ${what}`;
  return [
    check('key pairs', async () => {
      const { limit, used } = (await cloud().quotas()).keyPairs;
      return `${used} of the account's ${limit ?? 'unlimited'}, which all service keys share`;
    }),
    check(
      'nova',
      found((given) => given.listFlavors(), 'flavors'),
    ),
    check(
      'neutron',
      found(async (given) => {
        await assertOwnNetworks(given);
        return given.listNetworks();
      }, 'networks'),
    ),
    check(
      'glance',
      found((given) => given.listImages(), 'images'),
    ),
  ];
}

/** Message with all causes, as in the log: only operators read it. */
function describeError(error: unknown): string {
  const messages: string[] = [];
  for (let current = error; current instanceof Error && messages.length < 5; current = current.cause) {
    messages.push(current.message || ('code' in current ? String(current.code) : current.name));
  }
  return (messages.join(' <- ') || String(error)).replaceAll(/\s+/g, ' ');
}
