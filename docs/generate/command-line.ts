import { optionText, sentence, synopsis, wrapped } from '../../adapters/node/commands/help.ts';
import {
  COMMAND_NAMES,
  type CommandName,
  GLOBAL_OPTIONS,
  type Option,
  specificationOf,
} from '../../adapters/node/commands/specification.ts';
import { NOTICE, table, ticks } from './markdown.ts';

/** `docs/command-line.md`: every command with its options. */
export function commandLine(): string {
  return `${[
    NOTICE,
    '# Command line',
    paragraph(
      'In a checkout `npm run -s linguanova -- COMMAND` stands for `linguanova COMMAND`. Commands for keys work on the database itself, whether or not a gateway runs. `linguanova help COMMAND` prints what this page has.',
    ),
    table(
      ['command', ''],
      COMMAND_NAMES.map((name) => [
        `[${ticks(name)}](#${name.replaceAll(' ', '-')})`,
        specificationOf(name).summary,
      ]),
    ),
    'Options of every command:',
    options(GLOBAL_OPTIONS),
    paragraph(
      'The exit status is 0, 1 for a failure, and 2 if there is no such command. Errors are on standard error and name the option or the variable to change.',
    ),
    ...COMMAND_NAMES.flatMap(section),
  ].join('\n\n')}\n`;
}

function section(name: CommandName): string[] {
  const { summary, details, operands = [], options: own = {} } = specificationOf(name);
  const named = operands.map((operand) => `${ticks(operand.name)}: ${operand.text}.`);
  return [
    `## ${name}`,
    `\`\`\`text\n${synopsis(name)}\n\`\`\``,
    paragraph([sentence(summary), ...(details === undefined ? [] : [details]), ...named].join(' ')),
    ...(Object.keys(own).length === 0 ? [] : [options(own)]),
  ];
}

const WIDTH = 128;

function paragraph(text: string): string {
  return wrapped(text, '', WIDTH);
}

function options(given: Readonly<Record<string, Option>>): string {
  return table(
    ['option', ''],
    Object.entries(given).map(([name, option]) => [ticks(optionText(name, option)), option.text]),
  );
}
