import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { openApi } from '../../src/openapi/document.ts';

// biome-ignore lint/suspicious/noExplicitAny: the document has any shape
type Json = any;

/** The contract as served. */
export const DOCUMENT: Json = JSON.parse(JSON.stringify(openApi('0.0.0')));

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operation: Json;
}

export const OPERATIONS: readonly Operation[] = Object.entries<Json>(DOCUMENT.paths).flatMap(([path, item]) =>
  Object.entries<Json>(item).map(([method, operation]) => ({
    method: method.toUpperCase(),
    path,
    operation,
  })),
);

/** Resolves a reference. */
export function resolved(value: Json): Json {
  if (typeof value?.$ref !== 'string') return value;
  const found = value.$ref
    .slice(2)
    .split('/')
    .reduce((at: Json, key: string) => at?.[key], DOCUMENT);
  if (found === undefined) throw new Error(`${value.$ref} leads nowhere`);
  return resolved(found);
}

/** The operation of a request. */
export function operationOf(method: string, path: string): Operation {
  const found = OPERATIONS.filter((one) => {
    const pattern = one.path.replaceAll(/\{\w+\}/g, '[^/]+');
    return one.method === method && new RegExp(`^${pattern}$`).test(path);
  });
  // Of all matches, the one with the fewest parameters.
  const [best] = found.toSorted((a, b) => a.path.split('{').length - b.path.split('{').length);
  if (best === undefined) throw new Error(`the contract has no ${method} ${path}`);
  return best;
}

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
addFormats.default(ajv);
ajv.addFormat('cidrv4', true);
ajv.addFormat('cidrv6', true);
ajv.addVocabulary(['example', 'components']);

/** The first violation of a schema, or null. */
export function problem(schema: Json, value: unknown): string | null {
  return problemBy(
    validatorOf(schema, validators, (one) => one),
    value,
  );
}

/** Like `problem` with closed objects: a response must not have fields that the contract lacks. */
export function problemOfAnswer(schema: Json, value: unknown): string | null {
  return problemBy(validatorOf(schema, strictValidators, closed), value);
}

/** Compiling takes longer than many validations. */
type Validators = WeakMap<object, ValidateFunction>;
const validators: Validators = new WeakMap();
const strictValidators: Validators = new WeakMap();

function validatorOf(schema: Json, known: Validators, prepared: (whole: Json) => Json): ValidateFunction {
  const validate = known.get(schema) ?? ajv.compile(prepared({ ...schema, components: DOCUMENT.components }));
  known.set(schema, validate);
  return validate;
}

function problemBy(validate: ValidateFunction, value: unknown): string | null {
  return validate(value) ? null : ajv.errorsText(validate.errors);
}

function closed(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return schema.type === 'object' && schema.properties && schema.additionalProperties === undefined
    ? { ...inner, additionalProperties: false }
    : inner;
}
