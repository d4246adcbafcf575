/** The tools as a client lists them, with the schemas of the routes that they stand for. */

import * as z from 'zod';
import { LruMap } from '../lru-map.ts';
import { portable } from '../openapi/portable.ts';
import { type JsonSchema, Schemas } from '../openapi/schemas.ts';
import { hasScope, type Scope } from '../scopes.ts';
import { argumentsSchema } from './arguments.ts';
import { OPERATIONS, type Operation, PAGING, VERBS, type Verb } from './operations.ts';

export interface ToolDefinition {
  readonly name: Verb;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: JsonSchema & { readonly type: 'object' };
  readonly outputSchema: JsonSchema & { readonly type: 'object' };
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: boolean;
  };
}

/** What a call returns whose response has no body. */
export const DONE = { done: true };
const doneSchema = z.object({ done: z.literal(true) });

const READS = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };
const WRITES = { ...READS, readOnlyHint: false };

const TOOLS: Readonly<Record<Verb, Pick<ToolDefinition, 'title' | 'description' | 'annotations'>>> = {
  list: {
    title: 'List resources',
    description:
      'Lists the resources of a kind, a page at a time: next_cursor is the cursor of the next call.',
    annotations: READS,
  },
  show: {
    title: 'Show a resource',
    description: 'Shows one resource with all its fields.',
    annotations: READS,
  },
  create: {
    title: 'Create a resource',
    description: 'Creates a resource from fields, or attaches one to an instance.',
    annotations: { ...WRITES, idempotentHint: false },
  },
  change: {
    title: 'Change a resource',
    description: 'Overwrites the given fields of a resource.',
    annotations: { ...WRITES, destructiveHint: true },
  },
  act: {
    title: 'Act on a resource',
    description: 'Runs an action, such as start, stop, reboot or resize, on an instance or a volume.',
    annotations: { ...WRITES, destructiveHint: true, idempotentHint: false },
  },
  delete: {
    title: 'Delete a resource',
    description: 'Deletes a resource for good, or detaches it from an instance.',
    annotations: { ...WRITES, destructiveHint: true },
  },
};

/** Keys have few different sets of scopes. */
const listed = new LruMap<readonly ToolDefinition[]>({ max: 50 });

/** Those that a key with these scopes can use, with the kinds that it can use them on. */
export function toolsFor(scopes: readonly Scope[]): readonly ToolDefinition[] {
  const name = scopes.join(' ');
  const known = listed.get(name);
  if (known !== undefined) return known;
  const usable = OPERATIONS.filter(({ route: { scope } }) => scope === undefined || hasScope(scopes, scope));
  const tools = VERBS.flatMap((verb) => {
    const operations = usable.filter((operation) => operation.verb === verb);
    return operations.length === 0 ? [] : [definitionOf(verb, operations)];
  });
  listed.set(name, tools);
  return tools;
}

function definitionOf(verb: Verb, operations: readonly Operation[]): ToolDefinition {
  const { title, description, annotations } = TOOLS[verb];
  const kinds = operations.map(({ kind, parameters, summary }) => {
    const named = parameters.length === 0 ? '' : ` (${parameters.join(', ')})`;
    return `- ${kind}${named}: ${summary}`;
  });
  return {
    name: verb,
    title,
    description: [description, 'Kinds:', ...kinds].join('\n'),
    inputSchema: inputSchema(verb, operations),
    outputSchema: outputSchema(verb, operations),
    annotations,
  };
}

function inputSchema(verb: Verb, operations: readonly Operation[]): ToolDefinition['inputSchema'] {
  const schemas = new Schemas();
  const { properties, ...schema } = schemas.input(argumentsSchema(verb, operations)) as {
    readonly properties: Readonly<Record<string, JsonSchema>>;
  };
  const fields = operations.flatMap(({ kind, route: { body } }) =>
    body === undefined ? [] : [{ ...schemas.input(body), description: `With the kind ${kind}.` }],
  );
  const filters = operations.flatMap((operation) => filterSchema(operation, schemas));
  return standalone(
    {
      ...schema,
      properties: {
        ...properties,
        ...(fields.length > 0 && { fields: { anyOf: fields } }),
        ...(filters.length > 0 && { filters: { anyOf: filters } }),
      },
    },
    schemas,
  );
}

function filterSchema({ kind, filters, route: { query } }: Operation, schemas: Schemas): JsonSchema[] {
  if (query === undefined || filters.length === 0) return [];
  const { properties, ...schema } = schemas.input(query) as { readonly properties: object };
  const own = Object.entries(properties).filter(([name]) => !PAGING.includes(name));
  return [{ ...schema, properties: Object.fromEntries(own), description: `With the kind ${kind}.` }];
}

function outputSchema(verb: Verb, operations: readonly Operation[]): ToolDefinition['outputSchema'] {
  const schemas = new Schemas();
  const shapes = operations.map(({ route: { response = doneSchema } }) => {
    if ('list' in response) return schemas.output(response.list);
    return schemas.output('page' in response ? response.page : response);
  });
  const distinct = [...new Map(shapes.map((shape) => [JSON.stringify(shape), shape])).values()];
  if (verb !== 'list') return standalone({ anyOf: distinct }, schemas);
  const properties = {
    items: { type: 'array', items: { anyOf: distinct } },
    next_cursor: { type: ['string', 'null'], description: 'null after the last page.' },
  };
  return standalone({ properties, required: Object.keys(properties) }, schemas);
}

/**
 * With the named schemas in the document itself, and without regular expressions: what writes arguments reads descriptions, and
 * several interfaces of models refuse them. The route still checks.
 */
function standalone(schema: object, { named }: Schemas): JsonSchema & { type: 'object' } {
  const whole = { type: 'object', ...schema, ...(Object.keys(named).length > 0 && { $defs: named }) };
  const text = JSON.stringify(portable(whole), (name, value) => (isPattern(name, value) ? undefined : value));
  return JSON.parse(text.replaceAll('"#/components/schemas/', '"#/$defs/'));
}

function isPattern(name: string, value: unknown): boolean {
  if (name === 'allOf' && Array.isArray(value))
    return value.every((one: object) => Object.keys(one).every((keyword) => keyword === 'pattern'));
  return name === 'pattern';
}
