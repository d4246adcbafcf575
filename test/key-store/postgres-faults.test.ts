import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { sqlKeyStore } from '../../adapters/sql/key-store.ts';
import { openKeyStore } from '../../adapters/sql/open.ts';
import { openPostgres } from '../../adapters/sql/postgres.ts';
import type { KeyStore } from '../../src/access/key-store.ts';
import { hasCode } from '../../src/compute/errors.ts';
import { auditEntry, storedKey } from '../conformance/key-store/samples.ts';
import { startPostgres } from '../support/postgres.ts';
import { expectWhole, killDuringWrites } from './kill.ts';
import { startWriter } from './writer-process.ts';

/** Milliseconds. With the client's grace of a second, an answer takes no longer than `BOUND`. */
const LIMITS = { connections: 4, connectTimeoutMs: 500, statementTimeoutMs: 500 };
const BOUND = 4_000;

const server = await startPostgres();
afterAll(() => server?.stop());

describe.skipIf(server === null)('a failing PostgreSQL', { timeout: 120_000 }, () => {
  if (server === null) return;
  let url: string;
  beforeEach(async () => {
    url = await server.createDatabase();
  });

  const impatient = async () => sqlKeyStore(await openPostgres(url, LIMITS));

  test('kill -9 of the gateway during writes loses no acknowledged key', () => killDuringWrites(url));

  test('a crash of PostgreSQL during writes loses no acknowledged key', async () => {
    const writer = startWriter(url, 'crash', Number.POSITIVE_INFINITY);
    await writer.acknowledged(50);
    await server.crash();
    const { ids, problem } = await writer.ended;
    await server.start();
    expect(problem).toBe('unavailable');
    await expectWhole(url, ids);
  });

  test('a restart is "unavailable" at first, then the store recovers', async () => {
    const store = await openKeyStore(url);
    const restart = server.restart();
    const { acknowledged, problems } = await insertUntil(store, restart);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.filter((error) => !hasCode(error, 'unavailable'))).toEqual([]);
    await store.insert(storedKey('afterwards'), auditEntry({ keyId: 'afterwards' }));
    await store.close();
    await expectWhole(url, [...acknowledged, 'afterwards']);
  });

  test('connections that PostgreSQL closes are replaced', async () => {
    const store = await openKeyStore(url);
    await Promise.all(Array.from({ length: 10 }, () => store.find('a')));
    await server.sql(
      url,
      'select pg_terminate_backend(pid, 5000) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
    );
    await store.ping().catch((error) => expect(error).toMatchObject({ code: 'unavailable' }));
    await expect.poll(() => store.ping().then(() => 'well', String), { timeout: 10_000 }).toBe('well');
    await store.close();
  });

  test('a hanging server is "unavailable" within a bounded time, without partial writes', async () => {
    const store = await impatient();
    const ids = Array.from({ length: 12 }, (_, index) => `k${index}`);
    const inserts = ids.map((id) => store.insert(storedKey(id), auditEntry({ keyId: id })));
    await inserts[0];
    const started = performance.now();
    server.signal('SIGSTOP');
    const outcomes = await Promise.allSettled([
      ...inserts,
      store.find('k0'),
      store.ping(),
      store.insert(storedKey('late'), auditEntry({ keyId: 'late' })),
    ]);
    const opening = await impatient().catch((error: unknown) => error);
    const waited = performance.now() - started;
    server.signal('SIGCONT');
    expect(waited).toBeLessThan(2 * BOUND);
    expect(hasCode(opening, 'unavailable')).toBe(true);
    const problems = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(problems.length).toBeGreaterThan(2);
    expect(problems.filter((error) => !hasCode(error, 'unavailable'))).toEqual([]);
    await expect.poll(() => store.ping().then(() => 'well', String), { timeout: 10_000 }).toBe('well');
    await store.insert(storedKey('afterwards'), auditEntry({ keyId: 'afterwards' }));
    await store.close();
    const acknowledged = ids.filter((_, index) => outcomes[index]?.status === 'fulfilled');
    await expectWhole(url, [...acknowledged, 'afterwards']);
  });

  test('a locked table is "unavailable" within a bounded time', async () => {
    const store = await impatient();
    const started = performance.now();
    const locking = server.sql(url, 'begin; lock table api_key; select pg_sleep(2.5); commit');
    await expect
      .poll(() => server.sql(url, "select 1 from pg_locks where relation = 'api_key'::regclass and granted"))
      .toHaveLength(1);
    await expect(store.insert(storedKey('a'), auditEntry())).rejects.toMatchObject({
      code: 'unavailable',
      cause: { code: '57014' },
    });
    expect(performance.now() - started).toBeLessThan(BOUND);
    await locking;
    await store.insert(storedKey('a'), auditEntry({ keyId: 'a' }));
    await store.close();
  });

  test('every call after close is "unavailable"', async () => {
    const store = await openKeyStore(url);
    await store.ping();
    await store.close();
    await expect(store.find('a')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(store.insert(storedKey('b'), auditEntry())).rejects.toMatchObject({ code: 'unavailable' });
  });
});

/** Inserts one key after the other until `end`; what was acknowledged, and what went wrong. */
async function insertUntil(store: KeyStore, end: Promise<void>) {
  const acknowledged: string[] = [];
  const problems: unknown[] = [];
  let ended = false;
  const ending = end.finally(() => {
    ended = true;
  });
  for (let index = 0; !ended; index++) {
    const id = `k${index}`;
    await store.insert(storedKey(id), auditEntry({ keyId: id })).then(
      () => acknowledged.push(id),
      (error) => problems.push(error),
    );
  }
  await ending;
  return { acknowledged, problems };
}
