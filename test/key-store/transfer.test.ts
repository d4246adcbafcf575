import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, openStores } from '../../adapters/sql/open.ts';
import { exportLines, importLines } from '../../adapters/sql/transfer.ts';
import { SecretCheck } from '../../src/access/secret-check.ts';
import { importServerSecret } from '../../src/access/server-secret.ts';
import { auditEntry, storedKey } from '../conformance/key-store/samples.ts';
import { startPostgres } from '../support/postgres.ts';
import { temporaryFolder } from './temporary-folder.ts';

const AT = '2026-03-01T10:00:00.000Z';
const LATER = '2026-03-02T10:00:00.000Z';
/** More than one page of a table. */
const KEYS = 450;

const folder = temporaryFolder();
const secret = await importServerSecret(randomBytes(32).toString('base64'));
const server = await startPostgres('fsync=off');
let lines: readonly string[] = [];

beforeAll(async () => {
  const stores = await openStores(source());
  await new SecretCheck(stores.keys.secrets, secret).adopt(false);
  for (let index = 0; index < KEYS; index++) await stores.keys.insert(storedKey(`k${index}`), auditEntry());
  await stores.keys.rotate('k0', storedKey('successor'), LATER, AT, auditEntry({ action: 'key.rotate' }));
  await stores.keys.revoke('k1', AT, auditEntry({ action: 'key.revoke' }), 'key');
  await stores.keys.revokeDerived('k2', 'token', LATER);
  const claim = { scope: 's', fingerprint: 'f', runId: 'r', leaseUntil: AT, now: AT, expiresAt: LATER };
  await stores.idempotency.claim(claim);
  await stores.idempotency.complete('s', 'r', new Uint8Array([0, 255, 10]));
  const release = { id: 'release', projectId: 'p', kind: 'unknown to this test' };
  await stores.releases.put(release as never, AT);
  await stores.keys.close();
  lines = await exported(source());
});
afterAll(async () => {
  await server?.stop();
  folder.remove();
});

function source(): string {
  return `sqlite:${join(folder.path, 'source.db')}`;
}

function emptyFile(): string {
  return `sqlite:${join(folder.path, `${crypto.randomUUID()}.db`)}`;
}

async function exported(url: string): Promise<string[]> {
  const database = await openDatabase(url);
  try {
    return await Array.fromAsync(exportLines(database, AT));
  } finally {
    await database.close();
  }
}

async function imported(url: string, given: readonly string[], check = secret.check) {
  const database = await openDatabase(url);
  try {
    return await importLines(database, asyncOf(given), (found) => {
      if (found !== check) throw new Error('another secret');
    });
  } finally {
    await database.close();
  }
}

async function* asyncOf(given: readonly string[]) {
  yield* given;
}

test.skipIf(server === null)('SQLite to PostgreSQL and back is the same, row by row', async () => {
  if (server === null) return;
  const url = await server.createDatabase();
  const counts = await imported(url, lines);
  expect(counts).toMatchObject({
    api_key: KEYS + 1,
    audit_entry: KEYS + 2,
    idempotency: 1,
    revoked_token: 1,
  });
  expect(await exported(url)).toEqual(lines);
  const back = emptyFile();
  await imported(back, await exported(url));
  expect(await exported(back)).toEqual(lines);

  const { keys, idempotency, releases } = await openStores(url);
  expect(await keys.find('k0')).toMatchObject({ successorId: 'successor', expiresAt: LATER });
  expect(await keys.find('k1')).toMatchObject({ revokedAt: AT });
  expect(await keys.find('k2')).toMatchObject({ revokedDerived: ['token'] });
  expect((await idempotency.find('s'))?.sealedResponse).toEqual(new Uint8Array([0, 255, 10]));
  expect(await releases.due(LATER, 9)).toHaveLength(1);
  expect(await new SecretCheck(keys.secrets, secret).isCurrent()).toBe(true);
  expect(await keys.insert(storedKey('new'), auditEntry())).toBe(true);
  expect(await keys.listAudit({ limit: 1, before: null }), 'numbered on').toMatchObject([
    { sequence: KEYS + 3 },
  ]);
  await keys.close();
  await expect(imported(url, lines)).rejects.toThrow(/rows in api_key/);
});

describe('nothing is imported', () => {
  const replaced = (index: number, change: (line: string) => string) =>
    lines.map((line, position) => (position === index ? change(line) : line));

  test.each<[string, () => readonly string[], RegExp, string?]>([
    ['under another secret', () => lines, /another secret/, 'x'],
    ['from an empty file', () => [], /incomplete/],
    ['from a file without its last line', () => lines.slice(0, -1), /incomplete/],
    [
      'from a file without its secret',
      () => lines.toSpliced(1, 1).map((line) => line.replace('"server_secret":1', '"server_secret":0')),
      /row of server_secret/,
    ],
    ['from a file without a row', () => lines.toSpliced(5, 1), /rows are missing/],
    ['from a file with rows after its end', () => [...lines, lines[1] ?? ''], /Line \d+ .*follows the end/],
    ['from another file', () => ['{"name": "x"}', ...lines], /"linguanova keys export"/],
    [
      'from an export of another version',
      () => replaced(0, (line) => line.replace('"0', '"9')),
      /same version/,
    ],
    ['of an unknown table', () => replaced(2, (line) => line.replace('api_key', 'x')), /Line 3 .*no table/],
    ['of a row with another column', () => replaced(2, (line) => line.replace('plan', 'x')), /invalid plan/],
    ['of a row without a column', () => replaced(2, (line) => line.replace(/"plan":"\w+",/, '')), /no row/],
    ['of a line that is no JSON', () => replaced(3, (line) => line.slice(1)), /Line 4 .*JSON/],
  ])('%s', async (_, given, problem, check = secret.check) => {
    const url = emptyFile();
    await expect(imported(url, given(), check)).rejects.toThrow(problem);
    await imported(url, lines);
  });

  test('into a database with keys', async () => {
    const url = emptyFile();
    const { keys } = await openStores(url);
    await keys.insert(storedKey('mine'), auditEntry());
    await expect(imported(url, lines)).rejects.toMatchObject({ code: 'conflict' });
    expect(await keys.list({}, { limit: 9, after: null })).toHaveLength(1);
    await keys.close();
  });
});

test('the secret of a first start without keys is replaced', async () => {
  const url = emptyFile();
  const { keys } = await openStores(url);
  const other = await importServerSecret(randomBytes(32).toString('base64'));
  await new SecretCheck(keys.secrets, other).adopt(false);
  await imported(url, lines);
  expect(await new SecretCheck(keys.secrets, secret).isCurrent()).toBe(true);
  await keys.close();
});

test('a database that no gateway has used is not exported', async () => {
  await expect(exported(emptyFile())).rejects.toMatchObject({ code: 'not_found' });
});
