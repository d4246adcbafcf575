import { describe, expect, test } from 'vitest';
import { helpFor } from './help.ts';
import { parseLine } from './parse.ts';
import { COMMAND_NAMES } from './specification.ts';
import { UnknownCommand } from './usage-error.ts';

const parsed = (line: string) => parseLine(line === '' ? [] : line.split(' '));

test.each<[string, object]>([
  ['', { kind: 'run', name: 'serve', invocation: { values: {}, operands: [] } }],
  ['--port 0', { name: 'serve', invocation: { values: { port: '0' } } }],
  ['serve --port=0', { name: 'serve', invocation: { values: { port: '0' } } }],
  ['--env-file a doctor --json', { name: 'doctor', envFile: 'a', invocation: { values: { json: true } } }],
  ['keys list --env-file=a', { name: 'keys list', envFile: 'a', invocation: { values: {} } }],
  ['keys --project-id P list', { name: 'keys list', invocation: { values: { 'project-id': 'P' } } }],
  ['keys show abc', { name: 'keys show', invocation: { operands: ['abc'] } }],
  ['keys show -- abc', { name: 'keys show', invocation: { operands: ['abc'] } }],
  ['keys update a --cidr b --cidr c', { invocation: { operands: ['a'], values: { cidr: ['b', 'c'] } } }],
  ['keys rotate a --overlap=-1', { invocation: { values: { overlap: '-1' } } }],
  ['keys rotate a --secret-file -', { invocation: { values: { 'secret-file': '-' } } }],
  ['keys export -', { name: 'keys export', invocation: { operands: ['-'] } }],
  ['keys audit', { name: 'keys audit', invocation: { operands: [] } }],
  ['help keys create', { name: 'help', invocation: { operands: ['keys', 'create'] } }],
  ['--help', { kind: 'help', words: '' }],
  ['keys -h', { kind: 'help', words: 'keys' }],
  ['keys create --help', { kind: 'help', words: 'keys create' }],
  ['--version', { kind: 'version' }],
  ['keys list -v', { kind: 'version' }],
])('linguanova %s', (line, expected) => {
  expect(parsed(line)).toMatchObject(expected);
});

test.each<[string, RegExp]>([
  ['nonsense', /^nonsense is not a command\. See "linguanova help"\.$/],
  ['sevre', /did you mean serve\?/],
  ['keys', /^keys needs a command: use one of keys create, /],
  ['keys creat', /^keys creat is not a command; did you mean keys create\? See "linguanova help keys"\.$/],
  ['keys explode', /use one of keys create, /],
  [
    'serve --prot 9',
    /^--prot is not an option of serve; did you mean --port\? See "linguanova help serve"\.$/,
  ],
  ['serve 9', /^serve takes no operand, not also 9\./],
  ['keys list --name a', /^--name is not an option of keys list/],
  ['keys list --state', /^--state needs a value$/],
  [
    'keys list --state --json',
    /^--state needs a value; one that begins with "-" is given as --state=--json$/,
  ],
  ['keys list --json=1', /^--json takes no value$/],
  ['keys create --project-id P', /^--name is required\. See "linguanova help keys create"\.$/],
  ['keys create --name a --name b', /^--name is given twice$/],
  ['keys show', /^keys show needs the id of a key\./],
  ['keys show a b', /^keys show takes one ID, not also b\./],
])('linguanova %s is refused', (line, message) => {
  expect(() => parsed(line)).toThrow(message);
});

test('an unknown command is an error of its own', () => {
  expect(() => parsed('nonsense')).toThrow(UnknownCommand);
  expect(() => parsed('keys explode')).not.toThrow(UnknownCommand);
});

describe('help', () => {
  test.each(['', 'keys', ...COMMAND_NAMES])('"%s" is in at most 100 columns', (words) => {
    const lines = (helpFor(words) ?? '').split('\n');
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    expect(lines.length).toBeGreaterThan(3);
  });

  test('lists every command, and those of a group', () => {
    expect(COMMAND_NAMES.filter((name) => !helpFor('')?.includes(`  ${name} `))).toEqual([]);
    expect(helpFor('keys')).not.toContain('  serve ');
    expect(helpFor('nonsense')).toBeNull();
  });

  test('shows the required options, all others, and what they take', () => {
    const text = helpFor('keys create');
    expect(text).toMatch(/^Usage: linguanova keys create --name NAME \[OPTION\]\.\.\.\n/);
    expect(text).toMatch(/^ {2}--cidr NETWORK\.\.\. +a network/m);
    expect(text).toMatch(/^ {2}-h, --help +show the usage$/m);
  });
});
