import { expect, test } from 'vitest';
import type { KeyFilter, KeyStore, StoredKey } from '../../../src/access/key-store.ts';
import { KEY_STATES, keyState } from '../../../src/access/key-store.ts';
import { allKeys, auditEntry, orderedIds, SERVICE, storedKey } from './samples.ts';

const MANY = 2_000;

/** Contract of `list`. */
export function listsConformance(store: () => KeyStore): void {
  test('lists distinct origins of keys that are not revoked', async () => {
    const bound = (id: string, ...allowedOrigins: string[]) =>
      store().insert(storedKey(id, { allowedOrigins }), auditEntry());
    await bound('a', 'https://a.example.org', 'https://b.example.org');
    await bound('b', 'https://b.example.org');
    await bound('c');
    await bound('d', 'https://d.example.org');
    await store().revoke('d', '2026-05-01T00:00:00.000Z', auditEntry(), 'key');
    expect((await store().listOrigins(100)).toSorted()).toEqual([
      'https://a.example.org',
      'https://b.example.org',
    ]);
    expect((await store().listOrigins(1)).length).toBeLessThanOrEqual(2);
    await store().update('a', { allowedOrigins: [] }, auditEntry());
    expect(await store().listOrigins(100)).toEqual(['https://b.example.org']);
  });

  test('lists the projects of keys that were not revoked before a time, by pages', async () => {
    const at = '2026-05-01T00:00:00.000Z';
    const later = '2026-05-01T00:00:00.001Z';
    const ofProject = (id: string, projectId: string) =>
      store().insert(storedKey(id, { projectId }), auditEntry());
    for (const [id, projectId] of Object.entries({ a: 'p3', b: 'p1', c: 'p1', d: 'p2', e: 'p4' }))
      await ofProject(id, projectId);
    await store().revoke('b', at, auditEntry(), 'key');
    await store().revoke('d', at, auditEntry(), 'key');
    await store().revoke('e', later, auditEntry(), 'key');
    expect(await store().listProjects(later, { limit: 10, after: '' })).toEqual(['p1', 'p3', 'p4']);
    expect(await store().listProjects(at, { limit: 2, after: 'p1' })).toEqual(['p2', 'p3']);
  });

  const insert = async (ids: readonly string[]) => {
    await Promise.all(ids.map((id) => store().insert(storedKey(id), auditEntry({ keyId: id }))));
  };
  /** By default all keys have the same creation time. */
  const { createdAt } = storedKey('any');
  const idsOf = async (filter: KeyFilter, limit = 100, after: string | null = null) =>
    (await store().list(filter, { limit, after: after === null ? null : { createdAt, id: after } })).map(
      ({ id }) => id,
    );

  test('orders by creation time, then by id', async () => {
    const at = (id: string, minute: string) =>
      store().insert(storedKey(id, { createdAt: `2026-03-01T10:${minute}:00.000Z` }), auditEntry());
    await at('c', '01');
    await at('a', '02');
    await at('b', '02');
    await at('z', '00');
    expect(await idsOf({})).toEqual(['z', 'c', 'a', 'b']);
    const seen: string[] = [];
    for (let after: StoredKey | null = null; ; ) {
      const [key]: readonly StoredKey[] = await store().list({}, { limit: 1, after });
      if (key === undefined) break;
      seen.push(key.id);
      after = key;
    }
    expect(seen).toEqual(['z', 'c', 'a', 'b']);
  });

  test.each(KEY_STATES)('filters keys that are %s at a given time, as keyState does', async (state) => {
    const at = '2026-05-01T00:00:00.000Z';
    const keys = [null, at, '2026-05-01T00:00:00.001Z'].flatMap((expiresAt, end) =>
      [false, true].flatMap((disabled) =>
        [null, at].map((revokedAt) =>
          storedKey(`k${end}${Number(disabled)}${revokedAt === null ? 0 : 1}`, {
            expiresAt,
            disabled,
            revokedAt,
          }),
        ),
      ),
    );
    for (const key of keys) await store().insert(key, auditEntry());
    const expected = keys.filter((key) => keyState(key, Date.parse(at)) === state).map(({ id }) => id);
    expect(expected).not.toEqual([]);
    expect(await idsOf({ state: { is: state, at } })).toEqual(expected.sort());
    expect(await idsOf({ projectId: 'acme', userId: 'acme-user', state: { is: state, at } })).toEqual(
      expected.sort(),
    );
    expect(await idsOf({ projectId: 'globex', state: { is: state, at } })).toEqual([]);
  });

  test('orders ids by bytes, whatever the database’s collation', async () => {
    await insert(['b', 'B', 'a', 'A', '9', '10', 'aB', 'ab', 'a1']);
    expect(await idsOf({})).toEqual(['10', '9', 'A', 'B', 'a', 'a1', 'aB', 'ab', 'b']);
  });

  test('returns at most limit keys after the cursor, which need not exist', async () => {
    await insert(['a', 'b', 'c', 'd']);
    expect(await idsOf({}, 2)).toEqual(['a', 'b']);
    expect(await idsOf({}, 2, 'b')).toEqual(['c', 'd']);
    expect(await idsOf({}, 2, 'd')).toEqual([]);
    expect(await idsOf({}, 9, 'bb')).toEqual(['c', 'd']);
  });

  test('filters by project, by user, by the absence of a user, and by both', async () => {
    const keys = [
      storedKey('a'),
      storedKey('b', { userId: 'other' }),
      storedKey('c', { projectId: 'globex' }),
      storedKey('d', { ...SERVICE }),
      storedKey('e', { ...SERVICE, projectId: 'globex' }),
    ];
    for (const key of keys) await store().insert(key, auditEntry());
    expect(await idsOf({})).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await idsOf({ projectId: 'acme' })).toEqual(['a', 'b', 'd']);
    expect(await idsOf({ userId: 'acme-user' })).toEqual(['a', 'c']);
    expect(await idsOf({ userId: null })).toEqual(['d', 'e']);
    expect(await idsOf({ projectId: 'globex', userId: null })).toEqual(['e']);
    expect(await idsOf({ projectId: 'acme', userId: 'acme-user' }, 9, 'a')).toEqual([]);
    expect(await idsOf({ projectId: 'acm_' })).toEqual([]);
    expect(await idsOf({ projectId: '' })).toEqual([]);
  });

  const named = [
    storedKey('a', { name: 'Zed', lastUsedAt: '2026-04-02T00:00:00.000Z' }),
    storedKey('b', { name: 'alpha 100%_x', lastUsedAt: null, userId: 'Ünal' }),
    storedKey('c', { name: 'Alpha', lastUsedAt: null, projectId: 'globex' }),
    storedKey('d', { name: 'Zed', lastUsedAt: '2026-04-01T00:00:00.000Z', ...SERVICE }),
  ];

  test.each([
    [{ by: 'name', descending: false }, ['c', 'a', 'd', 'b']],
    [{ by: 'name', descending: true }, ['b', 'd', 'a', 'c']],
    [{ by: 'lastUsedAt', descending: false }, ['b', 'c', 'd', 'a']],
    [{ by: 'lastUsedAt', descending: true }, ['a', 'd', 'c', 'b']],
    [{ by: 'createdAt', descending: true }, ['d', 'c', 'b', 'a']],
  ] as const)('orders and pages by %j, then by id', async (order, expected) => {
    for (const key of named) await store().insert(key, auditEntry());
    const all = await store().list({}, { limit: 9, after: null, order });
    expect(all.map(({ id }) => id)).toEqual(expected);
    const seen: string[] = [];
    for (let after: StoredKey | null = null; ; ) {
      const [key]: readonly StoredKey[] = await store().list({}, { limit: 1, after, order });
      if (key === undefined) break;
      seen.push(key.id);
      after = key;
    }
    expect(seen).toEqual(expected);
  });

  test.each([
    ['ALPHA', ['b', 'c']],
    ['100%_', ['b']],
    ['1%x', []],
    ['gLoB', ['c']],
    ['ünal', []],
    ['Ünal', ['b']],
    ['acme-user', ['a', 'c']],
    ["'", []],
  ])('finds %s in ids, names, projects and users', async (text, expected) => {
    for (const key of named) await store().insert(key, auditEntry());
    expect(await idsOf({ text })).toEqual(expected);
  });

  test('filters by name, and by being live at a time', async () => {
    const at = '2026-05-01T00:00:00.000Z';
    const named = (id: string, name: string, differs: Partial<StoredKey> = {}) =>
      store().insert(storedKey(id, { name, ...differs }), auditEntry());
    await named('a', 'ci');
    await named('b', 'CI');
    await named('c', 'ci', { revokedAt: at });
    await named('d', 'ci', { expiresAt: at });
    await named('e', 'ci', { disabled: true, projectId: 'globex' });
    expect(await idsOf({ name: 'ci' })).toEqual(['a', 'c', 'd', 'e']);
    expect(await idsOf({ name: 'ci', liveAt: at })).toEqual(['a', 'e']);
    expect(await idsOf({ liveAt: at, projectId: 'acme' })).toEqual(['a', 'b']);
    expect(await idsOf({ name: 'ci', liveAt: '2026-04-30T23:59:59.999Z' })).toEqual(['a', 'd', 'e']);
    expect(await idsOf({ name: '' })).toEqual([]);
  });

  test('includes revoked, expired and disabled keys', async () => {
    const past = '2020-01-01T00:00:00.000Z';
    await store().insert(storedKey('a', { expiresAt: past }), auditEntry());
    await store().insert(storedKey('b', { disabled: true }), auditEntry());
    await insert(['c']);
    await store().revoke('c', past, auditEntry(), 'key');
    expect(await idsOf({})).toEqual(['a', 'b', 'c']);
  });

  test('counts keys by state at a given time, up to the scan limit', async () => {
    const now = '2026-05-01T00:00:00.000Z';
    const later = '2026-05-01T00:00:00.001Z';
    const none = { active: 0, disabled: 0, expired: 0, revoked: 0 };
    expect(await store().countByState(now, 100)).toEqual(none);
    const keys = [
      storedKey('a', { expiresAt: null }),
      storedKey('b', { expiresAt: later }),
      storedKey('c', { expiresAt: now }),
      storedKey('d', { expiresAt: now, disabled: true }),
      storedKey('e', { expiresAt: later, disabled: true }),
      storedKey('f', { expiresAt: now, disabled: true, revokedAt: now }),
      storedKey('g', { revokedAt: later }),
    ];
    const counts: Record<string, number> = { ...none };
    for (const key of keys) {
      await store().insert(key, auditEntry());
      const state = keyState(key, Date.parse(now));
      counts[state] = (counts[state] ?? 0) + 1;
    }
    expect(counts).toEqual({ active: 2, expired: 2, disabled: 1, revoked: 2 });
    expect(await store().countByState(now, 100)).toEqual(counts);
    const some = Object.values(await store().countByState(now, 3));
    expect(some.reduce((sum, count) => sum + count)).toBe(3);
  });

  test('paging returns each key once while keys are added and changed', async () => {
    const early = orderedIds(50);
    await insert(early);
    const seen: string[] = [];
    for (let page = 0; ; page++) {
      const ids = await idsOf({}, 7, seen.at(-1) ?? null);
      seen.push(...ids);
      if (ids.length < 7) break;
      // One sorts before all keys read so far, one after: "new" comes after the digits.
      await insert([`0${page}`, `new${page}`]);
      await store().update(early[page] ?? '', { name: 'changed' }, auditEntry());
      await store().revoke(
        early[early.length - 1 - page] ?? '',
        '2026-05-01T00:00:00.000Z',
        auditEntry(),
        'key',
      );
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(early.filter((id) => !seen.includes(id))).toEqual([]);
  });

  test(`pages through ${MANY} keys`, async () => {
    const ids = orderedIds(MANY);
    for (let first = 0; first < MANY; first += 100) await insert(ids.slice(first, first + 100));
    const keys = await allKeys(store(), 300);
    expect(keys.map(({ id }) => id)).toEqual(ids);
  });
}
