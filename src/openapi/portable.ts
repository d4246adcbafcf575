/**
 * The contract in what generators and validators of other languages understand: index signatures that admit the named fields, and
 * regular expressions of the portable subset (JSON Schema 2020-12 core, section 6.4).
 */
export function portable(contract: object): object {
  return JSON.parse(JSON.stringify(contract), (key, value: unknown) => {
    if (key === 'pattern' && typeof value === 'string') return literal(value);
    return isOpenObject(value) ? withIndexSignature(value) : value;
  });
}

/** Engines write characters by number in different ways; every one takes the character itself. */
function literal(pattern: string): string {
  return pattern.replaceAll(/\\u([0-9a-f]{4})/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

interface OpenObject {
  readonly properties: Readonly<Record<string, object>>;
  readonly additionalProperties: object;
}

function isOpenObject(value: unknown): value is OpenObject {
  if (typeof value !== 'object' || value === null) return false;
  const { properties, additionalProperties } = value as Partial<OpenObject>;
  return typeof properties === 'object' && typeof additionalProperties === 'object';
}

/** Without the fields that exist only to be refused. */
function withIndexSignature({ properties, additionalProperties, ...schema }: OpenObject): object {
  const named = Object.entries(properties).filter(([, field]) => !('not' in field));
  const forms = [additionalProperties, ...named.map(([, field]) => field)].flatMap(formsOf);
  const distinct = new Map(forms.map((form) => [JSON.stringify(form), form]));
  return {
    ...schema,
    properties: Object.fromEntries(named),
    additionalProperties: named.length === 0 ? additionalProperties : { anyOf: [...distinct.values()] },
  };
}

function formsOf(schema: object): object[] {
  return 'anyOf' in schema && Array.isArray(schema.anyOf) ? schema.anyOf.flatMap(formsOf) : [schema];
}
