import { existsSync } from 'node:fs';
import type { KeyStore } from '../../src/access/key-store.ts';
import { ComputeError } from '../../src/compute/errors.ts';
import type { TransactionalDatabase } from './database.ts';
import { openPostgres } from './postgres.ts';
import { folderProblem, openSqlite } from './sqlite.ts';
import { type Stores, storesIn } from './stores.ts';

export async function openKeyStore(databaseUrl: string): Promise<KeyStore> {
  return (await openStores(databaseUrl)).keys;
}

/** What is wrong with the URL or its folder; null: nothing known. */
export function databaseUrlProblem(databaseUrl: string): string | null {
  if (isPostgres(databaseUrl)) return null;
  try {
    return folderProblem(pathOf(databaseUrl));
  } catch (error) {
    return error instanceof TypeError ? error.message : String(error);
  }
}

export async function openStores(databaseUrl: string): Promise<Stores> {
  return storesIn(await openDatabase(databaseUrl));
}

/**
 * The database at `databaseUrl`, with the newest schema.
 *
 * @param databaseUrl `sqlite:PATH` (`sqlite:keys.db` in the working directory, `sqlite:/var/lib/keys.db`), or
 *   `postgres://...`, `postgresql://...`.
 * @throws TypeError for an invalid URL, ComputeError `unavailable`. Neither contains the URL, which may have a password.
 */
export async function openDatabase(databaseUrl: string): Promise<TransactionalDatabase> {
  try {
    return await (isPostgres(databaseUrl) ? openPostgres(databaseUrl) : openSqlite(pathOf(databaseUrl)));
  } catch (error) {
    if (error instanceof TypeError) throw new TypeError(`DATABASE_URL ${error.message}`);
    const cause = error instanceof ComputeError ? error.cause : error;
    throw new ComputeError('unavailable', `DATABASE_URL: the database cannot be opened: ${reason(cause)}`, {
      cause,
    });
  }
}

/** False for a file that does not exist. */
export function databaseExists(databaseUrl: string): boolean {
  return isPostgres(databaseUrl) || existsSync(pathOf(databaseUrl));
}

function isPostgres(url: string): boolean {
  return /^postgres(ql)?:/.test(url);
}

/** @throws TypeError unless the URL names a file. */
function pathOf(url: string): string {
  const path = /^sqlite:(.+)$/s.exec(url)?.[1];
  if (path === undefined) throw new TypeError('must be sqlite:PATH or postgres://...');
  if (/^\/\/[^/]/.test(path)) throw new TypeError('must be sqlite:PATH without "//" before the path');
  if (path === ':memory:') throw new TypeError('must name a file: sqlite:PATH');
  return path;
}

/** One line. Node's error has only a code if several addresses of a host refused the connection. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.message || ('code' in error ? String(error.code) : error.name);
  const [, newer] = /previously executed migration (\S+) is missing/.exec(text) ?? [];
  if (newer !== undefined)
    return `it has the schema of a newer version (${newer}): start that version, or restore the backup from before the upgrade`;
  return text.replaceAll(/\s+/g, ' ');
}
