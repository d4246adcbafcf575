/**
 * The contract: OpenAPI 3.1, made of the definitions and schemas that serve the requests. It is made where the gateway starts or
 * is built, never for a request, and is in no bundle of the edge.
 *
 * @module
 */

import { errorSchema, REDU_ERRORS } from '../dialects/redu/errors.ts';
import { operation } from './operation.ts';
import { nameOf, ROUTES } from './routes.ts';
import { Schemas } from './schemas.ts';
import { ERROR_TEXTS, TEXTS } from './texts.ts';

/**
 * @param version Of the gateway.
 * @param serverUrl Where clients find it; a path is relative to the host of the document.
 */
export function openApi(version: string, serverUrl = '/'): object {
  const schemas = new Schemas();
  const paths: Record<string, Record<string, object>> = {};
  for (const route of ROUTES) {
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = operation(route, TEXTS[nameOf(route)], schemas);
    paths[route.path] = operations;
  }
  const responses = errorResponses(schemas);
  return {
    openapi: '3.1.1',
    info: {
      title: 'linguanova',
      version,
      summary: 'A cloud’s compute API as small REST.',
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: serverUrl }],
    paths,
    components: {
      schemas: schemas.named,
      responses,
      headers: HEADERS,
      parameters: { IdempotencyKey: IDEMPOTENCY_KEY, IfMatch: IF_MATCH, LastEventId: LAST_EVENT_ID },
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

const DESCRIPTION = `One API key and this API for instances and what belongs to them.

The same key opens the cloud’s own OpenStack APIs under \`/identity\`, \`/compute\`, \`/image\` and \`/networking\`: those are passed
through as they are, and described by OpenStack.`;

const SECURITY_SCHEMES = {
  apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'An API key, `ln_...`.' },
  bearer: { type: 'http', scheme: 'bearer', description: 'The same key, `ln_...`.' },
  admin: { type: 'http', scheme: 'bearer', description: 'The operator’s `LINGUANOVA_ADMIN_TOKEN`.' },
};

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'A request that is sent again with the same key and body is carried out once.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

const IF_MATCH = {
  name: 'If-Match',
  in: 'header',
  description: 'The `ETag` that this key last got for the resource, or `*`; 412 when it is another by now.',
  schema: { type: 'string' },
};

const LAST_EVENT_ID = {
  name: 'Last-Event-ID',
  in: 'header',
  description: 'Goes on after this event.',
  schema: { type: 'string' },
};

const text = (description: string) => ({ description, schema: { type: 'string' } });
const count = (description: string) => ({ description, schema: { type: 'integer', minimum: 0 } });

const HEADERS = {
  'X-Request-Id': text('What to quote when asking for help.'),
  'RateLimit-Policy': text('The limit that is tighter: `"plan";q=points;w=seconds`.'),
  RateLimit: text('Where it stands: `"plan";r=points left;t=seconds until it is full again`.'),
  'X-RateLimit-Limit': count('Points of the plan.'),
  'X-RateLimit-Remaining': count('Points left.'),
  'X-RateLimit-Reset': count('Seconds until it is full again.'),
  'Retry-After': count('Seconds after which to come back.'),
  ETag: text(
    'Send it as `If-None-Match`: 304 when nothing has changed; with a write as `If-Match`: 412 when something has.',
  ),
  Age: count('Seconds since the cloud told it.'),
  'X-Cache': {
    description: 'Whether it was told before.',
    schema: { type: 'string', enum: ['MISS', 'HIT', 'STALE'] },
  },
  Link: text('With `limit`, while there is more: `<...>; rel="next"`.'),
  Location: text('Where the new thing is.'),
  'Idempotency-Replayed': text('`true`: the answer to the first request with this key.'),
  Allow: text('The methods that the path knows.'),
};

/** One for each status an error has. */
function errorResponses(schemas: Schemas): object {
  const schema = schemas.output(errorSchema);
  const rows = Object.values(REDU_ERRORS).map(({ status, code }) => {
    const { description, example } = ERROR_TEXTS[code];
    const names = ['X-Request-Id', ...([429, 503].includes(status) ? ['Retry-After'] : [])];
    const headers = Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
    return [status, { description, headers, content: { 'application/json': { schema, example } } }];
  });
  return Object.fromEntries(rows);
}
