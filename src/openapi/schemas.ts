import * as z from 'zod';
import { credentialsForms } from '../access/key-schemas.ts';
import type { ResponseBody } from '../http/route.ts';

/** A JSON Schema of draft 2020-12. */
export type JsonSchema = { readonly [keyword: string]: unknown };

export class Schemas {
  readonly #named: Record<string, JsonSchema> = {};

  get named(): Readonly<Record<string, JsonSchema>> {
    return this.#named;
  }

  input(schema: z.ZodType): JsonSchema {
    return this.#convert(schema, 'input');
  }

  /** Objects stay open: fields may be added. */
  output(response: ResponseBody): JsonSchema {
    if ('list' in response) return { type: 'array', items: this.output(response.list) };
    if ('page' in response) return page(this.output(response.page));
    return this.#convert(response, 'output');
  }

  #convert(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const {
      $schema: _,
      $defs = {},
      ...converted
    } = z.toJSONSchema(schema, {
      io,
      // Descriptions state what JSON Schema cannot express.
      unrepresentable: 'any',
      override: ({ jsonSchema }) => simplify(jsonSchema, io),
    });
    for (const [name, named] of Object.entries($defs)) this.#register(name, referenced(named));
    return referenced(converted);
  }

  #register(name: string, schema: JsonSchema): void {
    const existing = this.#named[name];
    if (existing !== undefined && JSON.stringify(existing) !== JSON.stringify(schema)) {
      throw new Error(`two different schemas are named ${name}`);
    }
    this.#named[name] = schema;
    if (name !== 'Credentials') this.#addForms(schema);
  }

  /** Credentials are validated in two steps; the contract has both. */
  #addForms(schema: JsonSchema): void {
    if (JSON.stringify(schema).includes('"#/components/schemas/Credentials"')) this.input(credentialsForms);
  }
}

function page(item: JsonSchema): JsonSchema {
  return {
    type: 'object',
    properties: {
      items: { type: 'array', items: item },
      next_cursor: {
        type: ['string', 'null'],
        description: '`cursor` of the next page; null after the last.',
      },
    },
    required: ['items', 'next_cursor'],
  };
}

function simplify(schema: Record<string, unknown>, io: 'input' | 'output'): void {
  const { standsFor } = schema;
  if (typeof standsFor === 'string') {
    for (const keyword of Object.keys(schema)) delete schema[keyword];
    schema.$ref = `#/$defs/${standsFor}`;
  }
  // Zod's own names: to JSON Schema these say nothing, and the pattern everything.
  if (schema.format === 'cidrv4' || schema.format === 'cidrv6') delete schema.format;
  // Redundant with the format or type.
  if (schema.format !== undefined || schema.type === 'integer') delete schema.pattern;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (io === 'output' && schema.additionalProperties === false) delete schema.additionalProperties;
}

function referenced(schema: object): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));
}
