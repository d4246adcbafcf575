import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand, startProcess } from '../support/gateway-process.ts';
import { emptyDirectory } from './keys-database.ts';

const ROOT = join(import.meta.dirname, '../..');

test('--version prints the version of package.json', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(await runCommand(['--version'], {})).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test('help COMMAND and COMMAND --help print the same usage; an unknown command exits with 2', async () => {
  const [first, second, unknown] = await Promise.all([
    runCommand(['help', 'keys', 'create'], {}),
    runCommand(['keys', 'create', '--help'], {}),
    runCommand(['nonsense'], {}),
  ]);
  expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Usage: linguanova keys create /) });
  expect(second).toEqual(first);
  expect(unknown).toEqual({
    code: 2,
    stdout: expect.stringMatching(/^Usage: linguanova \[serve\]/),
    stderr: 'linguanova: nonsense is not a command. See "linguanova help".\n',
  });
});

test('--env-file sets variables, and those of the environment win', async () => {
  const file = join(emptyDirectory(), 'gateway.env');
  writeFileSync(file, `DATABASE_URL=sqlite:/nonexistent/keys.db\nLINGUANOVA_SECRTE=x\n`);
  const environment = { DATABASE_URL: `sqlite:${join(emptyDirectory(), 'keys.db')}` };
  const { code, stderr } = await runCommand([`--env-file=${file}`, 'keys', 'list'], environment);
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/^linguanova: LINGUANOVA_SECRTE [^\n]+SECRET\?\n$/),
  ]);
  // Node itself reads a file of this option, too.
  const absent = await runCommand(['keys', 'list', '--env-file=absent'], environment);
  expect([absent.code === 0, absent.stderr]).toEqual([false, expect.stringMatching(/\babsent\b/)]);
});

test('serve --host and --port override the environment, and errors name them', async () => {
  const gateway = await startProcess(
    { HOST: '192.0.2.1', LINGUANOVA_SANDBOX: '1', LOG_LEVEL: 'silent' },
    undefined,
    [...['--host', '127.0.0.1', '--port', '0']],
  );
  expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  expect(await gateway.end('SIGTERM')).toBe(0);
  const { code, stderr } = await runCommand(['serve', '--port', 'abc'], {});
  expect([code, stderr]).toEqual([1, 'linguanova: --port must be a port number from 0 to 65535\n']);
});
