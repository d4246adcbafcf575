/** The arguments of the tools, and the request of the API that they stand for. */

import * as z from 'zod';
import { ComputeError } from '../compute/errors.ts';
import { decode } from '../http/decode.ts';
import { regionPath } from '../http/region-path.ts';
import type { Operation, Verb } from './operations.ts';

/** Items of a list; more of them fill an assistant's context. */
const DEFAULT_ITEMS = 20;
const MAX_ITEMS = 100;

export interface ApiRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly body?: string;
  readonly idempotencyKey?: string;
}

/** Half of a surrogate pair has no UTF-8, so that no URL can have it. */
const urlText = z.string().refine((text) => text.isWellFormed(), 'must have no half of a surrogate pair');
/** A URL parser takes the segments `.` and `..` out of a path, and an empty one makes it that of the list. */
const segment = urlText
  .min(1)
  .max(255)
  .refine((text) => text !== '.' && text !== '..', 'must be an id or name');
const region = segment.optional().describe('One of `list` of kind `regions`; by default the default region.');
const scalar = z.union([urlText, z.number(), z.boolean()]);

/** Of one tool. What fields and filters a kind takes is decided by its route. */
export function argumentsSchema(verb: Verb, operations: readonly Operation[]) {
  const kinds = operations.map(({ kind }) => kind);
  const names = [...new Set(operations.flatMap(({ parameters }) => parameters))];
  return z.strictObject({
    kind: z.enum(kinds),
    ...Object.fromEntries(names.map((name) => [name, segment.optional()])),
    ...(operations.some(({ filters }) => filters.length > 0) && {
      filters: z.record(urlText, z.union([scalar, z.array(scalar)])).optional(),
    }),
    ...(verb === 'list' && {
      limit: z.int().min(1).max(MAX_ITEMS).default(DEFAULT_ITEMS),
      cursor: urlText.max(1000).optional().describe('next_cursor of the previous page.'),
    }),
    ...(operations.some(({ route }) => route.body) && {
      fields: z.record(z.string(), z.unknown()).optional(),
    }),
    ...((verb === 'create' || verb === 'act') && {
      idempotency_key: z
        .string()
        .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters without spaces')
        .optional()
        .describe('Calls with the same key and arguments are executed once: send it again with a retry.'),
    }),
    region,
  });
}

interface Arguments {
  readonly kind: string;
  readonly filters?: Readonly<Record<string, unknown>>;
  readonly limit?: number;
  readonly cursor?: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly idempotency_key?: string;
  readonly region?: string;
  readonly [parameter: string]: unknown;
}

/** @throws ComputeError `invalid`, naming every argument that is wrong. */
export function readArguments(
  schema: z.ZodType,
  operations: readonly Operation[],
  given: unknown,
): { readonly operation: Operation; readonly request: ApiRequest } {
  const values = decode(schema, given) as Arguments;
  const operation = operations.find(({ kind }) => kind === values.kind);
  if (operation === undefined) throw new ComputeError('internal', `no operation on ${values.kind}`);
  assertForKind(operation, operations, values);
  return { operation, request: requestOf(operation, values) };
}

function assertForKind(operation: Operation, operations: readonly Operation[], values: Arguments): void {
  const { kind, parameters, filters, route } = operation;
  const foreign = new Set(operations.flatMap((one) => one.parameters));
  for (const name of parameters) foreign.delete(name);
  if (route.body === undefined) foreign.add('fields');
  if (filters.length === 0) foreign.add('filters');
  const problems = [
    ...parameters
      .filter((name) => values[name] === undefined)
      .map((name) => [name, 'is required with'] as const),
    ...[...foreign]
      .filter((name) => values[name] !== undefined)
      .map((name) => [name, 'is not taken with'] as const),
  ].map(([field, problem]) => ({ field, message: `${problem} the kind ${kind}` }));
  const [first] = problems;
  if (first === undefined) return;
  throw new ComputeError('invalid', `${first.field}: ${first.message}`, { details: problems });
}

function requestOf({ verb, route }: Operation, values: Arguments): ApiRequest {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(values[name])),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values.filters ?? {}))
    for (const one of [value].flat()) query.append(name, String(one));
  if (verb === 'list') {
    query.append('limit', String(values.limit));
    if (values.cursor !== undefined) query.append(cursorOf(route), values.cursor);
  }
  const region = values.region === undefined ? '' : regionPath(values.region);
  return {
    method: route.method,
    target: `${region}${path}${query.size > 0 ? `?${query}` : ''}`,
    ...(route.body && { body: JSON.stringify(values.fields ?? {}) }),
    ...(values.idempotency_key !== undefined && { idempotencyKey: values.idempotency_key }),
  };
}

/** A bare array is continued after its last item. */
function cursorOf({ response }: Operation['route']): string {
  return response !== undefined && 'list' in response ? 'marker' : 'cursor';
}
