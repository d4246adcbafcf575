/**
 * Every command of the command line. Usage, errors, shell completion and docs/command-line.md derive from this table;
 * `run.ts` has the program of each.
 */

import { SCOPES } from '../../../src/scopes.ts';
import { CONFIG_FORMATS } from '../../../src/tool-config.ts';

export interface Option {
  /** Placeholder of its value; absent: a flag. */
  readonly value?: string;
  readonly repeatable?: true;
  readonly required?: true;
  readonly short?: string;
  readonly text: string;
  /** The value is the path of a file. */
  readonly isFile?: true;
  /** Suggested by shell completion. */
  readonly choices?: readonly string[];
  /** The field of the admin API that it sets, if that is not its own name. */
  readonly field?: string;
  /** The environment variable that it overrides. */
  readonly variable?: string;
}

export interface Operand {
  readonly name: string;
  readonly text: string;
  readonly optional?: true;
  readonly repeatable?: true;
  readonly isFile?: true;
  readonly choices?: readonly string[];
}

export interface Specification {
  readonly summary: string;
  /** Further sentences of its help. */
  readonly details?: string;
  readonly operands?: readonly Operand[];
  readonly options?: Readonly<Record<string, Option>>;
}

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
const STATES = ['active', 'disabled', 'expired', 'revoked'];

const json = { text: 'print JSON' } as const;
const region = { value: 'NAME', text: 'one region; by default every one that is served' } as const;
const id = { name: 'ID', text: 'the id of a key' } as const;

/** What a key may do; the value of each option is checked as by the admin API. */
const rights = {
  scopes: {
    value: 'A,B',
    text: `what it may do: ${SCOPES.join(', ')}; of a further service TYPE:read, TYPE:write, of all *:read, *:write`,
  },
  plan: { value: 'PLAN', text: 'a plan of LINGUANOVA_PLANS' },
  'expires-at': { value: 'TIME', text: 'ISO 8601, such as 2027-01-31T00:00:00Z, or never' },
  cidr: {
    value: 'NETWORK',
    repeatable: true,
    field: 'allowed_cidrs',
    text: 'a network that it may be used from, in CIDR form; any: from everywhere',
  },
  origin: {
    value: 'ORIGIN',
    repeatable: true,
    field: 'allowed_origins',
    text: 'an origin whose pages may use it, which makes it a read-only browser key; none: no such key',
  },
  regions: { value: 'A,B', text: 'the regions it may be used in; any: all that are served' },
} as const;

const credentialSecret = {
  'application-credential-secret': {
    value: 'S',
    field: 'application_credential.secret',
    text: 'its secret; better - for standard input, @PATH for a file, or --secret-file',
  },
  'secret-file': {
    value: 'PATH',
    isFile: true,
    text: 'the file with the secret, or - for standard input',
  },
} as const;

export const COMMANDS = {
  serve: {
    summary: 'serve the gateway; the default',
    details: 'Without any configuration it serves a sandbox. docs/operating.md lists the variables.',
    options: {
      host: { value: 'ADDRESS', variable: 'HOST', text: 'listen on this address instead of HOST' },
      port: { value: 'PORT', variable: 'PORT', text: 'listen on this port instead of PORT; 0: any free one' },
    },
  },
  doctor: {
    summary: 'check the secret, the store, Redis and the cloud as configured',
    details: 'The exit status is 1 if a check fails.',
    options: { region, json },
  },
  migrate: {
    summary: 'bring the database of DATABASE_URL to the schema of this version',
    details:
      'Before an upgrade; a gateway that starts does the same. It reads no other variable, and prints the newest migration.',
  },
  reconcile: {
    summary: 'release ports and floating IPs of the gateway that serve no instance',
    details:
      'In the project of the service account (OS_*), or in another one in which it has a role, in every region that is served.',
    options: {
      'older-than': { value: 'SECONDS', text: 'the minimum age of what is released; 600 by default' },
      'project-id': { value: 'P', text: 'the project, instead of that of the service account' },
      region,
      json,
    },
  },
  'keys create': {
    summary: 'issue a key, which is printed this once',
    details:
      'Give what it opens: --application-credential-id with its secret, --project-id for a service key, or --redu-key. Without --scopes it may do everything but admin; with --origin, instances:read.',
    options: {
      name: { value: 'NAME', required: true, text: 'a label, such as the customer' },
      'application-credential-id': {
        value: 'I',
        field: 'application_credential.id',
        text: "the customer's application credential",
      },
      ...credentialSecret,
      'project-id': { value: 'P', text: "a service key: the gateway's own account, in this project" },
      'redu-key': {
        value: 'K',
        field: 'redu_key',
        text: "the customer's key of a redu cloud; better -, @PATH, or --secret-file alone",
      },
      ...rights,
      config: {
        value: 'FORMAT',
        choices: CONFIG_FORMATS,
        text: `print the configuration of a tool with the key, and nothing else: ${CONFIG_FORMATS.join(', ')}`,
      },
      json,
    },
  },
  'keys list': {
    summary: 'list the keys, oldest first',
    options: {
      'project-id': { value: 'P', text: 'only keys of this project' },
      state: { value: 'STATE', choices: STATES, text: `only keys in this state: ${STATES.join(', ')}` },
      json,
    },
  },
  'keys show': { summary: 'show a key', operands: [id], options: { json } },
  'keys update': {
    summary: 'change a key; what is not given stays',
    details: 'Repeat --cidr and --origin for each value of the new list.',
    operands: [id],
    options: { name: { value: 'NAME', text: 'a label' }, ...rights, json },
  },
  'keys disable': { summary: 'disable a key until it is enabled', operands: [id], options: { json } },
  'keys enable': { summary: 'enable a disabled key', operands: [id], options: { json } },
  'keys rotate': {
    summary: 'issue the successor of a key, which is printed this once',
    details: "The secret is needed for a key with an application credential: the customer's key seals it.",
    operands: [id],
    options: {
      overlap: {
        value: 'SECONDS',
        field: 'overlap_seconds',
        text: 'how long the old key stays valid; 0 by default',
      },
      ...credentialSecret,
      json,
    },
  },
  'keys revoke': {
    summary: 'revoke a key and its successors permanently',
    operands: [id],
    options: { family: { text: 'with its predecessors, too' }, json },
  },
  'keys audit': {
    summary: 'list the audit log, newest first',
    operands: [{ ...id, optional: true }],
    options: {
      action: { value: 'ACTION', text: 'only entries with this action, such as key.revoke' },
      from: { value: 'TIME', text: 'only entries from this time on, in ISO 8601' },
      to: { value: 'TIME', text: 'only entries before this time' },
      limit: { value: 'N', text: 'at most so many entries; 100 by default' },
      json,
    },
  },
  'keys reseal-status': {
    summary: 'count the keys that still need LINGUANOVA_SECRET_PREVIOUS',
    options: { json },
  },
  'keys export': {
    summary: 'write all keys, the audit log and what belongs to them to a file',
    details:
      'To move to another database. Stop all gateways on it first. Credentials in the file are sealed with LINGUANOVA_SECRET.',
    operands: [{ name: 'FILE', isFile: true, text: 'a file to create, or - for standard output' }],
  },
  'keys import': {
    summary: 'read such a file into an empty database',
    details:
      'DATABASE_URL names the database, and LINGUANOVA_SECRET has to be that of the gateway that exported. Everything is imported, or nothing.',
    operands: [{ name: 'FILE', isFile: true, text: 'the file, or - for standard input' }],
  },
  completion: {
    summary: 'print the completion script of a shell',
    details:
      'bash: eval "$(linguanova completion bash)" in ~/.bashrc. zsh: the same in ~/.zshrc, after compinit. fish: linguanova completion fish > ~/.config/fish/completions/linguanova.fish',
    operands: [{ name: 'SHELL', choices: SHELLS, text: 'the shell: bash, zsh or fish' }],
  },
  help: {
    summary: 'show the usage of a command',
    operands: [{ name: 'COMMAND', optional: true, repeatable: true, text: 'such as keys create' }],
  },
} as const satisfies Readonly<Record<string, Specification>>;

export type CommandName = keyof typeof COMMANDS;

/** Of every command. */
export const GLOBAL_OPTIONS = {
  'env-file': {
    value: 'PATH',
    isFile: true,
    text: 'read variables from this file; those of the environment win',
  },
  help: { short: 'h', text: 'show the usage' },
  version: { short: 'v', text: 'print the version' },
} as const satisfies Readonly<Record<string, Option>>;

export const COMMAND_NAMES = Object.keys(COMMANDS) as readonly CommandName[];

export function specificationOf(name: CommandName): Specification {
  return COMMANDS[name];
}

type OptionsOf<Name extends CommandName> = (typeof COMMANDS)[Name] extends { readonly options: infer Options }
  ? Options
  : Readonly<Record<never, Option>>;

/** A command line, parsed: the values of its options by name, and its operands in order. */
export interface Invocation<Name extends CommandName> {
  readonly values: {
    readonly [Key in keyof OptionsOf<Name>]?: OptionsOf<Name>[Key] extends { readonly value: string }
      ? OptionsOf<Name>[Key] extends { readonly repeatable: true }
        ? readonly string[]
        : string
      : boolean;
  };
  readonly operands: readonly string[];
}
