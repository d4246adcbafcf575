import type { KeyStore } from '../../../src/access/key-store.ts';
import { SecretCheck, WRONG_SECRET } from '../../../src/access/secret-check.ts';
import type { ServerSecret } from '../../../src/access/server-secret.ts';
import { wallTime } from '../../../src/clock.ts';
import type { CallContext, Cloud, CloudDriver } from '../../../src/compute/cloud.ts';
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
  readonly call: () => CallContext;
}

export interface CheckResult {
  readonly name: string;
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

const MAX_COUNTED_KEYS = 100_000;

const ADMIN_ROLE = 'admin';
const ADMIN_ROLE_WARNING =
  'with the role "admin" the cloud shows it every project: service keys of projects where it has that role need the scope ' +
  '"admin" in the Nova dialect, so give it the role "member" in the projects of customers';

export async function runChecks(context: DoctorContext): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { name, variables, run } of [...ownChecks(context), ...cloudChecks(context)]) {
    const started = performance.now();
    const outcome = await run().then(
      (found) => ({ ok: true, ...(typeof found === 'string' ? { detail: found } : found) }),
      (error: unknown) => ({ ok: false, detail: `${describeError(error)}; see ${variables}` }),
    );
    results.push({ name, ...outcome, durationMs: Math.round(performance.now() - started) });
  }
  return results;
}

export function formatReport(results: readonly CheckResult[]): string {
  const width = Math.max(...results.map(({ name }) => name.length));
  const line = ({ name, ok, detail, warning, durationMs }: CheckResult) => {
    const state = !ok ? 'FAILED' : warning === undefined ? 'ok    ' : 'WARN  ';
    const text = warning === undefined ? detail : `${detail}; ${warning}`;
    return `${state}  ${name.padEnd(width)}  ${text} (${durationMs} ms)`;
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
  const account = 'OS_USERNAME and the other OS_* of the account';
  const endpoints = 'OS_REGION_NAME and OS_INTERFACE';
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
      ...(config.openStack === null ? [] : [{ name: 'service account', variables: account, run: without }]),
    ];
  }
  const found = (list: (cloud: Cloud) => Promise<readonly unknown[]>, what: string) => async () =>
    `reachable, with ${(await list(operatorCloud(call()))).length} ${what}`;
  return [
    cloud,
    {
      name: 'service account',
      variables: account,
      async run() {
        const { projectId, roles } = await operatorCloud(call()).caller();
        const detail = `signs in to project ${projectId} as ${roles.join(', ')}`;
        return roles.includes(ADMIN_ROLE) ? { detail, warning: ADMIN_ROLE_WARNING } : detail;
      },
    },
    {
      name: 'key pairs',
      variables: account,
      async run() {
        const { limit, used } = (await operatorCloud(call()).quotas()).keyPairs;
        return `${used} of the account's ${limit ?? 'unlimited'}, which all service keys share`;
      },
    },
    { name: 'nova', variables: endpoints, run: found((given) => given.listFlavors(), 'flavors') },
    { name: 'neutron', variables: endpoints, run: found((given) => given.listNetworks(), 'networks') },
    { name: 'glance', variables: endpoints, run: found((given) => given.listImages(), 'images') },
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
