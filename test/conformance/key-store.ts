/**
 * Conformance suite of key stores: each sentence of the contract in `src/access/key-store.ts`.
 *
 * @module
 */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KeyStore } from '../../src/access/key-store.ts';
import { activeKeysConformance } from './key-store/active-keys.ts';
import { auditConformance } from './key-store/audit.ts';
import { changesConformance } from './key-store/changes.ts';
import { familiesConformance } from './key-store/families.ts';
import { keysConformance } from './key-store/keys.ts';
import { listsConformance } from './key-store/lists.ts';
import { ownedCredentialsConformance } from './key-store/owned-credentials.ts';
import { retentionConformance } from './key-store/retention.ts';
import { rotationConformance } from './key-store/rotation.ts';
import { allKeys, auditEntry, storedKey } from './key-store/samples.ts';
import { secretsConformance } from './key-store/secrets.ts';
import { storm } from './key-store/storm.ts';

/** An empty store for one test. */
export interface KeyStoreUnderTest {
  readonly store: KeyStore;
  /** Another store on the same data, as on another node; in memory the same one. */
  reopen(): Promise<KeyStore>;
  /** Makes audit entries fail until called with `false`; absent where that is impossible. */
  breakAudit?(broken: boolean): Promise<void>;
  /** Closes all stores and removes the data. */
  dispose(): Promise<void>;
}

const SEEDS = [1, 20_260_301, Math.floor(Math.random() * 2 ** 31)];

export function keyStoreConformance(name: string, open: () => Promise<KeyStoreUnderTest>): void {
  describe(`the key store: ${name}`, () => {
    let opened: KeyStoreUnderTest;
    const store = () => opened.store;

    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.dispose());

    describe('keys', () => keysConformance(store));
    describe('lists', () => listsConformance(store));
    describe('changes', () => changesConformance(store));
    describe('families', () => familiesConformance(store, () => opened.reopen()));
    describe('active keys', () => activeKeysConformance(store, () => opened.reopen()));
    describe('rotation', () => rotationConformance(store));
    describe('owned credentials', () => ownedCredentialsConformance(store, () => opened.reopen()));
    describe('retention', () => retentionConformance(store, () => opened.reopen()));
    describe('audit', () => auditConformance(store));
    describe('secrets', () => secretsConformance(store, () => opened.reopen()));

    test('another store on the same data reads all that was written', async () => {
      const key = storedKey('a');
      await store().insert(key, auditEntry({ detail: 'made' }));
      const other = await opened.reopen();
      expect(await other.find('a')).toEqual(key);
      await other.revoke('a', '2026-05-01T00:00:00.000Z', auditEntry({ detail: 'revoked' }), 'key');
      expect(await store().find('a')).toMatchObject({ revokedAt: '2026-05-01T00:00:00.000Z' });
      const log = await store().listAudit({ limit: 9, before: null });
      expect(log.map(({ detail }) => detail)).toEqual(['revoked', 'made']);
    });

    test('changes nothing when the audit entry cannot be written', async (context) => {
      if (opened.breakAudit === undefined) return context.skip('here no audit entry can fail');
      const key = storedKey('a');
      await store().insert(key, auditEntry());
      await opened.breakAudit(true);
      const times = ['2026-06-01T00:00:00.000Z', '2026-05-01T00:00:00.000Z'] as const;
      await expect(store().insert(storedKey('b'), auditEntry())).rejects.toThrow();
      await expect(store().update('a', { name: 'x' }, auditEntry())).rejects.toThrow();
      await expect(store().revoke('a', times[0], auditEntry(), 'key')).rejects.toThrow();
      await expect(store().rotate('a', storedKey('c'), ...times, auditEntry())).rejects.toThrow();
      await opened.breakAudit(false);
      expect(await allKeys(store())).toEqual([key]);
      expect(await store().listAudit({ limit: 9, before: null })).toHaveLength(1);
      expect(await store().update('a', { name: 'x' }, auditEntry())).toMatchObject({ name: 'x' });
    });

    test.each(SEEDS)('concurrent writes are neither lost nor duplicated, seed %i', async (seed) => {
      const others = [await opened.reopen(), await opened.reopen(), await opened.reopen()];
      await storm([store(), ...others], await opened.reopen(), seed);
    });

    test('close is idempotent', async () => {
      const other = await opened.reopen();
      await other.close();
      await expect(other.close()).resolves.toBeUndefined();
    });
  });
}
