/** @module What the four services share of HTTP: replies, faults, and a router that knows the methods a path has. */

/** An object of a JSON body whose fields are not checked yet. */
export type Fields = Record<string, unknown>;

/** A request that ends in an error. Each service prints it in its own body shape. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly status: number;
  /** Neutron's `type`, Nova's envelope key; the others print none. */
  readonly kind: string;
  readonly headers: Record<string, string>;

  constructor(status: number, kind: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.kind = kind;
    this.headers = headers;
  }
}

/** A JSON reply. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
  });
}

/** A reply without a body; 204 must not even have an empty one. */
export function empty(status: number, headers: Record<string, string> = {}): Response {
  return new Response(status === 204 ? null : '', { status, headers });
}

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
};

/** The reason phrase of a status, as the services print it in bodies. */
export function title(status: number): string {
  return TITLES[status] ?? 'Error';
}

/**
 * An error as WebOb prints it (Glance's errors, Nova's unrouted paths): JSON if the client accepts it, else plain text.
 * @param tail the line breaks WebOb leaves at the end, which differ between its own and raised errors
 */
export function webobError(
  request: Request,
  status: number,
  explanation: string,
  headers: Record<string, string> = {},
  tail = '<br /><br />\n\n\n',
): Response {
  const code = `${status} ${title(status)}`;
  if (request.method !== 'HEAD' && /application\/json/.test(request.headers.get('Accept') ?? '')) {
    return json(status, { message: explanation + tail, code, title: title(status) }, headers);
  }
  const type = request.method === 'HEAD' ? 'text/html' : 'text/plain';
  return new Response(`${code}\n\n${explanation}\n\n   `, {
    status,
    headers: { 'Content-Type': `${type}; charset=UTF-8`, ...headers },
  });
}

/** A handler takes the call and, in order, the values of the path's `:placeholders`. */
export type Handler<C> = (call: C, ...values: string[]) => Response | Promise<Response>;

/** Method, path with `:placeholders`, handler. The first route that matches wins. */
export type Route<C> = readonly [method: string, path: string, handler: Handler<C>];

/** The outcome of a look-up: a handler, or the methods that the path has (none: no such path). */
export type Match<C> = { handler: Handler<C>; values: string[] } | { allowed: string[] };

/**
 * Makes the look-up of a route table. Paths match segment by segment, so a trailing slash is another path (OpenStack's
 * services respond 404 to it).
 */
export function router<C>(table: readonly Route<C>[]): (method: string, path: string) => Match<C> {
  const compiled = table.map(([method, path, handler]) => ({ method, parts: path.split('/'), handler }));
  return (method, path) => {
    const segments = path.split('/');
    const allowed: string[] = [];
    for (const route of compiled) {
      const values = matchParts(route.parts, segments);
      if (!values) continue;
      if (route.method === method) return { handler: route.handler, values };
      allowed.push(route.method);
    }
    return { allowed };
  };
}

function matchParts(parts: string[], segments: string[]): string[] | undefined {
  if (parts.length !== segments.length) return undefined;
  const values: string[] = [];
  for (const [index, part] of parts.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith(':')) {
      if (segment === '') return undefined;
      values.push(decode(segment));
    } else if (part !== segment) return undefined;
  }
  return values;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Whether a JSON value is an object (not null, not an array). */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The table's own entry: a name that a client chose may be one of `Object.prototype`, such as `constructor`. */
export function own<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Parses JSON; undefined when the text is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The method that Routes takes a request for: `_method` of the query, else of a form that was posted, else its own. Nova,
 * Glance and Neutron's extensions are routed by it.
 */
export async function routedMethod(request: Request, url: URL): Promise<string> {
  if (url.search.includes('_method')) {
    const given = new URLSearchParams(url.search.replaceAll(';', '&')).getAll('_method').at(-1);
    return given ? given.toUpperCase() : request.method;
  }
  const type = request.headers.get('Content-Type')?.split(';')[0]?.toLowerCase() ?? '';
  const isForm = ['application/x-www-form-urlencoded', 'multipart/form-data'].includes(type);
  if (request.method !== 'POST' || !isForm) return request.method;
  const given = await request
    .clone()
    .formData()
    .then((form) => form.getAll('_method').at(-1))
    .catch(() => null);
  return typeof given === 'string' && given !== '' ? given.toUpperCase() : request.method;
}

/** An id as Keystone makes it: 32 hexadecimal digits. */
export function hexId(): string {
  return crypto.randomUUID().replaceAll('-', '');
}

/** `bytes` of randomness as base64url: tokens, secrets, passwords. */
export function randomText(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return btoa(String.fromCharCode(...random))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** Whether the text is a UUID, with or without dashes, as Python's `uuid` module reads it. */
export function isUuid(text: unknown): text is string {
  return (
    typeof text === 'string' &&
    /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text)
  );
}
