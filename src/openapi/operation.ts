import type { ResponseBody, RouteDefinition } from '../http/route.ts';
import { EVENTS, EXAMPLES, PATH_EXAMPLES } from './examples.ts';
import { ROUTES } from './routes.ts';
import type { JsonSchema, Schemas } from './schemas.ts';
import { tagOf } from './tags.ts';
import type { RouteText } from './texts.ts';

const JSON_TYPE = 'application/json';
const EVENT_STREAM = 'text/event-stream';

export function operation(route: RouteDefinition, text: RouteText, schemas: Schemas): object {
  return {
    operationId: text.id,
    summary: text.summary,
    description: [text.description, authorizationOf(route)].filter(Boolean).join(' '),
    tags: [tagOf(route.path)],
    ...(route.path.startsWith('/cloud/') && { deprecated: true }),
    security: securityOf(route),
    ...listed('parameters', [
      ...pathParameters(route.path),
      ...queryParameters(route, schemas),
      ...headerParameters(route),
    ]),
    ...(route.body && {
      requestBody: {
        required: true,
        content: { [JSON_TYPE]: { schema: schemas.input(route.body), ...exampleOf(route.body) } },
      },
    }),
    ...(route.takesBytes && {
      requestBody: {
        required: true,
        content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
      },
    }),
    responses: {
      [route.status]: success(route, text, schemas),
      ...(isTagged(route) && { 304: notModified(route) }),
      ...errorReferences(route),
      ...(route.path === READINESS && { 503: notReady(route, schemas) }),
    },
  };
}

function success(route: RouteDefinition, text: RouteText, schemas: Schemas): object {
  const { response, media = JSON_TYPE } = route;
  return {
    description: route.method === 'PUT' && route.status === 204 ? 'Done' : SUCCESS[route.status],
    headers: references('headers', headersOf(route)),
    ...(response && {
      content: {
        [media]: {
          // The schema of a stream would be that of all its bytes.
          ...(media !== EVENT_STREAM && { schema: schemas.output(response) }),
          ...(text.responseExample ? { example: text.responseExample } : exampleOf(response, media)),
        },
        ...(route.csv && { 'text/csv': { schema: { type: 'string' } } }),
      },
    }),
  };
}

function notModified(route: RouteDefinition): object {
  return {
    description: 'Not modified: `If-None-Match` has the current `ETag`',
    headers: references(
      'headers',
      headersOf(route).filter((name) => name !== 'Link'),
    ),
  };
}

const READINESS = '/readyz';

/** Not an error of the dialect: it names what has failed. */
function notReady({ response }: RouteDefinition, schemas: Schemas): object {
  return {
    description: 'This node has failed: send it no requests',
    headers: references('headers', ['X-Request-Id']),
    ...(response && { content: { [JSON_TYPE]: { schema: schemas.output(response) } } }),
  };
}

const SUCCESS = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted; completes in the background',
  204: 'Deleted',
} as const;

const LIMITS = [
  'RateLimit-Policy',
  'RateLimit',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
];

/** Names of the response headers, as in `components`. */
function headersOf(route: RouteDefinition): string[] {
  const { method, path } = route;
  const isCached = isTagged(route);
  return [
    'X-Request-Id',
    ...(isLimited(route) ? LIMITS : []),
    ...(isCached ? ['ETag', 'Age', 'X-Cache'] : []),
    ...(isCached && path.includes('instances') && !path.includes('{') ? ['Link'] : []),
    ...(hasLocation(method, path) ? ['Location'] : []),
    ...(takesIdempotencyKey(method, path) ? ['Idempotency-Replayed'] : []),
  ];
}

/** Whether a read has an entity tag. */
function isTagged({ method, path, media }: RouteDefinition): boolean {
  if (method !== 'GET' || media !== undefined) return false;
  return /^\/(v1|cloud)\//.test(path) && !/^\/v1\/(api_keys|config|usage|regions)|\/console_log$/.test(path);
}

/** Whether a write has a precondition: what is at its path, or what that belongs to, has an entity tag. */
function takesIfMatch(path: string): boolean {
  const read = ROUTES.find(
    (route) => route.method === 'GET' && route.path === path.replace(/\/actions$/, ''),
  );
  if (read !== undefined) return isTagged(read);
  return path !== '' && takesIfMatch(path.slice(0, path.lastIndexOf('/')));
}

/** Collections whose POST names the new resource in `Location`. */
const RESOURCES =
  /^\/v1\/(floating_ips|images|instances|keypairs|networks|security_groups|server_groups|volume_snapshots|volumes)$/;

function hasLocation(method: string, path: string): boolean {
  return method === 'POST' && RESOURCES.test(path);
}

/** Errors by status. `test/openapi/responses.test.ts` makes each of them occur. */
function errorReferences(route: RouteDefinition): object {
  const { method, path, body, takesBytes } = route;
  const isWrite = method !== 'GET';
  const hasBody = body !== undefined || takesBytes;
  const cloud = cloudCallsOf(route);
  const statuses = [
    400,
    ...(isOpen(path) ? [] : [401]),
    ...(isOpen(path) || path.startsWith('/admin') ? [] : [403]),
    ...(path.includes('{') || namesOthers(route) ? [404] : []),
    ...((isWrite && mayConflict(route)) || path.endsWith('/console_log') ? [409] : []),
    ...(isWrite ? [412] : []),
    ...(hasBody ? [413, 415] : []),
    ...(isOpen(path) ? [] : [429]),
    431,
    500,
    ...(cloud === 'services' || isSignUp(route) || path === '/v1/config' ? [501] : []),
    ...(cloud === 'none' ? [] : [502]),
    ...(isOpen(path) || path === '/admin/v1/health' ? [] : [503]),
    ...(cloud === 'none' ? [] : [504]),
  ];
  return Object.fromEntries(statuses.map((status) => [status, reference('responses', `${status}`)]));
}

/** What of the cloud a request may have to wait for: services, the identity service alone, or nothing. */
function cloudCallsOf({ method, path }: RouteDefinition): 'services' | 'identity' | 'none' {
  if (path.startsWith('/admin')) return method === 'POST' ? 'identity' : 'none';
  if (path.startsWith('/v1/api_keys')) return method === 'GET' ? 'none' : 'identity';
  if (isOpen(path) || path === '/v1/usage') return 'none';
  return /\/v1\/(config|me|regions)$/.test(path) ? 'identity' : 'services';
}

/** A new key of the operator's collides with none, and the end of one succeeds whatever its state. */
function mayConflict({ method, path }: RouteDefinition): boolean {
  return !(path === '/admin/v1/keys' || (method === 'DELETE' && /\/(api_)?keys\/\{id\}$/.test(path)));
}

function isSignUp({ method, path }: RouteDefinition): boolean {
  return method === 'POST' && path === '/v1/api_keys';
}

/** Finds what its body names before it makes anything, an instance or a volume; or what a tool needs. */
function namesOthers({ method, path }: RouteDefinition): boolean {
  return path === '/v1/config' || (method === 'POST' && /^\/v1\/(floating_ips|volume_snapshots)$/.test(path));
}

function securityOf(route: RouteDefinition): object[] {
  const { path } = route;
  if (isOpen(path) || isSignUp(route)) return [];
  return path.startsWith('/admin') ? [{ admin: [] }] : [{ apiKey: [] }, { bearer: [] }];
}

/** Health and metrics need no authentication. */
function isOpen(path: string): boolean {
  return !/^\/(v1|cloud|admin)\//.test(path);
}

function isLimited(route: RouteDefinition): boolean {
  return securityOf(route).some((scheme) => 'apiKey' in scheme);
}

function takesIdempotencyKey(method: string, path: string): boolean {
  return method === 'POST' && path !== '/v1/api_keys' && !path.startsWith('/admin');
}

function authorizationOf(route: RouteDefinition): string {
  if (route.scope !== undefined) return `Needs the scope \`${route.scope}\`.`;
  if (securityOf(route).length === 0) return 'Needs no API key.';
  return route.path.startsWith('/admin') ? 'Needs the operator’s token.' : 'Any valid key.';
}

function pathParameters(path: string): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([parameter, name = '']) => {
    const example = PATH_EXAMPLES[path.slice(0, path.indexOf(parameter) + parameter.length)];
    return {
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
      ...(example !== undefined && { example }),
    };
  });
}

function queryParameters({ query }: RouteDefinition, schemas: Schemas): object[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = schemas.input(query) as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(required.includes(name) && { required: true }),
    ...(description !== undefined && { description }),
    schema,
  }));
}

function headerParameters({ method, path, media }: RouteDefinition): object[] {
  if (media === EVENT_STREAM) return [reference('parameters', 'LastEventId')];
  if (method === 'GET') return [];
  const names = [
    ...(takesIdempotencyKey(method, path) ? ['IdempotencyKey'] : []),
    ...(takesIfMatch(path) ? ['IfMatch'] : []),
  ];
  return names.map((name) => reference('parameters', name));
}

function references(kind: string, names: readonly string[]): object {
  return Object.fromEntries(names.map((name) => [name, reference(kind, name)]));
}

function reference(kind: string, name: string): object {
  return { $ref: `#/components/${kind}/${name}` };
}

function listed(name: string, items: readonly object[]): object {
  return items.length === 0 ? {} : { [name]: items };
}

function exampleOf(body: ResponseBody, media?: string): { example?: unknown } {
  if (media === EVENT_STREAM) return { example: EVENTS };
  if ('list' in body) return wrapped(exampleOf(body.list), (item) => [item]);
  if ('page' in body) return wrapped(exampleOf(body.page), (item) => ({ items: [item], next_cursor: null }));
  const example = EXAMPLES[body.meta()?.id ?? ''];
  return example === undefined ? {} : { example };
}

function wrapped(
  { example }: { example?: unknown },
  wrap: (item: unknown) => unknown,
): { example?: unknown } {
  return example === undefined ? {} : { example: wrap(example) };
}
