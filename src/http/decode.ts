import type { Context } from 'hono';
import type * as z from 'zod';
import { ComputeError, type FieldError } from '../compute/errors.ts';
import { readJsonObject } from './body.ts';
import { problemMessage } from './problem-message.ts';

/** Bounds the response to a body with many unknown fields. */
const MAX_PROBLEMS = 50;
const MAX_FIELD_LENGTH = 255;
const MAX_PARAMETERS = 200;

/** @throws ComputeError `invalid` with every problem at once, each under its dotted path. */
export function decode<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value, { error: problemMessage });
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap(problemsOf).slice(0, MAX_PROBLEMS);
  throw new ComputeError('invalid', summary(problems), { details: problems });
}

export async function decodeBody<S extends z.ZodType>(
  c: Context,
  schema: S,
  maxBytes?: number,
): Promise<z.output<S>> {
  return decode(schema, await readJsonObject(c, maxBytes));
}

export function decodeQuery<S extends z.ZodType>(c: Context, schema: S): z.output<S> {
  return decodeParameters(new URL(c.req.url).searchParams, schema);
}

/** @param repeatable Parameters that may be given more than once; they reach the schema as lists. */
export function decodeParameters<S extends z.ZodType>(
  parameters: URLSearchParams,
  schema: S,
  repeatable: readonly string[] = [],
): z.output<S> {
  if (parameters.size > MAX_PARAMETERS) {
    throw new ComputeError('invalid', `The query has more than ${MAX_PARAMETERS} parameters.`);
  }
  const names = new Set(parameters.keys());
  const repeated = [...names].filter((n) => !repeatable.includes(n) && parameters.getAll(n).length > 1);
  if (repeated.length > 0) {
    const problems = repeated.map((field) => ({
      field: truncated(field),
      message: 'may be given only once',
    }));
    throw new ComputeError('invalid', summary(problems), { details: problems.slice(0, MAX_PROBLEMS) });
  }
  const value = [...names].map((n) => [n, repeatable.includes(n) ? parameters.getAll(n) : parameters.get(n)]);
  return decode(schema, Object.fromEntries(value));
}

function problemsOf(issue: z.core.$ZodIssue): FieldError[] {
  // A list among the options of a union: the items name their own problems.
  const [items, ...others] = issue.code === 'invalid_union' ? issue.errors.filter(isAboutItems) : [];
  if (items !== undefined && others.length === 0)
    return items.flatMap((one) => problemsOf({ ...one, path: [...issue.path, ...one.path] }));
  const paths =
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
  return paths.map((path) => ({ field: truncated(path.join('.')) || 'body', message: issue.message }));
}

function isAboutItems(issues: readonly z.core.$ZodIssue[]): boolean {
  return issues.every(({ path }) => typeof path[0] === 'number');
}

function truncated(field: string): string {
  return field.length > MAX_FIELD_LENGTH ? `${field.slice(0, MAX_FIELD_LENGTH)}...` : field;
}

function summary(problems: readonly FieldError[]): string {
  const [first] = problems;
  const more = problems.length - 1;
  const text = first === undefined ? 'The request is invalid.' : `${first.field}: ${first.message}`;
  return more > 0 ? `${text} (and ${more} more, see details)` : text;
}
