import { loadEnvFile } from 'node:process';
import { VERSION } from '../../../src/version.ts';
import { describeError } from './describe-error.ts';
import { helpFor } from './help.ts';
import { print } from './output.ts';
import { parseLine } from './parse.ts';
import { type CommandName, type Invocation, type Option, specificationOf } from './specification.ts';
import { UnknownCommand, UsageError } from './usage-error.ts';

interface Program<Name extends CommandName> {
  readonly run: (invocation: Invocation<Name>) => void | Promise<void>;
}

/** Loaded when used: the gateway's modules take half a second, which help and completion need not wait for. */
const PROGRAMS: { readonly [Name in CommandName]: () => Promise<Program<Name>> } = {
  serve: () => import('./serve.ts'),
  doctor: () => import('./doctor.ts'),
  migrate: () => import('./migrate.ts'),
  reconcile: () => import('./reconcile.ts'),
  'keys create': () => import('./keys-create.ts'),
  'keys list': () => import('./keys-list.ts'),
  'keys show': () => import('./keys-show.ts'),
  'keys update': () => import('./keys-update.ts'),
  'keys disable': () => import('./keys-disable.ts'),
  'keys enable': () => import('./keys-enable.ts'),
  'keys rotate': () => import('./keys-rotate.ts'),
  'keys revoke': () => import('./keys-revoke.ts'),
  'keys audit': () => import('./keys-audit.ts'),
  'keys reseal-status': () => import('./keys-reseal-status.ts'),
  'keys export': () => import('./keys-export.ts'),
  'keys import': () => import('./keys-import.ts'),
  completion: () => import('./completion.ts'),
  help: async () => ({ run: ({ operands }) => help(operands.join(' ')) }),
};

/** Runs a command line. Exit status 2: there is no such command; 1: any other failure. */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  let options: Readonly<Record<string, Option>> = {};
  try {
    const line = parseLine(args);
    if (line.kind === 'version') return print(VERSION);
    if (line.kind === 'help') return help(line.words);
    options = namedOptions(line.name, line.invocation);
    if (line.envFile !== undefined) readVariables(line.envFile);
    await run(line.name, line.invocation);
  } catch (error) {
    process.stderr.write(`linguanova: ${describeError(error, options)}\n`);
    if (error instanceof UnknownCommand) help('');
    // Connections may still be open.
    process.exit(error instanceof UnknownCommand ? 2 : 1);
  }
}

/** For errors, which name a variable unless an option has set it. */
function namedOptions(name: CommandName, { values }: Invocation<CommandName>) {
  const all: Readonly<Record<string, Option>> = specificationOf(name).options ?? {};
  return Object.fromEntries(
    Object.entries(all).filter(([option, { variable }]) => variable === undefined || option in values),
  );
}

async function run<Name extends CommandName>(name: Name, invocation: Invocation<Name>): Promise<void> {
  const program = await PROGRAMS[name]();
  await program.run(invocation);
}

function help(words: string): void {
  const text = helpFor(words);
  if (text === null) throw new UnknownCommand(`${words} is not a command. See "linguanova help".`);
  print(text);
}

/** Variables that are set already stay; an empty one is unset. */
function readVariables(path: string): void {
  for (const [name, value] of Object.entries(process.env)) if (value === '') delete process.env[name];
  try {
    loadEnvFile(path);
  } catch (error) {
    throw new UsageError(
      `--env-file: ${path} cannot be read: ${error instanceof Error ? error.message : error}`,
    );
  }
}
