import { expect, test } from 'vitest';
import type { KeyStore } from '../../../src/access/key-store.ts';
import { allKeys, auditEntry, SERVICE, storedKey } from './samples.ts';

const NAMES = [
  "Robert'); drop table api_key; --",
  '"double" `back` \\ % _ ? $1 :name',
  'naïve café Ελλάδα 日本語 العربية',
  'e\u0301 and \u00e9',
  '👩‍👩‍👧‍👦🦊',
  'line\nbreak\ttab\u200bjoiner',
  'x'.repeat(255),
  '🦊'.repeat(255),
  ' ',
  'null',
];

/** Contract of `find`, `list` and `insert`. */
export function keysConformance(store: () => KeyStore): void {
  test.each([
    ['an application credential', storedKey('a')],
    ['a service key', storedKey('s', SERVICE)],
    [
      'nothing but what must be',
      storedKey('n', { scopes: [], allowedCidrs: [], allowedOrigins: [], expiresAt: null }),
    ],
    [
      'everything',
      storedKey('e', {
        familyId: 'f',
        ownsCloudCredential: false,
        credentialExpiresAt: '2027-02-01T00:00:00.000Z',
        expiresAt: '2027-01-01T00:00:00.001Z',
        disabled: true,
        revokedAt: '2026-04-01T00:00:00.000Z',
        successorId: 'g',
        lastUsedAt: '2026-03-31T23:59:59.999Z',
        description: 'line\nbreak 🦊',
        roles: [{ id: 'r1', name: 'reader' }],
        accessRules: [{ id: 'a1', service: 'compute', method: 'GET', path: '/v2.1/**' }],
      }),
    ],
  ])('finds an inserted key: %s', async (_, key) => {
    await store().insert(key, auditEntry());
    expect(await store().find(key.id)).toEqual(key);
    expect(await allKeys(store())).toEqual([key]);
  });

  test.each(NAMES)('stores the name %j unchanged', async (name) => {
    await store().insert(storedKey('a', { name }), auditEntry({ detail: name, actor: name }));
    expect((await store().find('a'))?.name).toBe(name);
    expect(await store().update('a', { name: `${name}!` }, auditEntry())).toMatchObject({ name: `${name}!` });
    expect((await store().listAudit({ limit: 9, before: null })).at(-1)).toMatchObject({
      detail: name,
      actor: name,
    });
  });

  test('returns null for an unknown id', async () => {
    await store().insert(storedKey('abc'), auditEntry());
    for (const id of ['', 'ab', 'ABC', 'abc ', '%', "abc' or '1'='1"]) {
      expect(await store().find(id), id).toBeNull();
    }
  });

  test('rejects a duplicate id and changes neither key nor log', async () => {
    const key = storedKey('a');
    await store().insert(key, auditEntry());
    await expect(store().insert(storedKey('a', { name: 'other' }), auditEntry())).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await store().find('a')).toEqual(key);
    expect(await store().listAudit({ limit: 9, before: null })).toHaveLength(1);
  });

  test('inserts one of several concurrent keys with the same id', async () => {
    const inserts = Array.from({ length: 8 }, (_, index) =>
      store().insert(storedKey('a', { name: `${index}` }), auditEntry({ detail: `${index}` })),
    );
    const outcomes = await Promise.allSettled(inserts);
    const inserted = outcomes.findIndex(({ status }) => status === 'fulfilled');
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await store().find('a'))?.name).toBe(`${inserted}`);
    expect(await store().listAudit({ limit: 9, before: null })).toMatchObject([{ detail: `${inserted}` }]);
  });

  test('reports that it is writable without writing', async () => {
    expect(await store().isWritable()).toBe(true);
    expect(await allKeys(store())).toEqual([]);
    expect(await store().listAudit({ limit: 9, before: null })).toEqual([]);
  });

  test('answers ping', async () => {
    await expect(store().ping()).resolves.toBeUndefined();
  });
}
