import {
  COMMAND_NAMES,
  type CommandName,
  GLOBAL_OPTIONS,
  type Operand,
  type Option,
  specificationOf,
} from './specification.ts';

const WIDTH = 100;
const INDENT = '  ';

/** @param words A command, a group such as `keys`, or nothing. */
export function helpFor(words: string): string | null {
  if (words === '') return overview();
  const name = COMMAND_NAMES.find((one) => one === words);
  if (name !== undefined) return commandHelp(name);
  const group = COMMAND_NAMES.filter((one) => one.startsWith(`${words} `));
  return group.length === 0 ? null : listed(group);
}

function overview(): string {
  return `Usage: linguanova [serve] [OPTION]...
       linguanova COMMAND [OPTION]...

${listed(COMMAND_NAMES)}

Options of every command:
${optionLines(GLOBAL_OPTIONS)}`;
}

function listed(names: readonly CommandName[]): string {
  const lines = columns(names.map((name) => [name, specificationOf(name).summary]));
  return `Commands:\n${lines}\n\nlinguanova help COMMAND shows the options of a command.`;
}

function commandHelp(name: CommandName): string {
  const { summary, details, operands = [], options = {} } = specificationOf(name);
  const described = operands.map((operand) => [operand.name, operand.text] as const);
  const paragraphs = [
    `Usage: ${synopsis(name)}`,
    wrapped(`${sentence(summary)}${details === undefined ? '' : ` ${details}`}`, ''),
    ...(described.length === 0 ? [] : [columns(described)]),
    `Options:\n${optionLines({ ...options, ...GLOBAL_OPTIONS })}`,
  ];
  return paragraphs.join('\n\n');
}

export function synopsis(name: CommandName): string {
  const { operands = [], options = {} } = specificationOf(name);
  const required = Object.entries(options).filter(([, option]) => option.required === true);
  const isOptional = Object.keys(options).length > required.length;
  return [
    'linguanova',
    name,
    ...operands.map(operandText),
    ...required.map(([option, { value }]) => `--${option} ${value}`),
    ...(isOptional ? ['[OPTION]...'] : []),
  ].join(' ');
}

function operandText({ name, optional, repeatable }: Operand): string {
  const text = repeatable === true ? `${name}...` : name;
  return optional === true ? `[${text}]` : text;
}

/** As it is written: `--cidr NETWORK...`, `-h, --help`. */
export function optionText(name: string, { value, repeatable, short }: Option): string {
  const text = `${short === undefined ? '' : `-${short}, `}--${name}`;
  return value === undefined ? text : `${text} ${value}${repeatable === true ? '...' : ''}`;
}

function optionLines(options: Readonly<Record<string, Option>>): string {
  return columns(Object.entries(options).map(([name, option]) => [optionText(name, option), option.text]));
}

export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function columns(rows: readonly (readonly [left: string, right: string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  const margin = ' '.repeat(INDENT.length + width + INDENT.length);
  return rows
    .map(([left, right]) => `${INDENT}${left.padEnd(width)}${INDENT}${wrapped(right, margin)}`)
    .join('\n');
}

/** In lines of at most `width`; those after the first begin with `margin`. */
export function wrapped(text: string, margin: string, width = WIDTH): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || margin.length + last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join(`\n${margin}`);
}
