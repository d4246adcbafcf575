/**
 * `npm run dev:edge`: the worker on this machine, with no account and no network, and a key to try it with. A Node program.
 */

import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');
const SECRETS = join(ROOT, '.dev.vars');
/** The sandbox's own project, the one of redu's documentation. */
const SANDBOX_PROJECT = '719015812e824d5b874b4190dde8f43c';
const POLL_INTERVAL_MS = 200;

/** Keeps wrangler from network access. */
const OFFLINE = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
};
const env = { ...process.env, ...OFFLINE };

/** The variables in `.dev.vars`, which is created on the first start. */
function secrets(): { isNew: boolean; variables: Readonly<Record<string, string | undefined>> } {
  const isNew = !existsSync(SECRETS);
  if (isNew) {
    const made = [
      `LINGUANOVA_SECRET=${randomBytes(32).toString('base64')}`,
      `LINGUANOVA_ADMIN_TOKEN=${randomBytes(24).toString('base64url')}`,
    ];
    writeFileSync(SECRETS, `${made.join('\n')}\n`, { mode: 0o600, flag: 'wx' });
  }
  return { isNew, variables: parseEnv(readFileSync(SECRETS, 'utf8')) };
}

/** The deployed worker if `.dev.vars` names a cloud, else the one with the sandbox. */
function environmentFor(given: Readonly<Record<string, string | undefined>>): readonly string[] {
  return given.OS_AUTH_URL === undefined ? ['--env', 'sandbox'] : ['--env', ''];
}

async function waitUntilServing(url: string, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const ok = await fetch(`${url}/healthz`).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
  throw new Error('wrangler dev exited');
}

async function printKey(url: string, adminToken: string): Promise<void> {
  const response = await fetch(`${url}/admin/v1/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'npm run dev:edge', project_id: SANDBOX_PROJECT }),
  });
  if (response.status !== 201) throw new Error(`cannot create a key: ${await response.text()}`);
  const { key } = (await response.json()) as { key: string };
  console.log(`
linguanova serves a sandbox cloud at ${url}. Try:

  curl ${url}/v1/instances -H "x-api-key: ${key}"

Admin token: ${isNew ? adminToken : 'in .dev.vars'}
`);
}

const args = process.argv.slice(2);
const portAt = args.indexOf('--port');
const port = portAt < 0 ? '8787' : (args[portAt + 1] ?? '');
const passed = portAt < 0 ? args : args.toSpliced(portAt, 2);
const url = `http://127.0.0.1:${port}`;
const { isNew, variables } = secrets();
const environment = environmentFor(variables);

const persistAt = passed.indexOf('--persist-to');
const persist = persistAt < 0 ? [] : passed.slice(persistAt, persistAt + 2);
const migrated = spawnSync(
  process.execPath,
  [WRANGLER, 'd1', 'migrations', 'apply', 'KEYS', '--local', ...environment, ...persist],
  { cwd: ROOT, env: { ...env, CI: '1' }, encoding: 'utf8' },
);
if (migrated.status !== 0)
  throw new Error(`cannot create the database: ${migrated.stderr}${migrated.stdout}`);

const worker = spawn(
  process.execPath,
  [WRANGLER, 'dev', ...environment, '--ip', '127.0.0.1', '--port', port, ...passed],
  { cwd: ROOT, env, stdio: 'inherit' },
);
let ended = false;
worker.on('close', (code) => {
  ended = true;
  process.exitCode = code ?? 0;
});
// wrangler is in the same terminal and receives the signal itself.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => worker.kill('SIGTERM'));

await waitUntilServing(url, () => ended);
if (variables.OS_AUTH_URL === undefined) await printKey(url, variables.LINGUANOVA_ADMIN_TOKEN ?? '');
else console.log(`\nlinguanova serves ${variables.OS_AUTH_URL} at ${url}\n`);
