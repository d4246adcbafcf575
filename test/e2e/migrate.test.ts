import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { runCommand } from '../support/gateway-process.ts';
import { emptyDirectory } from './keys-database.ts';

/** None of it can be used. */
const WRONG = { LINGUANOVA_PLAN: 'x', LINGUANOVA_SECRET: 'short', OS_AUTH_URL: 'http://127.0.0.1:1/v3' };

test('migrate needs DATABASE_URL alone, whatever is wrong elsewhere, and can be repeated', async () => {
  const file = join(emptyDirectory(), 'keys.db');
  const migrate = () => runCommand(['migrate'], { ...WRONG, DATABASE_URL: `sqlite:${file}` });
  const first = await migrate();
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(await migrate()).toEqual(first);
  const database = new DatabaseSync(file);
  const newest = database.prepare('select max(name) as name from kysely_migration').get();
  database.close();
  expect(first.stdout).toBe(`schema ${newest?.name}\n`);
});

test.each([
  ['without a database', {}, /^linguanova: DATABASE_URL is required/],
  [
    'of a database that cannot be reached',
    { DATABASE_URL: 'postgres://someone:hunter2@127.0.0.1:1/keys' },
    /^linguanova: DATABASE_URL: the database cannot be opened/,
  ],
  ['of an invalid URL', { DATABASE_URL: 'mysql://hunter2' }, /^linguanova: DATABASE_URL must be sqlite/],
])('migrate %s fails and names DATABASE_URL, not its value', async (_, variables, message) => {
  const { code, stdout, stderr } = await runCommand(['migrate'], variables);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(message);
  expect(stderr).not.toContain('hunter2');
});
