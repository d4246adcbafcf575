import { expect } from 'vitest';
import type { AuditEntry } from '../../../src/access/audit.ts';
import type { KeyStore, StoredKey } from '../../../src/access/key-store.ts';
import { allKeys, auditEntry, storedKey } from './samples.ts';

const WRITERS = 10;
const STEPS = 40;
const START = Date.parse('2026-05-01T00:00:00.000Z');
const NEVER = '2099-01-01T00:00:00.000Z';

/**
 * Concurrent writers create, update, rotate and revoke the same keys on several stores. Afterwards the audit log has exactly
 * the acknowledged changes, and replaying it yields exactly the stored keys.
 */
export async function storm(stores: readonly KeyStore[], reader: KeyStore, seed: number): Promise<void> {
  const random = generator(seed);
  const ids: string[] = [];
  const acknowledged: string[] = [];
  let steps = 0;

  async function step(store: KeyStore): Promise<void> {
    steps += 1;
    const fresh = `k${steps}`;
    const at = new Date(START + steps).toISOString();
    const target = ids[Math.floor(random() * ids.length)] ?? 'unknown';
    const entry = (action: AuditEntry['action'], keyId: string) =>
      auditEntry({ action, keyId, at, requestId: `${steps}`, detail: fresh });
    const done = (written: AuditEntry) => acknowledged.push(written.requestId ?? '');
    const choice = random();
    if (ids.length === 0 || choice < 0.25) {
      const written = entry('key.create', fresh);
      await store.insert(storedKey(fresh), written);
      ids.push(fresh);
      done(written);
    } else if (choice < 0.55) {
      const written = entry('key.rotate', target);
      if (!(await store.rotate(target, storedKey(fresh), NEVER, at, written))) return;
      ids.push(fresh);
      done(written);
    } else if (choice < 0.85) {
      const written = entry('key.update', target);
      const key = await store.update(target, { name: fresh }, written);
      if (key === null) return;
      expect(key).toMatchObject({ id: target, name: fresh, revokedAt: null });
      done(written);
    } else {
      const written = entry('key.revoke', target);
      const [key] = await store.revoke(target, at, written, 'key');
      if (key?.revokedAt === at) done(written);
    }
  }

  await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      const store = stores[writer % stores.length] ?? reader;
      for (let index = 0; index < STEPS; index++) await step(store);
    }),
  );

  const log = (await reader.listAudit({ limit: WRITERS * STEPS + 1, before: null })).toReversed();
  const inOrder = (a: string, b: string) => Number(a) - Number(b);
  expect(log.map(({ requestId }) => requestId ?? '').sort(inOrder)).toEqual(acknowledged.sort(inOrder));
  expect(await allKeys(reader)).toEqual([...replay(log).values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
}

/** The keys that result from applying the entries in order. */
function replay(log: readonly AuditEntry[]): Map<string, StoredKey> {
  const keys = new Map<string, StoredKey>();
  for (const { action, keyId, detail, at } of log) {
    const key = keys.get(keyId ?? '');
    if (action === 'key.create') {
      expect(key).toBeUndefined();
      keys.set(detail, storedKey(detail));
      continue;
    }
    if (key === undefined) throw new Error(`${action} of ${keyId} stands before its creation`);
    expect(key.revokedAt, `${action} of ${keyId}, which is revoked`).toBeNull();
    if (action === 'key.update') keys.set(key.id, { ...key, name: detail });
    if (action === 'key.revoke') keys.set(key.id, { ...key, revokedAt: at });
    if (action === 'key.rotate') {
      expect(key.successorId).toBeNull();
      keys.set(key.id, { ...key, successorId: detail, expiresAt: NEVER });
      keys.set(detail, { ...storedKey(detail), name: key.name });
    }
  }
  return keys;
}

/** Deterministic numbers from 0 to 1 (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
