import { INSTANCE_STATUSES, STATE_OF_TASK, stateOf } from '../../src/compute/states.ts';
import { REDU_ERRORS } from '../../src/dialects/redu/errors.ts';
import { openApi } from '../../src/openapi/document.ts';
import { nameOf, ROUTES } from '../../src/openapi/routes.ts';
import { ERROR_TEXTS, TEXTS } from '../../src/openapi/texts.ts';
import { NOTICE, table, ticks } from './markdown.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly default?: unknown;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly {
    readonly name?: string;
    readonly in?: string;
    readonly description?: string;
    readonly schema: Schema;
  }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** `docs/redu-reference.md`: routes, fields, states and errors, as the contract has them. */
export function reduReference(): string {
  const { paths, components } = openApi('') as unknown as Contract;
  const described = ROUTES.filter(({ path }) => /^\/(v1|cloud|admin)\//.test(path)).flatMap((route) => {
    const operation = paths[route.path]?.[route.method.toLowerCase()];
    return operation === undefined ? [] : [{ route, operation }];
  });
  return `${[
    NOTICE,
    '# redu: reference',
    'Routes, fields, states and errors of the [redu API](redu.md), generated from the contract that `/openapi.json` serves.\nIn a body fields with * are required.',
    '## Routes',
    table(
      ['route', 'scope', 'body', 'response', ''],
      described.map(({ route, operation }) => [
        ticks(nameOf(route)),
        'scope' in route ? ticks(route.scope) : '',
        typeOfContent(operation.requestBody),
        `${route.status} ${typeOfContent(operation.responses[route.status])}`,
        [operation.summary, TEXTS[nameOf(route)].description].filter(Boolean).join('. '),
      ]),
    ),
    '`page of X` is `{items, next_cursor}`. Such a route takes `limit` (1 to 1000) and `cursor` (`next_cursor` of the page before).',
    '## Query parameters',
    ...described.flatMap(({ route, operation }) => parametersOf(nameOf(route), operation)),
    '## Objects',
    ...Object.entries(components.schemas).flatMap(([name, schema]) => describeSchema(name, schema)),
    '## States',
    table(
      ['`status`', '`state`'],
      INSTANCE_STATUSES.map((status) => [ticks(status), ticks(stateOf(status, null))]),
    ),
    'Any other status is `unknown`. Some tasks determine the state until they end:',
    table(
      ['task in flight', '`state`'],
      Object.entries(STATE_OF_TASK).map(([task, state]) => [ticks(task), ticks(state)]),
    ),
    '## Errors',
    table(
      ['status', '`code`', 'when'],
      [...new Map(Object.values(REDU_ERRORS).map((row) => [row.code, row])).values()].map(
        ({ status, code }) => [String(status), ticks(code), ERROR_TEXTS[code][0]],
      ),
    ),
  ].join('\n\n')}\n`;
}

/** A table of the parameters of a route, unless it only has those of every page. */
function parametersOf(name: string, { parameters = [] }: Operation): string[] {
  const query = parameters.filter((parameter) => parameter.in === 'query');
  if (query.every((parameter) => ['limit', 'cursor'].includes(parameter.name ?? ''))) return [];
  const cells = query.map(({ name: parameter = '', description, schema }) => [
    ticks(parameter),
    typeOf(schema),
    description ?? schema.description ?? '',
  ]);
  return [`### \`${name}\``, table(['parameter', 'type', ''], cells)];
}

function typeOfContent(content: Content | undefined): string {
  const schema = Object.values(content?.content ?? {})[0]?.schema;
  return schema === undefined ? '' : typeOf(schema);
}

function describeSchema(name: string, schema: Schema): string[] {
  const heading = `### ${name}`;
  const forms = schema.oneOf ?? schema.anyOf;
  if (schema.properties === undefined && forms === undefined) return [heading, `${typeOf(schema)}.`];
  const shapes = forms ?? [schema];
  return [
    heading,
    ...(schema.description === undefined ? [] : [schema.description]),
    ...shapes.map((shape) => (shape.properties === undefined ? `${typeOf(shape)}.` : fieldsOf(shape))),
  ];
}

/** What clients send is closed; there, required fields are marked. */
function fieldsOf({ properties = {}, required = [], additionalProperties }: Schema): string {
  const isRequired = (field: string) => additionalProperties === false && required.includes(field);
  return table(
    ['field', 'type', ''],
    Object.entries(properties).map(([field, schema]) => [
      `${ticks(field)}${isRequired(field) ? ' *' : ''}`,
      typeOf(schema),
      schema.description ?? (schema.anyOf ?? []).map(({ description = '' }) => description).join(' '),
    ]),
  );
}

/** A schema in one phrase: `string, 1 to 255 characters`; `array of Instance`; `"soft" or "hard"`. */
function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace(/^.*\//, '');
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.const !== undefined) return ticks(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return either(schema.enum.map((value) => ticks(JSON.stringify(value))));
  const forms = schema.anyOf ?? schema.oneOf;
  if (forms !== undefined) return either(forms.map(typeOf));
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? ['any value']);
  return either(types.map((type) => phrase(type, schema)));
}

function phrase(type: string, schema: Schema): string {
  if (type === 'array') {
    const bounds = range(schema.minItems, schema.maxItems, '');
    const items = typeOf(schema.items ?? {});
    return `array of ${bounds === '' ? '' : `${bounds} `}${/[ ,]/.test(items) ? `(${items})` : items}`;
  }
  if (type === 'object') return objectPhrase(schema);
  if (type === 'string') {
    const alternatives = /^\^\(([\w|]+)\)\$$/.exec(withoutCase(schema.pattern ?? ''))?.[1];
    if (alternatives !== undefined) return either(alternatives.split('|').map((text) => ticks(`"${text}"`)));
    if (schema.format !== undefined) return schema.format;
    return ['string', range(schema.minLength, schema.maxLength, ' characters')].filter(Boolean).join(', ');
  }
  return [type, range(schema.minimum, schema.maximum, '')].filter(Boolean).join(', ');
}

/** `[Oo][Nn]` as `on`. */
function withoutCase(pattern: string): string {
  return pattern.replaceAll(/\[[A-Z]([a-z])\]/g, '$1');
}

function objectPhrase({ properties, additionalProperties, required = [] }: Schema): string {
  if (properties?.next_cursor !== undefined) return `page of ${typeOf(properties.items?.items ?? {})}`;
  if (properties !== undefined && Object.keys(properties).length > 0) {
    const fields = Object.entries(properties).map(
      ([field, schema]) => `${ticks(field)}${required.includes(field) ? '' : '?'}: ${typeOf(schema)}`,
    );
    return `{${fields.join(', ')}}`;
  }
  if (typeof additionalProperties === 'object') return `object of ${typeOf(additionalProperties)}`;
  return 'object';
}

function range(from: number | undefined, to: number | undefined, unit: string): string {
  if (from !== undefined && to !== undefined) return `${from} to ${to}${unit}`;
  if (to !== undefined) return `at most ${to}${unit}`;
  return from === undefined || from === 0 ? '' : `at least ${from}${unit}`;
}

function either(phrases: readonly string[]): string {
  const unique = [...new Set(phrases)];
  if (unique.length < 3) return unique.join(' or ');
  return `${unique.slice(0, -1).join(', ')} or ${unique.at(-1)}`;
}
