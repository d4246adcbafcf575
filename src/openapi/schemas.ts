import * as z from 'zod';
import { credentialsForms } from '../access/key-schemas.ts';
import type { ResponseBody } from '../http/route.ts';

/** A JSON Schema of draft 2020-12. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** What stands under its own name in `components`. */
export class Schemas {
  readonly #named: Record<string, JsonSchema> = {};

  get named(): Readonly<Record<string, JsonSchema>> {
    return this.#named;
  }

  /** What clients may send. */
  input(schema: z.ZodType): JsonSchema {
    return this.#convert(schema, 'input');
  }

  /** What they are told. Fields may come, so an object is not closed. */
  output(answer: ResponseBody): JsonSchema {
    if ('list' in answer) return { type: 'array', items: this.output(answer.list) };
    if ('page' in answer) return page(this.output(answer.page));
    return this.#convert(answer, 'output');
  }

  #convert(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const {
      $schema: _,
      $defs = {},
      ...converted
    } = z.toJSONSchema(schema, {
      io,
      // What zod can do and JSON Schema cannot is said in words.
      unrepresentable: 'any',
      override: ({ jsonSchema }) => simplify(jsonSchema, io),
    });
    for (const [name, named] of Object.entries($defs)) this.#register(name, referenced(named));
    return referenced(converted);
  }

  #register(name: string, schema: JsonSchema): void {
    const known = this.#named[name];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
      throw new Error(`two different schemas are called ${name}`);
    }
    this.#named[name] = schema;
    if (name !== 'Credentials') this.#addForms(schema);
  }

  /** What the server looks at in two steps is told in one. */
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
  // A format or a type says the same as zod's pattern for it, and can be read.
  if (schema.format !== undefined || schema.type === 'integer') delete schema.pattern;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (io === 'output' && schema.additionalProperties === false) delete schema.additionalProperties;
}

/** With references that lead into `components`. */
function referenced(schema: object): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));
}
