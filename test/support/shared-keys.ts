import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStores } from '../../adapters/sql/open.ts';
import type { Stores } from '../../adapters/sql/stores.ts';
import type { KeyStore } from '../../src/access/key-store.ts';

/** One database of keys that several nodes open, each for itself. */
export interface SharedKeys {
  /** The SQLite file; the write-ahead log is next to it. */
  readonly folder: string;
  /** `LINGUANOVA_SECRET` of all nodes. */
  readonly secret: string;
  /** A store of its own on the same database; closed with all others. */
  open(): Promise<KeyStore>;
  /** The same with what else nodes share in the database. */
  openStores(): Promise<Stores>;
  close(): Promise<void>;
}

export function sharedKeys(): SharedKeys {
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-shared-'));
  const stores: KeyStore[] = [];
  const opened = async () => {
    const opened = await openStores(`sqlite:${join(folder, 'keys.db')}`);
    stores.push(opened.keys);
    return opened;
  };
  return {
    folder,
    secret: randomBytes(32).toString('base64'),
    open: async () => (await opened()).keys,
    openStores: opened,
    async close() {
      await Promise.all(stores.map((store) => store.close()));
      rmSync(folder, { recursive: true });
    },
  };
}
