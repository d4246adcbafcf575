import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { openKeyStore } from '../../adapters/sql/open.ts';
import { temporaryFolder } from './temporary-folder.ts';

const WRONG = [
  '',
  'keys.db',
  'sqlite:',
  'sqlite::memory:',
  'sqlite://keys.db',
  'SQLITE:keys.db',
  'mysql://linguanova:hunter2@localhost/keys',
  'postgres:linguanova:hunter2@localhost/keys',
  'postgres://linguanova:hunter2@[::1/keys',
  'postgres://linguanova:hunter2@localhost:99999999/keys',
  'postgres://linguanova:hunter2@localhost/keys?sslrootcert=nowhere/hunter2.pem',
  ' postgres://linguanova:hunter2@localhost/keys',
];

test.each(WRONG)('rejects %j, naming the variable and not the password', async (url) => {
  const error: unknown = await openKeyStore(url).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TypeError);
  expect(String(error)).toMatch(/^TypeError: DATABASE_URL [^\n]+$/);
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2');
});

test('an unreachable PostgreSQL is "unavailable" with a one-line reason without the password', async () => {
  // Port 1 is reserved and has no listener.
  const url = 'postgres://linguanova:hunter2@localhost:1/keys';
  const error: unknown = await openKeyStore(url).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'unavailable' });
  expect(String(error)).toMatch(/^ComputeError: DATABASE_URL: [^\n]*ECONNREFUSED[^\n]*$/);
  expect(inspect(error, { depth: 9 })).not.toContain('hunter2');
});

test('a folder that cannot be created, and a folder instead of a file, are named', async () => {
  const folder = temporaryFolder();
  await expect(openKeyStore(`sqlite:${folder.path}`)).rejects.toThrow(/^DATABASE_URL: .*EISDIR/);
  await expect(openKeyStore('sqlite:/dev/null/keys.db')).rejects.toThrow(/^DATABASE_URL: .*(ENOTDIR|EEXIST)/);
  folder.remove();
});
