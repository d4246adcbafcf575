/** A JSON Schema, as zod writes it, as a TypeScript type. */

import type { JsonSchema } from '../src/openapi/schemas.ts';

export interface Style {
  /** The namespace of named schemas. */
  readonly namespace: string;
  /** What is sent may be read-only. */
  readonly array: 'readonly ' | '';
}

/** @throws Error for a keyword that it cannot express. */
export function typeOf(schema: JsonSchema, style: Style): string {
  const inner = (one: unknown) => typeOf(one as JsonSchema, style);
  const { $ref, type, enum: values, anyOf, oneOf, allOf } = schema;
  if (typeof $ref === 'string') return `${style.namespace}.${$ref.split('/').at(-1)}`;
  if ('const' in schema) return JSON.stringify(schema.const);
  if (JSON.stringify(schema.not) === '{}') return 'never';
  if (Array.isArray(values)) return union(values.map((value) => JSON.stringify(value)));
  const forms = anyOf ?? oneOf;
  if (Array.isArray(forms)) return union(forms.map(inner));
  if (Array.isArray(type)) return union(type.map((one) => inner({ ...schema, type: one })));
  if (type === 'array') return `${style.array}${bracketed(inner(schema.items))}[]`;
  if (type === 'object') return objectType(schema, style);
  if (type === 'integer') return 'number';
  if (['string', 'number', 'boolean', 'null'].includes(String(type))) return String(type);
  if (Array.isArray(allOf)) return allOf.map((one) => bracketed(inner(one))).join(' & ');
  throw new Error(`no type for the schema ${JSON.stringify(schema)}`);
}

export function declarationOf(name: string, schema: JsonSchema, style: Style): string {
  const type = typeOf(schema, style);
  const declaration =
    schema.type === 'object' && type.startsWith('{')
      ? `interface ${name} ${type}`
      : `type ${name} = ${type};`;
  return comment(schema.description) + declaration;
}

export function comment(text: unknown): string {
  return typeof text === 'string' ? `/** ${text.replaceAll('*/', '*\\/')} */\n` : '';
}

function objectType(schema: JsonSchema, style: Style): string {
  const {
    properties = {},
    required = [],
    additionalProperties,
  } = schema as {
    properties?: Readonly<Record<string, JsonSchema>>;
    required?: readonly string[];
    additionalProperties?: JsonSchema | boolean;
  };
  const types: string[] = [];
  const fields = Object.entries(properties).map(([name, property]) => {
    const type = typeOf(property, style);
    const isRequired = required.includes(name);
    types.push(type, ...(isRequired ? [] : ['undefined']));
    return `${comment(property.description)}${fieldName(name)}${isRequired ? `: ${type}` : `?: ${type} | undefined`};`;
  });
  if (typeof additionalProperties === 'object') {
    // An index signature has to admit the known fields too.
    fields.push(`[name: string]: ${union([typeOf(additionalProperties, style), ...types])};`);
  }
  return fields.length === 0 ? 'Record<string, never>' : `{ ${fields.join('\n')} }`;
}

function fieldName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ');
}

/** As the element of an array, or a part of an intersection. */
function bracketed(type: string): string {
  return /^[\w.]+$/.test(type) ? type : `(${type})`;
}
