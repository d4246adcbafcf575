/**
 * The contract: OpenAPI 3.1, generated from the route definitions and schemas that serve requests. Generated at start or build
 * time, never per request.
 */

import { errorSchema, REDU_ERRORS } from '../dialects/redu/errors.ts';
import { INTRODUCTION } from './introduction.ts';
import { operation } from './operation.ts';
import { portable } from './portable.ts';
import { nameOf, ROUTES } from './routes.ts';
import { Schemas } from './schemas.ts';
import { TAG_GROUPS, TAGS } from './tags.ts';
import { ERROR_TEXTS, TEXTS } from './texts.ts';

/** @param serverUrl The gateway's URL; a path is relative to the document's host. */
export function openApi(version: string, serverUrl = '/'): object {
  const schemas = new Schemas();
  const paths: Record<string, Record<string, object>> = {};
  for (const route of ROUTES) {
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = operation(route, TEXTS[nameOf(route)], schemas);
    paths[route.path] = operations;
  }
  const responses = errorResponses(schemas, JSON.stringify(paths));
  return portable({
    openapi: '3.1.1',
    info: {
      title: 'linguanova',
      version,
      summary: 'A cloud’s compute API as small REST.',
      description: INTRODUCTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: serverUrl }],
    security: [{ apiKey: [] }],
    tags: TAGS,
    'x-tagGroups': TAG_GROUPS,
    paths,
    components: {
      schemas: schemas.named,
      responses,
      headers: HEADERS,
      parameters: { IdempotencyKey: IDEMPOTENCY_KEY, IfMatch: IF_MATCH, LastEventId: LAST_EVENT_ID },
      securitySchemes: SECURITY_SCHEMES,
    },
  });
}

const SECURITY_SCHEMES = {
  apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'An API key, `ln_...`.' },
  bearer: { type: 'http', scheme: 'bearer', description: 'The same key, `ln_...`.' },
  admin: { type: 'http', scheme: 'bearer', description: 'The operator’s `LINGUANOVA_ADMIN_TOKEN`.' },
};

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'Requests with the same key and body are executed once.',
  schema: { type: 'string', pattern: '^([!#-+.-~-]{1,255}|"([ !#-\\[\\]-~]|\\\\["\\\\]){1,255}")$' },
};

const IF_MATCH = {
  name: 'If-Match',
  in: 'header',
  description:
    'The `ETag` that this API key last received for the resource, or `*`; 412 if the resource has changed.',
  schema: { type: 'string' },
};

const LAST_EVENT_ID = {
  name: 'Last-Event-ID',
  in: 'header',
  description: 'Resumes after this event.',
  schema: { type: 'string' },
};

const text = (description: string) => ({ description, schema: { type: 'string' } });
const count = (description: string) => ({ description, schema: { type: 'integer', minimum: 0 } });

const HEADERS = {
  'X-Request-Id': text('Quote it in support requests.'),
  'RateLimit-Policy': text('The tighter limit: `"plan";q=points;w=seconds`.'),
  RateLimit: text('Its state: `"plan";r=points left;t=seconds until reset`.'),
  'X-RateLimit-Limit': count('Points of the plan.'),
  'X-RateLimit-Remaining': count('Points left.'),
  'X-RateLimit-Reset': count('Seconds until the limit resets.'),
  'Retry-After': count('Seconds to wait before a retry.'),
  'WWW-Authenticate': text('`Bearer`: the scheme that takes a key.'),
  ETag: text('With a read as `If-None-Match`: 304 if unchanged; with a write as `If-Match`: 412 if changed.'),
  Age: count('Age of the response in seconds.'),
  'X-Cache': {
    description: '`MISS`: fetched from the cloud; `HIT`: cached; `STALE`: cached, being revalidated.',
    schema: { type: 'string', enum: ['MISS', 'HIT', 'STALE'] },
  },
  Link: text('With `limit`, if more items follow: `<...>; rel="next"`.'),
  Location: text('URL of the created resource.'),
  'Idempotency-Replayed': text('`true`: the stored response of the first request with this key.'),
};

/** Of errors, by status. */
const FURTHER_HEADERS: Readonly<Record<number, readonly string[]>> = {
  401: ['WWW-Authenticate'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};

/** Of the errors that an operation refers to. */
function errorResponses(schemas: Schemas, paths: string): object {
  const schema = schemas.output(errorSchema);
  const referred = Object.values(REDU_ERRORS).filter(({ status }) =>
    paths.includes(`"#/components/responses/${status}"`),
  );
  const rows = referred.map(({ status, code }) => {
    const [description, message] = ERROR_TEXTS[code];
    const details = code === 'badRequest' && { details: [{ field: 'name', message: 'must not be empty' }] };
    const example = { error: { code, message, ...details } };
    const names = ['X-Request-Id', ...(FURTHER_HEADERS[status] ?? [])];
    const headers = Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
    return [status, { description, headers, content: { 'application/json': { schema, example } } }];
  });
  return Object.fromEntries(rows);
}
