/**
 * docs/backup.md and docs/upgrade.md: every command as printed, on machines with real SQLite, PostgreSQL and gateways in front of one
 * cloud, with clients that notice what fails.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { VERSION } from '../../src/version.ts';
import { balancerConfiguration } from '../support/balancer.ts';
import { debianProgram } from '../support/debian-package.ts';
import { freePort } from '../support/free-port.ts';
import { startNginx } from '../support/nginx.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { type SlowCloud, startSlowCloud } from '../support/slow-cloud.ts';
import { Machine, type MachineOptions } from './machine.ts';
import { fenced, read, section } from './pages.ts';

const ADMIN_TOKEN = 'admin-token-of-the-tests';
const OLD_DATABASE = join(import.meta.dirname, '../key-store/fixtures/001.sqlite.sql');
const CLIENTS = 3;
const PAUSE_MS = 50;

/** The blocks below a heading; those of an item are indented. */
function blocks(page: string, heading: string): string[] {
  return fenced(section(read(page), heading).replaceAll(/^ {3}/gm, ''), 'sh');
}

const sqlite3 = await debianProgram('/usr/bin/sqlite3', ['sqlite3'], 'BACKUPS OF SQLITE');
const postgres: TestPostgres | null = await startPostgres();
let cloud: SlowCloud;
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  cloud = await startSlowCloud(0);
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
afterAll(async () => {
  await cloud.stop();
  await postgres?.stop();
});

async function machineWith(options: Partial<MachineOptions> = {}): Promise<Machine> {
  const machine = await Machine.create({
    ...options,
    variables: {
      OS_AUTH_URL: cloud.authUrl,
      LINGUANOVA_SECRET: Buffer.alloc(32, 3).toString('base64'),
      LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
      LINGUANOVA_PLANS: 'default=100000/60',
      DATABASE_URL: 'sqlite:/var/lib/linguanova/keys.db',
      LOG_LEVEL: 'silent',
      ...options.variables,
    },
  });
  stops.push(() => machine.close());
  return machine;
}

async function issueKey({ url }: Machine, name: string): Promise<string> {
  const { applicationCredentialId: id, applicationCredentialSecret: secret } = cloud.account;
  const response = await fetch(`${url}/admin/v1/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name, application_credential: { id, secret } }),
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as { key: string }).key;
}

const statusOf = async (url: string, key: string) =>
  (await fetch(`${url}/v1/me`, { headers: { 'x-api-key': key } })).status;

describe.skipIf(sqlite3 === null)('docs/backup.md with SQLite', () => {
  test('a restore brings back the keys of the backup, and no later ones', async () => {
    const machine = await machineWith();
    await machine.start();
    const before = await issueKey(machine, 'before');
    const [backup = ''] = blocks('docs/backup.md', 'SQLite');
    await machine.run(backup);
    const since = await issueKey(machine, 'since');
    const [restore = ''] = blocks('docs/backup.md', 'Restore SQLite');
    expect(await machine.run(restore)).toBe('ok\n1\n');
    const [check = ''] = blocks('docs/backup.md', 'After a restore');
    expect(await machine.run(check)).toMatch(/^ok +secret.*\nok +store/);
    expect([await statusOf(machine.url, before), await statusOf(machine.url, since)]).toEqual([200, 401]);
  });
});

describe('docs/upgrade.md', () => {
  test('an upgrade serves on the database of the first version', async () => {
    const machine = await machineWith();
    const database = new DatabaseSync(machine.path('/var/lib/linguanova/keys.db'));
    database.exec(readFileSync(OLD_DATABASE, 'utf8'));
    database.close();
    const [upgrade = ''] = blocks('docs/upgrade.md', 'Upgrade');
    expect(await machine.run(upgrade)).toMatch(/"status":"ok"/);
    expect(machine.npmLog).toMatch(/^ci --prefix \S+\/opt\/linguanova-new --omit=dev --ignore-scripts\n$/);
    expect(await machine.run('linguanova --version')).toBe(`${VERSION}\n`);
    const response = await fetch(`${machine.url}/admin/v1/keys`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    expect(await response.text()).toContain("O'Neill");
  });

  test('a rotation of the secret fails no request, and the old secret is gone at the end', {
    timeout: 240_000,
  }, async (context) => {
    const listen = `127.0.0.1:${await freePort()}`;
    const variables = { LINGUANOVA_TRUSTED_PROXIES: '127.0.0.1/32' };
    const first = await machineWith({ variables });
    const second = await machineWith({ variables, disk: first });
    const nodes = [first, second];
    const hosts = nodes.map(({ url }) => new URL(url).host) as [string, string];
    const nginx = await startNginx(balancerConfiguration(listen, hosts));
    if (nginx === null) return context.skip('nginx cannot be had');
    stops.unshift(() => nginx.stop());
    await first.start();
    await second.start();
    const key = await issueKey(first, 'used');
    const unused = await issueKey(first, 'unused');

    const statuses = new Map<string, number>();
    let isRotating = true;
    const headers = { 'x-api-key': key, 'content-type': 'application/json' };
    const send = async (method: string, path: string, body?: object) => {
      const given = { method, headers, ...(body && { body: JSON.stringify(body) }) };
      const response = await fetch(`http://${listen}${path}`, given);
      await response.arrayBuffer();
      return response;
    };
    const sendAll = async () => {
      while (isRotating) {
        const made = await send('POST', '/v1/server_groups', { name: 'live', policy: 'affinity' });
        const path = made.headers.get('location') ?? '/v1/server_groups';
        const read = await send('GET', path);
        const gone = await send('DELETE', path);
        const outcome = [made, read, gone].map(({ status }) => status).join(' ');
        statuses.set(outcome, (statuses.get(outcome) ?? 0) + 1);
        await setTimeout(PAUSE_MS);
      }
    };
    const clients = Promise.all(Array.from({ length: CLIENTS }, sendAll));
    const [add = '', restart = '', swap = '', count = '', remove = ''] = blocks(
      'docs/upgrade.md',
      'Rotate the secret',
    );
    await first.run(add);
    second.copyLine('LINGUANOVA_SECRET_PREVIOUS', first);
    for (const node of nodes) await node.run(restart);
    for (const node of nodes) await node.run(swap);
    await expect.poll(() => first.run(count)).toMatch(/^need_previous_secret +1\n/);
    for (const node of nodes) await node.run(remove);
    isRotating = false;
    await clients;
    expect([...statuses.keys()]).toEqual(['201 200 204']);
    expect(statuses.get('201 200 204')).toBeGreaterThan(50);
    expect([await statusOf(first.url, key), await statusOf(second.url, unused)]).toEqual([200, 401]);
    expect(nodes.map((node) => node.variables.LINGUANOVA_SECRET_PREVIOUS)).toEqual([undefined, undefined]);
  });
});

describe.skipIf(postgres === null)('PostgreSQL', () => {
  test('docs/upgrade.md moves the keys there, and docs/backup.md restores them', async () => {
    const server = new URL((await postgres?.createDatabase()) ?? '');
    const machine = await machineWith({
      shell: { PGHOST: server.hostname, PGPORT: server.port, PGUSER: server.username, LC_ALL: 'C.UTF-8' },
      replaced: [['127.0.0.1:5432', server.host]],
    });
    await machine.start();
    const moved = await issueKey(machine, 'moved');
    const [move = ''] = blocks('docs/upgrade.md', 'Move from SQLite to PostgreSQL');
    await machine.run(move);
    expect(machine.variables.DATABASE_URL).toMatch(/^postgres:/);
    expect(await statusOf(machine.url, moved)).toBe(200);

    const [backup = ''] = blocks('docs/backup.md', 'PostgreSQL');
    await machine.run(backup);
    const since = await issueKey(machine, 'since');
    const [restore = ''] = blocks('docs/backup.md', 'Restore PostgreSQL');
    await machine.run(restore);
    expect([await statusOf(machine.url, moved), await statusOf(machine.url, since)]).toEqual([200, 401]);
  });
});
