import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { debianProgram } from '../support/debian-package.ts';
import { runCommand } from '../support/gateway-process.ts';
import { emptyDirectory } from './keys-database.ts';
import { run } from './run.ts';

const folder = emptyDirectory();
const zsh = await debianProgram('/usr/bin/zsh', ['zsh'], 'completion in zsh');
const fish = await debianProgram('/usr/bin/fish', ['fish'], 'completion in fish');

/** What is typed, and what it becomes: each prefix has one continuation. */
const UNIQUE: readonly (readonly [typed: string, completed: string])[] = [
  ['ke', 'keys'],
  ['keys cre', 'keys create'],
  ['keys create --n', 'keys create --name'],
  ['keys list --state act', 'keys list --state active'],
  ['keys show abc --js', 'keys show abc --json'],
  [`--env-file ${folder}/unique`, `--env-file ${folder}/unique-file`],
  [`keys export ${folder}/unique`, `keys export ${folder}/unique-file`],
  ['completion zs', 'completion zsh'],
  ['help keys up', 'help keys update'],
];

/** Prints the suggestions after each argument, a line each. */
const BASH = `source "$1"; shift
for line; do
  COMP_WORDS=(linguanova $line); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); COMPREPLY=()
  [ "\${line% }" = "$line" ] || { COMP_WORDS+=(""); COMP_CWORD=$((COMP_CWORD + 1)); }
  _linguanova
  echo "\${COMPREPLY[*]}"
done`;

/** Types each argument and a tab into an interactive zsh, whose `linguanova` writes what it was called with to a file. */
const ZSH = `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "autoload -Uz compinit && compinit -u -D && source $1 && linguanova() { print -r -- \\"\\$*\\" >> $2 }"
shift 2
for line; do zpty -w shell "linguanova $line"$'\\t'; done
zpty -w shell exit
while zpty -r shell text; do :; done`;

const script = (shell: string) => join(folder, `completion.${shell}`);
const typed = UNIQUE.map(([text]) => text);

beforeAll(async () => {
  writeFileSync(join(folder, 'unique-file'), '');
  await Promise.all(
    ['bash', 'zsh', 'fish'].map(async (shell) => {
      const { code, stdout, stderr } = await runCommand(['completion', shell], {});
      expect([code, stderr]).toEqual([0, '']);
      writeFileSync(script(shell), stdout);
    }),
  );
});

describe('completion in bash', () => {
  const suggested = async (...lines: readonly string[]) => {
    const { stdout, stderr } = await run('/bin/bash', ['-c', BASH, 'bash', script('bash'), ...lines]);
    expect(stderr).toBe('');
    return stdout.trimEnd().split('\n');
  };

  test('completes commands, options, their values and files', async () => {
    expect(await suggested(...typed)).toEqual(UNIQUE.map(([, text]) => text.split(' ').at(-1)));
  });

  test('suggests commands first, nothing for a free value', async () => {
    const [first, keys, value] = await suggested('keys ', 'keys create --name ', 'keys create --name x --sc');
    expect(first).toMatch(/^create list show .* --help --version$/);
    expect([keys, value]).toEqual(['', '--scopes']);
  });
});

test.skipIf(zsh === null)('completion in zsh', async () => {
  const out = join(folder, 'zsh.out');
  const { code } = await run(zsh ?? '', ['-f', '-c', ZSH, 'zsh', script('zsh'), out, ...typed]);
  expect(code).toBe(0);
  expect(readFileSync(out, 'utf8').trimEnd().split('\n')).toEqual(UNIQUE.map(([, text]) => text));
});

test.skipIf(fish === null)('completion in fish, with descriptions', async () => {
  const each = 'source $argv[1]; for line in $argv[2..]; complete -C "linguanova $line"; end';
  const { stdout, stderr } = await run(fish ?? '', ['--no-config', '-c', each, script('fish'), ...typed]);
  expect(stderr).toBe('');
  const suggestions = stdout.trimEnd().split('\n');
  expect(suggestions.map((line) => line.split('\t')[0])).toEqual(
    UNIQUE.map(([, text]) => text.split(' ').at(-1)),
  );
  expect(suggestions[1]).toBe('create\tissue a key, which is printed this once');
});

test('another shell is refused', async () => {
  const { code, stderr } = await runCommand(['completion', 'tcsh'], {});
  expect([code, stderr]).toEqual([1, 'linguanova: completion needs one of bash, zsh, fish\n']);
});
