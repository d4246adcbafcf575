import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type GatewayProcess, runCommand, startProcess } from '../support/gateway-process.ts';
import { run } from './run.ts';

const ROOT = join(import.meta.dirname, '../..');
const SECRET = Buffer.alloc(32, 7).toString('base64');
const ADMIN_TOKEN = 'the-operators-own-token';

const running: GatewayProcess[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((gateway) => gateway.end('SIGKILL')));
});

async function started(variables: Record<string, string>, cwd?: string): Promise<GatewayProcess> {
  const gateway = await startProcess({ LOG_LEVEL: 'silent', ...variables }, cwd);
  running.push(gateway);
  return gateway;
}

const keyIn = ({ stdout }: GatewayProcess) => /x-api-key: (\S+?)"/.exec(stdout())?.[1] ?? '';
const folder = () => mkdtempSync(join(tmpdir(), 'linguanova-'));

describe('a production start with a misspelt cloud variable', () => {
  test.each([
    ['OS_AUTH_URI', { OS_AUTH_URI: 'https://keystone.example.org/v3', OS_USERNAME: 'svc', OS_PASSWORD: 'x' }],
    ['an empty OS_AUTH_URL', { OS_AUTH_URL: '', OS_USERNAME: 'svc', OS_PASSWORD: 'x' }],
    ['the variables of the image alone', { NODE_ENV: 'production', HOST: '0.0.0.0' }],
  ])('%s: is refused with one line, and no store is made', async (_, variables) => {
    const database = join(folder(), 'prod.db');
    const { code, stdout, stderr } = await runCommand(['serve'], {
      PORT: '0',
      LINGUANOVA_SECRET: SECRET,
      LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
      DATABASE_URL: `sqlite:${database}`,
      ...variables,
    });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^linguanova: OS_AUTH_URL [^\n]*LINGUANOVA_SANDBOX[^\n]*\n$/);
    expect(statSync(database, { throwIfNoEntry: false })).toBeUndefined();
  });
});

test.each([[['serve']], [['keys', 'list']], [['doctor']], [['reconcile']]])(
  '%s refuses a misspelt variable by name',
  async (args) => {
    const { code, stdout, stderr } = await runCommand(args, { LINGUANOVA_CACHE_SECOND: '1' });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^linguanova: LINGUANOVA_CACHE_SECOND [^\n]*LINGUANOVA_CACHE_SECONDS[^\n]*\n$/);
  },
);

test('all configuration errors are printed in one list', async () => {
  const { code, stderr } = await runCommand(['serve'], {
    PORT: 'abc',
    LINGUANOVA_SECRET: 'x',
    OS_AUTH_URL: 'y',
    REDIS_URL: 'redis://:hunter2@cache:port',
    DATABASE_URL: 'sqlite:/nonexistent/dir/keys.db',
    OS_CACERT: '/nonexistent/ca.pem',
  });
  expect(code).toBe(1);
  const lines = stderr.trim().split('\n').slice(1);
  expect(lines.map((line) => line.trim().split(' ')[0]).toSorted()).toEqual(
    ['PORT', 'LINGUANOVA_SECRET', 'OS_AUTH_URL', 'REDIS_URL', 'DATABASE_URL', 'OS_CACERT'].toSorted(),
  );
  expect(stderr).not.toContain('hunter2');
});

test('a missing folder is named and not created', async () => {
  const missing = join(folder(), 'missing');
  const variables = { LINGUANOVA_SANDBOX: '1', PORT: '0', DATABASE_URL: `sqlite:${missing}/keys.db` };
  for (const args of [['serve'], ['keys', 'list']]) {
    const { code, stderr } = await runCommand(args, variables);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^linguanova: DATABASE_URL [^\n]+\n$/);
    expect(stderr).toContain(missing);
  }
  expect(statSync(missing, { throwIfNoEntry: false })).toBeUndefined();
});

test('a configured secret or admin token is never printed', async () => {
  const variables = {
    LINGUANOVA_SANDBOX: '1',
    LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
    LINGUANOVA_SECRET: SECRET,
  };
  const gateway = await started({ ...variables, LOG_LEVEL: 'debug' });
  const admin = await fetch(`${gateway.url}/admin/v1/keys`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  expect(admin.status).toBe(200);
  for (const printed of [gateway.stdout(), gateway.stderr()]) {
    expect(printed).not.toContain(ADMIN_TOKEN);
    expect(printed).not.toContain(SECRET);
  }
});

test.each(['start', 'start:redu', 'linguanova'])(
  'npm run %s with a Node that is too old prints one line',
  async (name) => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const old = join(folder(), 'old.cjs');
    writeFileSync(
      old,
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });",
    );
    const command = scripts[name].replace('node ', `"${process.execPath}" --require ${old} `);
    const { code, stdout, stderr } = await run('/bin/sh', ['-c', command], {}, { cwd: ROOT });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^linguanova: Node 22\.19 or newer [^\n]+\n$/);
  },
);

test('the demo key’s file is readable by its owner only, and the key works after a restart', async () => {
  const cwd = folder();
  const first = await started({}, cwd);
  const file = join(cwd, '.linguanova/demo-key');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8').trim()).toBe(keyIn(first));
  await first.end('SIGTERM');
  const second = await started({}, cwd);
  expect(keyIn(second)).toBe(keyIn(first));
  const headers = { 'x-api-key': keyIn(second) };
  expect((await fetch(`${second.url}/v1/instances`, { headers })).status).toBe(200);
  const own = await fetch(`${second.url}/v1/api_keys`, { headers });
  expect(((await own.json()) as { items: unknown[] }).items).toHaveLength(1);

  await fetch(`${second.url}/v1/api_keys/${keyIn(second).split('_')[1]}`, { method: 'DELETE', headers });
  await second.end('SIGTERM');
  const third = await started({}, cwd);
  expect(keyIn(third), 'a revoked one is replaced').not.toBe(keyIn(first));
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('keys list and revoke work without a cloud', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-store-'));
  const store = { DATABASE_URL: `sqlite:${join(folder, 'keys.db')}` };
  const gateway = await startProcess({ ...store, LINGUANOVA_SANDBOX: '1', LOG_LEVEL: 'silent' });
  const key = /x-api-key: (\w+)"/.exec(gateway.stdout())?.[1] ?? '';
  const [, id = ''] = key.split('_');
  const statusOf = async () =>
    (await fetch(`${gateway.url}/v1/me`, { headers: { 'x-api-key': key } })).status;
  expect(await statusOf()).toBe(200);
  const listed = await runCommand(['keys', 'list'], store);
  expect([listed.code, listed.stdout]).toEqual([0, expect.stringContaining(id)]);
  const revoked = await runCommand(['keys', 'revoke', id], store);
  expect([revoked.code, revoked.stderr]).toEqual([0, '']);
  await expect.poll(statusOf).toBe(401);
  const created = await runCommand(['keys', 'create', '--name', 'x', '--project-id', 'p'], store);
  expect([created.code, created.stderr]).toEqual([1, expect.stringContaining('OS_AUTH_URL')]);
  await gateway.end('SIGTERM');
});
