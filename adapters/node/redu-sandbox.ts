/**
 * `npm run start:redu`: OpenStack's tools on a cloud that speaks redu, on this machine. Two gateways: one in front of the sandbox,
 * and one whose cloud is the redu API of the first. Prints an `openstack` command with a working key.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { wallMs } from '../../src/clock.ts';
import { localServerSecret } from './server-secret-file.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const DEFAULT_PORT = '8788';
/** The printed key expires, since its secret is on a screen. */
const DEMO_KEY_LIFETIME_MS = 86_400_000;

/** Starts a gateway; resolves with the groups of `pattern` once its output matches. */
async function startGateway(
  variables: Readonly<Record<string, string>>,
  pattern: RegExp,
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  child.on('close', (code) => stopAll(code ?? 0));
  child.stdout.setEncoding('utf8');
  return new Promise((resolve) => {
    let printed = '';
    child.stdout.on('data', (chunk: string) => {
      printed += chunk;
      const found = pattern.exec(printed);
      if (found !== null) resolve(found.slice(1));
    });
  });
}

const children: ChildProcess[] = [];

function stopAll(code: number): void {
  process.exitCode ??= code;
  for (const child of children) child.kill('SIGTERM');
}
process.on('SIGINT', () => stopAll(0));
process.on('SIGTERM', () => stopAll(0));

const first = { PORT: '0', LOG_LEVEL: 'warn', LINGUANOVA_SANDBOX: '1' };
const [reduUrl = '', reduKey = ''] = await startGateway(
  first,
  / at (http:\S+)\. Try:\s+curl .*x-api-key: (\S+)"/,
);
const adminToken = randomBytes(24).toString('base64url');
const second = {
  PORT: process.env.PORT || DEFAULT_PORT,
  LINGUANOVA_SANDBOX: '',
  OS_AUTH_URL: '',
  REDU_URL: reduUrl,
  DATABASE_URL: 'sqlite:.linguanova/redu-keys.db',
  LINGUANOVA_SECRET: localServerSecret('.linguanova'),
  LINGUANOVA_ADMIN_TOKEN: adminToken,
};
const [url = ''] = await startGateway(second, / serves \S+ at (http:\S+)\s/);
const response = await fetch(`${url}/admin/v1/keys`, {
  method: 'POST',
  headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
  body: JSON.stringify({
    name: 'npm run start:redu',
    redu_key: reduKey,
    expires_at: new Date(wallMs() + DEMO_KEY_LIFETIME_MS).toISOString(),
  }),
});
if (response.status !== 201) throw new Error(`cannot create a key: ${await response.text()}`);
const { id, key } = (await response.json()) as { id: string; key: string };
console.log(`linguanova serves the redu cloud ${reduUrl}, a sandbox, at ${url}. Try:

  openstack --os-auth-type v3applicationcredential --os-auth-url ${url}/identity/v3 \\
    --os-application-credential-id ${id} --os-application-credential-secret ${key} server list

  curl ${url}/compute/v2.1/servers/detail -H "X-Auth-Token: ${key}"`);
