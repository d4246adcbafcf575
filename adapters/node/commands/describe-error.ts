import { ComputeError } from '../../../src/compute/errors.ts';
import { ConfigError } from '../../../src/config/config-error.ts';
import type { Option } from './specification.ts';
import { UsageError } from './usage-error.ts';

type Options = Readonly<Record<string, Option>>;

/** What the command line prints: the problem for an operational error, in terms of `options`; a stack for a defect. */
export function describeError(error: unknown, options: Options): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ComputeError && error.details.length > 0) {
    return listed(
      error.details.map(({ field, message }) => `${flagOf(field, options)}: ${inFlags(message, options)}`),
    );
  }
  if (error instanceof ConfigError)
    return listed(
      error.problems.map(({ variable, problem }) => `${flagOfVariable(variable, options)} ${problem}`),
    );
  const isOperational = [UsageError, ComputeError, TypeError].some((kind) => error instanceof kind);
  return isOperational || 'code' in error ? error.message : (error.stack ?? error.message);
}

function listed(problems: readonly string[]): string {
  const [first = ''] = problems;
  return problems.length < 2
    ? first
    : `${problems.length} problems:\n${problems.map((one) => `  ${one}`).join('\n')}`;
}

/** By field of the API: `allowed_cidrs.0` is `--cidr`. */
function flagOf(field: string, options: Options): string {
  const owner = fieldsOf(options).find(([name]) => field === name || field.startsWith(`${name}.`));
  return owner === undefined ? field : owner[1];
}

function flagOfVariable(variable: string, options: Options): string {
  const name = Object.keys(options).find((option) => options[option]?.variable === variable);
  return name === undefined ? variable : `--${name}`;
}

/** A message may name other fields of the API; those of one word may be prose. */
function inFlags(message: string, options: Options): string {
  const named = fieldsOf(options).filter(([field]) => field.includes('_'));
  return named.reduce(
    (text, [field, flag]) => text.replaceAll(new RegExp(`\\b${field}\\b`, 'g'), flag),
    message,
  );
}

/** `application_credential.id` also stands for its object. */
function fieldsOf(options: Options): (readonly [field: string, flag: string])[] {
  const given = Object.entries(options).map(
    ([name, { field = name.replaceAll('-', '_') }]) => [field, `--${name}`] as const,
  );
  const objects = given.flatMap(([field, flag]) => {
    const [object = '', property] = field.split('.');
    return property === undefined ? [] : [[object, flag] as const];
  });
  return [...given, ...objects];
}
