import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type Finished, type GatewayProcess, runCommand, startProcess } from '../support/gateway-process.ts';
import { database, emptyDirectory, opened, SECRET } from './keys-database.ts';
import { run } from './run.ts';
import { CREATE, PROJECT, WRONG_COMMANDS, WRONG_OVERLAPS } from './wrong-keys-commands.ts';

const MAIN = join(import.meta.dirname, '../../adapters/node/main.ts');
const OTHER_SECRET = Buffer.alloc(32, 8).toString('base64');

let running: GatewayProcess | undefined;
afterEach(async () => {
  if (running?.child.exitCode === null) await running.end('SIGKILL');
  running = undefined;
});

async function serving(env: Record<string, string>): Promise<(key: string) => Promise<number>> {
  running = await startProcess(env);
  const { url } = running;
  return async (key) => (await fetch(`${url}/v1/instances`, { headers: { 'x-api-key': key } })).status;
}

describe('linguanova keys', () => {
  test('create prints the key; list, show, revoke and rotate find it', async () => {
    const { keys, json } = database();
    const created = await json(
      ...['create', '--name', 'first customer', '--project-id', PROJECT],
      ...['--scopes', 'instances:read,keypairs:write'],
      ...['--plan', 'default', '--expires-at', '2099-01-01T01:00:00+01:00'],
      ...['--cidr', '192.0.2.0/24', '--cidr', '2001:db8::/32'],
    );
    const { key, ...shown } = created;
    expect(key).toMatch(new RegExp(`^ln_${created.id}_[0-9A-Za-z]{39}$`));
    expect(shown).toMatchObject({
      name: 'first customer',
      state: 'active',
      kind: 'service',
      project_id: PROJECT,
      scopes: ['instances:read', 'keypairs:write'],
      plan: 'default',
      expires_at: '2099-01-01T00:00:00.000Z',
      allowed_cidrs: ['192.0.2.0/24', '2001:db8::/32'],
    });
    expect(await json('show', created.id)).toEqual(shown);
    expect(await json('list')).toEqual([shown]);
    expect(await json('list', '--project-id', PROJECT)).toEqual([shown]);
    expect(await json('list', '--project-id', 'unknown')).toEqual([]);

    const { key: successor, ...rotated } = await json('rotate', created.id, '--overlap', '60');
    expect(successor).not.toBe(key);
    expect(rotated).toMatchObject({ family_id: created.id, name: 'first customer', scopes: shown.scopes });
    const old = await json('show', created.id);
    expect(old).toMatchObject({ state: 'active', rotated_to: rotated.id });
    const overlap = (Date.parse(old.expires_at) - Date.now()) / 1000;
    expect(overlap).toBeGreaterThan(30);
    expect(overlap).toBeLessThanOrEqual(60);

    const revoked = await json('revoke', rotated.id);
    expect(revoked).toMatchObject({ id: rotated.id, state: 'revoked', revoked_at: expect.any(String) });
    expect(await json('revoke', rotated.id), 'again').toEqual(revoked);
    expect((await keys('rotate', rotated.id)).code, 'rotate what is revoked').toBe(1);
  });

  test('a key with allowed origins is read-only by default', async () => {
    const { keys, json } = database();
    const forPages = [...CREATE, '--origin', 'https://app.example.org', '--origin', 'http://localhost:5173'];
    expect(await json(...forPages)).toMatchObject({
      allowed_origins: ['https://app.example.org', 'http://localhost:5173'],
      scopes: ['instances:read'],
    });
    const refused = await keys(...forPages, '--scopes', 'instances:write');
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('instances:read');
    expect((await keys(...CREATE, '--origin', 'app.example.org/path')).code).not.toBe(0);
  });

  test('text output: one field per line, lists as columns, only a new key’s secret', async () => {
    const { keys } = database();
    const created = await keys(...CREATE);
    expect([created.code, created.stderr]).toEqual([0, '']);
    const fields = Object.fromEntries(created.stdout.split('\n').map((line) => line.split(/ {2,}/)));
    expect(fields).toMatchObject({ name: 'e2e', project_id: PROJECT, expires_at: '-' });
    expect(fields.key).toMatch(/^ln_[0-9a-z]{16}_[0-9A-Za-z]{39}$/);
    const [header, row, ...others] = (await keys('list')).stdout.trimEnd().split('\n');
    expect(header?.split(/ +/).slice(0, 4)).toEqual(['id', 'name', 'state', 'project_id']);
    expect(row?.split(/ +/).slice(0, 4)).toEqual([fields.id, 'e2e', 'active', PROJECT]);
    expect(others).toEqual([]);
    for (const line of [header, row]) expect(line?.length).toBeLessThanOrEqual(100);
    for (const verb of ['show', 'revoke'])
      expect((await keys(verb, fields.id ?? '')).stdout).not.toContain('ln_');
  });

  test('update, disable and enable change a key; audit lists the changes', async () => {
    const { json, keys } = database();
    const { key: _, ...created } = await json(
      ...CREATE,
      '--cidr',
      '192.0.2.0/24',
      '--regions',
      'RegionOne,RegionTwo',
    );
    expect(created.regions).toEqual(['RegionOne', 'RegionTwo']);
    const changes = [
      '--name',
      'renamed',
      '--scopes',
      'instances:read',
      '--cidr',
      'any',
      '--regions',
      'RegionTwo',
    ];
    const changed = {
      name: 'renamed',
      scopes: ['instances:read'],
      allowed_cidrs: [],
      regions: ['RegionTwo'],
    };
    const expected = { ...created, ...changed };
    expect(await json('update', created.id, ...changes)).toEqual(expected);
    expect(await json('disable', created.id)).toEqual({ ...expected, state: 'disabled', disabled: true });
    expect(await json('list', '--state', 'active')).toEqual([]);
    expect(await json('enable', created.id)).toEqual(expected);
    expect((await json('update', created.id, '--regions', 'any')).regions).toBeNull();
    const entries = await json('audit', created.id, '--action', 'key.update', '--limit', '3');
    expect(entries.map(({ actor, detail }: Record<string, string>) => [actor, detail])).toEqual([
      ['cli', 'regions: RegionTwo -> all'],
      ['cli', 'disabled: true -> false'],
      ['cli', 'disabled: false -> true'],
    ]);
    const { stdout } = await keys('audit', '--from', '2020-01-01T00:00:00Z', '--to', '2099-01-01');
    expect(stdout.split('\n').map((line) => line.split('  ')[2])).toEqual([
      ...['key.update', 'key.update', 'key.update', 'key.update', 'key.create', undefined],
    ]);
  });

  test('export writes a file for its owner only; import reads it into another database, whose keys work', async () => {
    const { env, json, keys } = database();
    const { key, ...created } = await json(...CREATE);
    const folder = emptyDirectory();
    const file = join(folder, 'dump');
    expect(await keys('export', file)).toMatchObject({ code: 0, stdout: '' });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await keys('export', file)).toMatchObject({
      code: 1,
      stderr: `linguanova: ${file} exists: name a new file\n`,
    });
    const target = { ...env, DATABASE_URL: `sqlite:${join(folder, 'target.db')}` };
    const wrong = await runCommand(['keys', 'import', file], { ...target, LINGUANOVA_SECRET: OTHER_SECRET });
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringMatching(/^linguanova: LINGUANOVA_SECRET is not /),
    ]);
    const piped = await run(
      '/bin/sh',
      ['-c', `"$0" "$1" keys import - < "$2"`, process.execPath, MAIN, file],
      target,
    );
    expect([piped.code, piped.stderr]).toEqual([0, expect.stringMatching(/^imported .*api_key: 1/)]);
    const status = await serving(target);
    expect(await status(key)).toBe(200);
    const again = await runCommand(['keys', 'import', file], target);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('must be empty')]);
    const shown = await runCommand(['keys', 'show', created.id, '--json'], target);
    expect(JSON.parse(shown.stdout)).toMatchObject({ name: 'e2e', state: 'active' });
  });

  test('list of an empty database is empty', async () => {
    const { keys, json } = database();
    expect(await json('list')).toEqual([]);
    expect((await keys('list')).stdout).toMatch(/^id +name[^\n]*\n$/);
  });
});

describe('a gateway running on the same database', () => {
  test('accepts a key created on the command line, and applies rotation and revocation within a second', async () => {
    const { env, json } = database();
    const status = await serving(env);
    const first = await json(...CREATE);
    expect(await status(first.key)).toBe(200);

    const second = await json('rotate', first.id, '--overlap', '60');
    expect([await status(first.key), await status(second.key)]).toEqual([200, 200]);
    const third = await json('rotate', second.id);
    expect(await status(third.key)).toBe(200);
    await withinASecond(async () => (await status(second.key)) === 401);

    await json('revoke', first.id);
    await withinASecond(async () => (await status(first.key)) === 401);
    expect(await status(third.key)).toBe(200);
    expect(await running?.end('SIGTERM')).toBe(0);
  });

  test('accepts it after a restart with the same secret; with another one gateway and command refuse to start and doctor fails', async () => {
    const { env, json } = database();
    const { key } = await json(...CREATE);
    const wrong = { ...env, PORT: '0', LINGUANOVA_SECRET: OTHER_SECRET };
    for (const args of [['serve'], ['keys', 'list'], ['keys', ...CREATE]]) {
      const { code, stdout, stderr } = await runCommand(args, wrong);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^linguanova: LINGUANOVA_SECRET [^\n]+\n$/);
      expect(stderr).not.toContain(OTHER_SECRET);
    }
    const doctor = await runCommand(['doctor'], wrong);
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(/^FAILED {2}secret .*LINGUANOVA_SECRET/m);
    const status = await serving(env);
    expect(await status(key)).toBe(200);
    expect(await running?.end('SIGTERM')).toBe(0);
  });

  test('reseal-status counts the keys that still need the previous secret', async () => {
    const { env, json, keys } = database();
    const { key } = await json(...CREATE);
    await json(...CREATE);
    const rotated = { ...env, LINGUANOVA_SECRET: OTHER_SECRET, LINGUANOVA_SECRET_PREVIOUS: SECRET };
    const needed = async (variables: Record<string, string>) => {
      const { stdout } = await runCommand(['keys', 'reseal-status', '--json'], variables);
      return JSON.parse(stdout).need_previous_secret;
    };
    expect(await needed(env)).toBe(0);
    const status = await serving(rotated);
    expect(await needed(rotated)).toBe(2);
    expect(await status(key)).toBe(200);
    expect(await needed(rotated)).toBe(1);
    expect(await running?.end('SIGTERM')).toBe(0);
    expect((await keys('list')).code, 'the old one alone').toBe(1);
  });

  test('without LINGUANOVA_SECRET both share one in .linguanova, readable by its owner only', async () => {
    const cwd = emptyDirectory();
    const linguanova = (...args: string[]) => run(process.execPath, [MAIN, ...args], {}, { cwd });
    const created = await linguanova('keys', ...CREATE, '--json');
    expect([created.code, created.stderr]).toEqual([0, '']);
    const mode = (path: string) => statSync(join(cwd, path)).mode & 0o777;
    expect([mode('.linguanova/secret'), mode('.linguanova') & 0o077]).toEqual([0o600, 0]);
    const again = await linguanova('keys', 'rotate', JSON.parse(created.stdout).id, '--json');
    expect(JSON.parse(again.stdout).family_id).toBe(JSON.parse(created.stdout).id);
  });
});

describe('invalid usage exits with 1 and explains the usage', () => {
  const { env, keys } = database();

  function assertHelpful({ code, stdout, stderr }: Finished, message: RegExp): void {
    expect(stderr).toMatch(/^linguanova: /);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect([code, stdout]).toEqual([1, '']);
  }

  test.concurrent.each(WRONG_COMMANDS)('%s', async (_, args, message) => {
    assertHelpful(await keys(...args), message);
  });

  test.concurrent.each(WRONG_OVERLAPS.map((option) => [option.join(' '), option] as const))(
    'rotate with %s, and the key is not rotated',
    async (_, option) => {
      await using store = await opened(env.DATABASE_URL);
      const id = await store.newKey();
      const finished = await keys('rotate', id, ...option);
      expect((await store.keys.find(id))?.successorId).toBeNull();
      assertHelpful(finished, /overlap/);
    },
  );
});

/** Waits for what must be true a second from now at the latest. */
async function withinASecond(isTrue: () => Promise<boolean>): Promise<void> {
  await expect.poll(isTrue, { timeout: 20_000, interval: 20 }).toBe(true);
}
