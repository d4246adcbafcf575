import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { nearestOf } from '../../../src/config/nearest.ts';
import {
  COMMAND_NAMES,
  COMMANDS,
  type CommandName,
  GLOBAL_OPTIONS,
  type Invocation,
  type Option,
  type Specification,
  specificationOf,
} from './specification.ts';
import { UnknownCommand, UsageError } from './usage-error.ts';

type Options = Readonly<Record<string, Option>>;

export type ParsedLine =
  | { readonly kind: 'version' }
  /** `words`: a command, a group such as `keys`, or nothing. */
  | { readonly kind: 'help'; readonly words: string }
  | {
      readonly kind: 'run';
      readonly name: CommandName;
      readonly invocation: Invocation<CommandName>;
      readonly envFile: string | undefined;
    };

/** Groups of commands: the first words of names that have two. */
const GROUPS: ReadonlySet<string> = new Set(
  COMMAND_NAMES.flatMap((name) => (name.includes(' ') ? [name.split(' ')[0] ?? ''] : [])),
);

const ANY_OPTION: Options = Object.assign(
  {},
  GLOBAL_OPTIONS,
  ...COMMAND_NAMES.map((name) => specificationOf(name).options),
);

/** @throws UsageError that names what is wrong. */
export function parseLine(args: readonly string[]): ParsedLine {
  const tokens = tokensOf(args, ANY_OPTION);
  const isSet = (name: string) => tokens.some((token) => token.kind === 'option' && token.name === name);
  const [first, second] = tokens.filter((token) => token.kind === 'positional');
  if (first === undefined) return parsed('serve', '', args);
  const isGroup = GROUPS.has(first.value);
  if (isGroup && second === undefined && isSet('help')) return { kind: 'help', words: first.value };
  const name = isGroup && second !== undefined ? `${first.value} ${second.value}` : first.value;
  if (!isCommand(name)) throw isGroup ? unknownInGroup(first.value, second?.value) : unknownCommand(name);
  const words = isGroup ? [first.index, second?.index] : [first.index];
  return parsed(
    name,
    name,
    args.filter((_, index) => !words.includes(index)),
  );
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

function unknownCommand(name: string): UnknownCommand {
  const known = [...COMMAND_NAMES.filter((one) => !one.includes(' ')), ...GROUPS];
  return new UnknownCommand(
    `${name} is not a command${suggestion(name, known) ?? '.'} See "linguanova help".`,
  );
}

function unknownInGroup(group: string, verb: string | undefined): UsageError {
  const known = COMMAND_NAMES.filter((name) => name.startsWith(`${group} `));
  const list = `use one of ${known.join(', ')}.`;
  const name = `${group} ${verb}`;
  return new UsageError(
    verb === undefined
      ? `${group} needs a command: ${list}`
      : `${name} is not a command${suggestion(name, known) ?? `: ${list}`} See "linguanova help ${group}".`,
  );
}

/** Maximum edit distance of a misspelling. */
const MAX_TYPOS = 2;

function suggestion(name: string, known: readonly string[]): string | null {
  const { nearest, typos } = nearestOf(name, known);
  return typos <= MAX_TYPOS ? `; did you mean ${nearest}?` : null;
}

/** @param words The command as it was given. */
function parsed(name: CommandName, words: string, args: readonly string[]): ParsedLine {
  const specification = specificationOf(name);
  const options: Options = { ...GLOBAL_OPTIONS, ...specification.options };
  const values: Record<string, string | string[] | boolean> = {};
  const operands: string[] = [];
  for (const token of tokensOf(args, options)) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (option === undefined) throw unknownOption(name, token.rawName, options);
    if (option.value === undefined) {
      if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`);
      values[token.name] = true;
      continue;
    }
    const value = requiredValue(token);
    const before = values[token.name];
    if (option.repeatable === true) values[token.name] = [...(Array.isArray(before) ? before : []), value];
    else if (before === undefined) values[token.name] = value;
    else throw new UsageError(`${token.rawName} is given twice`);
  }
  if (values.version === true) return { kind: 'version' };
  if (values.help === true) return { kind: 'help', words };
  assertComplete(name, specification, values, operands);
  const { 'env-file': envFile, ...others } = values;
  const invocation = { values: others, operands } as Invocation<CommandName>;
  return { kind: 'run', name, invocation, envFile: typeof envFile === 'string' ? envFile : undefined };
}

function tokensOf(args: readonly string[], options: Options) {
  const config: ParseArgsOptionsConfig = Object.fromEntries(
    Object.entries(options).map(([name, { value, short }]) => [
      name,
      { type: value === undefined ? 'boolean' : 'string', ...(short !== undefined && { short }) },
    ]),
  );
  return parseArgs({ args: [...args], options: config, strict: false, allowPositionals: true, tokens: true })
    .tokens;
}

interface OptionToken {
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function requiredValue({ rawName, value, inlineValue }: OptionToken): string {
  const isNext = value !== undefined && inlineValue === false && /^-./.test(value);
  if (value !== undefined && !isNext) return value;
  const hint = isNext ? `; one that begins with "-" is given as ${rawName}=${value}` : '';
  throw new UsageError(`${rawName} needs a value${hint}`);
}

function unknownOption(name: CommandName, rawName: string, options: Options): UsageError {
  const known = Object.keys(options).map((option) => `--${option}`);
  return new UsageError(
    `${rawName} is not an option of ${name}${suggestion(rawName, known) ?? '.'} See "linguanova help ${name}".`,
  );
}

function assertComplete(
  name: CommandName,
  { operands = [], options = {} }: Specification,
  values: Readonly<Record<string, unknown>>,
  given: readonly string[],
): void {
  const see = `See "linguanova help ${name}".`;
  const missing = operands[given.length];
  if (missing !== undefined && missing.optional !== true)
    throw new UsageError(`${name} needs ${missing.text}. ${see}`);
  const surplus = given.slice(operands.length);
  if (surplus.length > 0 && operands.at(-1)?.repeatable !== true)
    throw new UsageError(
      `${name} takes ${operands.length === 0 ? 'no operand' : `one ${operands[0]?.name}`}, not also ${surplus.join(' ')}. ${see}`,
    );
  for (const [option, { required }] of Object.entries(options))
    if (required === true && values[option] === undefined)
      throw new UsageError(`--${option} is required. ${see}`);
}
