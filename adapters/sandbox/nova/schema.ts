/**
 * @module The part of JSON Schema that Nova's request schemas use, with jsonschema's messages in Nova's wording. Hand-written
 * because clients (and our own error table) see these sentences.
 */

import { isFields, isUuid } from '../http.ts';
import { parseAddress } from '../neutron/ipv4.ts';
import { repr, str } from '../python.ts';
import { badRequest } from './faults.ts';

type Type = 'object' | 'array' | 'string' | 'integer' | 'boolean' | 'null';

/** A schema; keywords are checked in the order they stand in `check` below. */
export interface Schema {
  type?: Type | readonly Type[];
  anyOf?: readonly Schema[];
  enum?: readonly unknown[];
  minimum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: 'uuid' | 'base64' | 'ipv4' | 'name';
  items?: Schema;
  maxItems?: number;
  properties?: Record<string, Schema>;
  /** Every property must match this pattern and schema. */
  each?: { pattern: string; schema: Schema };
  maxProperties?: number;
  /** Whether properties beyond `properties` are refused. */
  closed?: boolean;
  required?: readonly string[];
}

interface Problem {
  path: string[];
  value: unknown;
  message: string;
  /** The whole sentence, for the checks whose message Nova does not wrap. */
  sentence?: string;
}

/** Nova's message about names with blanks around them. */
export const BAD_NAME =
  "An invalid 'name' value was provided. The name must be: printable characters. Can not start or end with whitespace.";

/** Checks a body. @throws Fault 400 with the first problem, worded as Nova does. */
export function validate(schema: Schema, body: unknown): void {
  const problem = check(schema, body, []);
  if (!problem) return;
  if (problem.sentence) throw badRequest(problem.sentence);
  const field = problem.path.at(-1);
  if (field === undefined) throw badRequest(problem.message);
  throw badRequest(
    `Invalid input for field/attribute ${field}. Value: ${str(problem.value)}. ${problem.message}`,
  );
}

function check(schema: Schema, value: unknown, path: string[]): Problem | undefined {
  const problem = (message: string): Problem => ({ path, value, message });
  if (schema.type && ![schema.type].flat().some((type) => isType(value, type))) {
    const types = [schema.type].flat().map((type) => `'${type}'`);
    return problem(`${repr(value)} is not of type ${types.join(', ')}`);
  }
  if (schema.anyOf?.every((option) => check(option, value, path))) {
    return problem(`${repr(value)} is not valid under any of the given schemas`);
  }
  if (schema.enum && !schema.enum.includes(value)) {
    return problem(`${repr(value)} is not one of ${repr(schema.enum)}`);
  }
  if (typeof value === 'string') return checkText(schema, value, path);
  if (typeof value === 'number' && schema.minimum !== undefined && value < schema.minimum) {
    return problem(`${value} is less than the minimum of ${schema.minimum}`);
  }
  if (Array.isArray(value)) {
    if (schema.maxItems !== undefined && value.length > schema.maxItems)
      return problem(`${repr(value)} is too long`);
    return first(
      value.map((item, index) => schema.items && check(schema.items, item, [...path, String(index)])),
    );
  }
  return isFields(value) ? checkObject(schema, value, path) : undefined;
}

function checkText(schema: Schema, value: string, path: string[]): Problem | undefined {
  const problem = (message: string): Problem => ({ path, value, message });
  if (schema.minLength !== undefined && value.length < schema.minLength)
    return problem(`${repr(value)} is too short`);
  if (schema.maxLength !== undefined && value.length > schema.maxLength)
    return problem(`${repr(value)} is too long`);
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)) {
    return problem(`${repr(value)} does not match '${schema.pattern}'`);
  }
  if (schema.minimum !== undefined && Number(value) < schema.minimum) {
    return problem(`${value} is less than the minimum of ${schema.minimum}`);
  }
  if (schema.format === 'name' && !isName(value)) return { ...problem(''), sentence: BAD_NAME };
  const bad =
    (schema.format === 'uuid' && !isUuid(value)) ||
    (schema.format === 'base64' && !isLaxBase64(value)) ||
    (schema.format === 'ipv4' && parseAddress(value) === undefined);
  return bad ? problem(`${repr(value)} is not a '${schema.format}'`) : undefined;
}

function checkObject(schema: Schema, value: Record<string, unknown>, path: string[]): Problem | undefined {
  const problem = (message: string): Problem => ({ path, value, message });
  const { properties = {}, each } = schema;
  const inner = Object.entries(properties)
    .filter(([name]) => value[name] !== undefined)
    .map(([name, property]) => check(property, value[name], [...path, name]));
  const found = first(inner);
  if (found) return found;
  if (each) {
    const strange = Object.keys(value).find((key) => !new RegExp(each.pattern).test(key));
    if (strange !== undefined)
      return problem(`${repr(strange)} does not match any of the regexes: '${each.pattern}'`);
    const bad = first(Object.entries(value).map(([key, item]) => check(each.schema, item, [...path, key])));
    if (bad) return bad;
  }
  const missing = schema.required?.find((name) => value[name] === undefined);
  if (missing !== undefined) return problem(`${repr(missing)} is a required property`);
  const extra = Object.keys(value).filter((key) => !(key in properties));
  if (schema.closed && extra.length > 0) {
    const verb = extra.length === 1 ? 'was' : 'were';
    return problem(
      `Additional properties are not allowed (${extra.map(repr).join(', ')} ${verb} unexpected)`,
    );
  }
  if (schema.maxProperties !== undefined && Object.keys(value).length > schema.maxProperties) {
    return problem(`${repr(value)} has too many properties`);
  }
  return undefined;
}

function first(problems: (Problem | undefined)[]): Problem | undefined {
  return problems.find((problem) => problem !== undefined);
}

function isType(value: unknown, type: Type): boolean {
  if (type === 'object') return isFields(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'null') return value === null;
  return typeof value === type;
}

/** A name is printable and has no blank at either end. */
export function isName(text: string): boolean {
  return text.trim() === text && text !== '' && !/\p{Cc}/u.test(text);
}

/** Python's lenient decoder: foreign characters are dropped, what is left must be whole groups of four. */
function isLaxBase64(text: string): boolean {
  const alphabet = text.replaceAll(/[^A-Za-z0-9+/=]/g, '');
  return alphabet.length % 4 === 0;
}
