import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { openKeyStore } from '../../adapters/sql/open.ts';
import type { issueKey } from '../../src/access/issue-key.ts';
import type { importServerSecret } from '../../src/access/server-secret.ts';
import type { CloudCredential } from '../../src/compute/cloud.ts';
import type { Scope } from '../../src/scopes.ts';
import { type Child, startChild } from '../harness/child.ts';

const MAIN = new URL('../../adapters/node/main.ts', import.meta.url).pathname;

const MEMORY = '/dev/shm';

/** So many points that no limit is met, and yet they are counted. */
const PLANS = 'default=100000000/60';

/** Whose keys are to be there. */
export interface KeyOwner {
  readonly projectId: string;
  readonly credential: CloudCredential;
}

/** The gateway as an operator starts it, with its log in a file. */
export interface BenchGateway {
  readonly url: string;
  readonly pid: number;
  /** Texts of the keys, in the order of their owners. */
  readonly keys: readonly string[];
  stop(): Promise<void>;
}

/**
 * @param environment The cloud, Redis and the cache; the store and the secret are set here.
 * @param main The program to measure, of another checkout for a comparison.
 */
export async function benchGateway(
  environment: Readonly<Record<string, string>>,
  owners: readonly KeyOwner[],
  main = MAIN,
): Promise<BenchGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-bench-'));
  // In memory where that can be had: ten thousand keys are ten thousand commits.
  const disk = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'linguanova-bench-'));
  const databaseUrl = `sqlite:${join(disk, 'keys.db')}`;
  const secret = randomBytes(32).toString('base64');
  const keys = await issueKeys(main, databaseUrl, secret, owners);
  const env = {
    PORT: '0',
    DATABASE_URL: databaseUrl,
    LINGUANOVA_SECRET: secret,
    LINGUANOVA_PLANS: PLANS,
    ...environment,
  };
  const log = openSync(join(folder, 'log'), 'a');
  const options = { env, cwd: folder, log };
  const child: Child = await startChild(
    process.execPath,
    [...process.execArgv, main, 'serve'],
    / at (http:\S+)\n/,
    options,
  );
  return {
    url: child.announced[0] ?? '',
    pid: child.pid,
    keys,
    async stop() {
      await child.end();
      closeSync(log);
      for (const one of [folder, disk]) rmSync(one, { recursive: true });
    },
  };
}

/** Those that every checkout knows. */
const SCOPES: readonly Scope[] = ['instances:read', 'instances:write', 'network:write', 'keypairs:write'];

/** By the code of the measured checkout: its database may have other migrations. */
async function issueKeys(
  main: string,
  databaseUrl: string,
  base64: string,
  owners: readonly KeyOwner[],
): Promise<readonly string[]> {
  const from = (path: string) => import(new URL(`../../${path}`, pathToFileURL(main)).href);
  const sql: { openKeyStore: typeof openKeyStore } = await from('adapters/sql/open.ts');
  const issue: { issueKey: typeof issueKey } = await from('src/access/issue-key.ts');
  const secrets: { importServerSecret: typeof importServerSecret } = await from(
    'src/access/server-secret.ts',
  );
  const store = await sql.openKeyStore(databaseUrl);
  const secret = await secrets.importServerSecret(base64);
  const keys: string[] = [];
  for (const { projectId, credential } of owners) {
    const request = {
      name: 'bench',
      projectId,
      ownsCloudCredential: false,
      credentialExpiresAt: null,
      scopes: SCOPES,
      plan: 'default',
      allowedCidrs: [],
      allowedOrigins: [],
      regions: null,
      expiresAt: null,
      credential,
      userId: 'bench',
    };
    const { text } = await issue.issueKey(store, secret, request, {
      actor: 'cli',
      address: null,
      requestId: null,
    });
    keys.push(text);
  }
  await store.close();
  return keys;
}
