import * as z from 'zod';

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  record: 'an object',
  never: 'left out',
};

/**
 * What a client is to change, for the problems whose schema has no words of its own. Reads on after the field's name:
 * `flavor_id: is required`.
 */
export function problemMessage(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? 'is required'
        : `must be ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
      return issue.format === 'guid' ? 'must be a UUID' : 'is malformed';
    case 'too_small':
      if (isNumeric(issue.origin)) return `must be at least ${issue.minimum}`;
      return issue.minimum === 1
        ? 'must not be empty'
        : `must have at least ${issue.minimum} ${unit(issue.origin)}`;
    case 'too_big':
      return isNumeric(issue.origin)
        ? `must be at most ${issue.maximum}`
        : `must have at most ${issue.maximum} ${unit(issue.origin)}`;
    case 'unrecognized_keys':
      return `is unknown; ${allowedNames(issue.inst)}`;
    default:
      return 'is invalid';
  }
}

function isNumeric(origin: string): boolean {
  return origin === 'number' || origin === 'int';
}

function unit(origin: string): string {
  return origin === 'string' ? 'characters' : 'items';
}

function allowedNames(schema: unknown): string {
  const names = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return names.length === 0 ? 'leave it out' : `allowed: ${names.join(', ')}`;
}
