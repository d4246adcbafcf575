import { expect, test } from 'vitest';
import type { KeyStore, RevocationReach, StoredKey } from '../../../src/access/key-store.ts';
import { allKeys, auditEntry, storedKey } from './samples.ts';

const NOW = '2026-05-01T00:00:00.000Z';
const LATER = '2026-06-01T00:00:00.000Z';

/** Contract of `revoke` for a key's family during concurrent rotations. */
export function familiesConformance(store: () => KeyStore, reopen: () => Promise<KeyStore>): void {
  const entry = (detail = '') => auditEntry({ action: 'key.revoke', detail });
  const member = (id: string, order: number) =>
    storedKey(id, { familyId: 'a', createdAt: `2026-03-01T10:00:00.00${order}Z` });
  const rotate = (by: KeyStore, id: string, successor: StoredKey) =>
    by.rotate(
      id,
      successor,
      NOW,
      '2026-04-01T00:00:00.000Z',
      auditEntry({ action: 'key.rotate', keyId: id }),
    );

  /** The family a, b, c, d, created by rotation, and an unrelated key. */
  async function family(): Promise<void> {
    await store().insert(member('a', 0), auditEntry());
    await rotate(store(), 'a', member('b', 1));
    await rotate(store(), 'b', member('c', 2));
    await rotate(store(), 'c', member('d', 3));
    await store().insert(storedKey('z'), auditEntry());
  }

  test.each<[RevocationReach, string, readonly string[]]>([
    ['key', 'b', ['b']],
    ['successors', 'b', ['b', 'c', 'd']],
    ['successors', 'd', ['d']],
    ['family', 'c', ['a', 'b', 'c', 'd']],
    ['family', 'z', ['z']],
  ])('revocation with reach %s from %s revokes %j, with an audit entry each', async (reach, id, reached) => {
    await family();
    const before = (await store().listAudit({ limit: 99, before: null })).length;
    const revoked = await store().revoke(id, LATER, entry('gone'), reach);
    expect(revoked.map((key) => [key.id, key.revokedAt])).toEqual(reached.map((one) => [one, LATER]));
    const living = (await allKeys(store())).filter(({ revokedAt }) => revokedAt === null);
    expect(living.map((key) => key.id).sort()).toEqual(
      ['a', 'b', 'c', 'd', 'z'].filter((one) => !reached.includes(one)),
    );
    const log = (await store().listAudit({ limit: 99, before: null })).toReversed().slice(before);
    expect(log.map(({ keyId, detail }) => [keyId, detail])).toEqual(reached.map((one) => [one, 'gone']));
    expect(log.map(({ sequence }) => sequence)).toEqual(reached.map((_, index) => before + index + 1));
  });

  test('revocation of a family reaches the keys that it made, and those that these made', async () => {
    await family();
    for (const [id, makerId] of [
      ['m', 'b'],
      ['n', 'm'],
      ['o', 'z'],
    ] as const)
      await store().insert(storedKey(id, { makerId }), auditEntry());
    const revoked = await store().revoke('c', LATER, entry(), 'family');
    expect(revoked.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c', 'd', 'm', 'n']);
    expect((await store().revoke('z', LATER, entry(), 'key')).map(({ id }) => id)).toEqual(['z']);
    expect((await store().find('o'))?.revokedAt).toBeNull();
  });

  test('a member that was already revoked keeps its time and audit entry', async () => {
    await family();
    await store().revoke('b', NOW, entry('one'), 'key');
    const revoked = await store().revoke('a', LATER, entry('all'), 'family');
    expect(revoked.map(({ revokedAt }) => revokedAt)).toEqual([LATER, NOW, LATER, LATER]);
    const log = await store().listAudit({ limit: 99, before: null });
    expect(log.filter(({ detail }) => detail === 'all').map(({ keyId }) => keyId)).toEqual(['d', 'c', 'a']);
  });

  test.each<[RevocationReach, string]>([
    ['family', 'r0'],
    ['successors', 'r0'],
  ])('after a revocation with reach %s no concurrent rotation has left an active key', async (reach, id) => {
    const others = [await reopen(), await reopen()];
    for (let round = 0; round < 5; round++) {
      const first = `${round}${id}`;
      await store().insert(storedKey(first), auditEntry());
      let newest = first;
      let rotations = 0;
      const underWay = Promise.withResolvers<void>();
      const rotating = (async () => {
        for (;;) {
          // Yields to the event loop: the store in memory resolves without I/O.
          await new Promise((resolve) => setTimeout(resolve, 0));
          const next = `${round}s${rotations}`;
          const by = others[rotations % others.length] ?? store();
          if (!(await rotate(by, newest, storedKey(next, { familyId: first })))) return;
          newest = next;
          rotations += 1;
          if (rotations > 3) underWay.resolve();
        }
      })();
      await underWay.promise;
      await store().revoke(first, LATER, entry(), reach);
      const keys = (await allKeys(others[0] ?? store())).filter(({ familyId }) => familyId === first);
      expect(keys.filter(({ revokedAt }) => revokedAt === null)).toEqual([]);
      await rotating;
      expect((await allKeys(store())).filter(({ familyId }) => familyId === first)).toHaveLength(keys.length);
    }
  });
}
