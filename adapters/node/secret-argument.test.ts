import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { secretArgument } from './secret-argument.ts';

const MODULE = new URL('secret-argument.ts', import.meta.url).href;
const MAIN = new URL('main.ts', import.meta.url).pathname;
const directory = mkdtempSync(join(tmpdir(), 'linguanova-'));

test('a secret is read from standard input', () => {
  const program = `import { secretArgument } from '${MODULE}'; console.log(secretArgument('redu-key', '-'));`;
  const input = { input: 'hidden secret\n', encoding: 'utf8' } as const;
  expect(execFileSync(process.execPath, ['--input-type=module', '--eval', program], input)).toBe(
    'hidden secret\n',
  );
});

test('a secret is read from @file, and taken literally otherwise', () => {
  const path = join(directory, 'secret');
  writeFileSync(path, 'from a file\n');
  expect(secretArgument('redu-key', `@${path}`)).toBe('from a file');
  expect(secretArgument('redu-key', 'as-it-is')).toBe('as-it-is');
  expect(secretArgument('redu-key', undefined)).toBeUndefined();
});

test.each([
  ['--application-credential-secret', ['--application-credential-id', 'abc'], '-', 'standard input is empty'],
  ['--redu-key', [], '-', 'standard input is empty'],
  [
    '--application-credential-secret',
    ['--application-credential-id', 'abc'],
    '@absent',
    'absent cannot be read',
  ],
  ['--redu-key', [], '@absent', 'absent cannot be read'],
])('keys create %s %s %s says what cannot be read', (option, others, value, problem) => {
  const args = [MAIN, 'keys', 'create', '--name', 'x', ...others, option, value];
  const env = { PATH: process.env.PATH ?? '', LINGUANOVA_SANDBOX: '1' };
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd: directory,
    env,
    input: '',
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr).toContain(`linguanova: ${option}: ${problem}`);
});
