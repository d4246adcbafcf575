import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach } from 'vitest';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts';

/** A path for a SQLite database, in a new folder for each test of the file that calls `databaseFile`. */
export interface DatabaseFile {
  readonly folder: string;
  readonly path: string;
  /** `DATABASE_URL` of it. */
  readonly url: string;
  /** Runs statements on a connection of its own; the rows of the last one. */
  sqlite(...statements: string[]): unknown[];
}

export function databaseFile(): DatabaseFile {
  let folder: TemporaryFolder;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());
  const path = () => `${folder.path}/keys.db`;
  return {
    get folder() {
      return folder.path;
    },
    get path() {
      return path();
    },
    get url() {
      return `sqlite:${path()}`;
    },
    sqlite(...statements) {
      const database = new DatabaseSync(path());
      try {
        return statements.map((statement) => database.prepare(statement).all()).at(-1) ?? [];
      } finally {
        database.close();
      }
    },
  };
}
