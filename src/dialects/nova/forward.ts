import type { Context, Handler } from 'hono';
import { callContext } from '../../access/access.ts';
import { assertScope } from '../../access/require-scope.ts';
import type { CallContext } from '../../compute/cloud.ts';
import { ComputeError } from '../../compute/errors.ts';
import { prepareDeletion } from '../../compute/instances.ts';
import { prefixOf } from '../../compute/service-key-pairs.ts';
import type { GatewayEnv } from '../../context.ts';
import { readBytes } from '../../http/body.ts';
import type { RequestBody } from '../../http/request-target.ts';
import { invalidate } from '../../traffic/versions/invalidate.ts';
import { requestHeaders } from './headers.ts';
import { type Fields, isFields, readJson } from './json-body.ts';
import { assertNamesNoMark, isOfServers, sendKeepingMark } from './marks.ts';
import type {
  CloudSession,
  ForwardedResponse,
  ForwardMethod,
  ForwardRequest,
  PassThrough,
} from './pass-through.ts';
import {
  isAction,
  isKeyPairs,
  scopeFor,
  scopeForAction,
  scopeForNewServer,
  serverOf,
} from './permissions.ts';
import { rewriteResponse, toResponse } from './proxied-response.ts';
import { crossProjectRole, isAdministrator, type ProxyCache } from './proxy-cache.ts';
import { forwardKeyPairs, withStoredKeyName } from './service-key-pairs.ts';
import { parseTarget, type Target } from './target.ts';
import type { TranslationPorts } from './translation.ts';

/** The largest body that is read before it is sent on; image data is not. 1 MiB, the redu dialect's. */
export const MAX_BODY_BYTES = 1_048_576;

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface ForwardPorts extends TranslationPorts {
  readonly passThrough: PassThrough;
  readonly requestBody: RequestBody;
  readonly cache: ProxyCache;
  /** What the head of a response of the cloud may take, milliseconds. */
  readonly headTimeoutMs: number;
}

/** Behind `authenticateToken` and the limits. */
export function forward(ports: ForwardPorts): Handler<GatewayEnv> {
  return async function forwarded(c) {
    const { access, passThrough } = ports;
    const principal = c.get('principal');
    const { credential } = principal;
    const target = parseTarget(ports.requestTarget(c));
    const method = methodOf(c);
    assertScope(principal, scopeFor(method, target));
    const received = await bodyOf(c, method, target, ports.requestBody);
    const { action, fields, body } =
      received instanceof Uint8Array
        ? allowedBody(c, method, target, received)
        : { action: null, fields: {}, body: received };
    assertNamesNoMark(target, method, fields);

    const call = callContext(c, access.upstreamBudgetMs);
    const session = await passThrough.session(credential, call);
    assertNoHiddenAdministrator(c, session);
    const request: ForwardRequest = {
      service: target.service,
      method,
      path: normalizeListPath(method, target),
      headers: requestHeaders(c.req.raw.headers, target.service === 'compute'),
      body,
      headTimeoutMs: ports.headTimeoutMs,
    };
    const send = (sent: ForwardRequest, signal: AbortSignal | null) =>
      passThrough.forward(credential, signal === null ? sent : { ...sent, signal }, call);
    const urls = { identity: ports.publicUrl(c), services: ports.regionalUrl(c) };
    const nova = target.service === 'compute' ? { prefix: prefixOf(principal.projectId) } : null;
    const rewrite = (response: ForwardedResponse) => rewriteResponse(response, session.roots, urls, nova);
    if (credential.kind === 'service' && isKeyPairs(target)) {
      const forwarded = (sent: ForwardRequest) => send(sent, c.req.raw.signal);
      try {
        const response = await forwardKeyPairs(target, request, principal.projectId, forwarded);
        return toResponse(c.get('responseHeaders'), rewrite(response));
      } finally {
        if (!isRead(method)) await invalidate(ports.versions, c);
      }
    }
    if (isRead(method)) return ports.cache.serve(c, { session, principal, target, request }, send, rewrite);
    let response: ForwardedResponse;
    try {
      response = await forwardWrite(ports, c, call, target, action, (signal) =>
        sendKeepingMark(target, request, fields, (sent) => send(sent, signal)),
      );
    } finally {
      if (isAdministrator(session)) await ports.cache.invalidateAll(call.region);
    }
    return toResponse(c.get('responseHeaders'), rewrite(response));
  };
}

/** Sends a write, and invalidates the project's cached responses before its response, whatever the outcome. */
async function forwardWrite(
  { versions, access }: ForwardPorts,
  c: Context<GatewayEnv>,
  call: CallContext,
  target: Target,
  action: Fields | null,
  send: (signal: AbortSignal | null) => Promise<ForwardedResponse>,
): Promise<ForwardedResponse> {
  const [principal, trace] = [c.get('principal'), c.get('trace')];
  const server = serverOf(target);
  if (server !== null) trace.instanceChanged(server);
  const deletes = c.req.method === 'DELETE' && target.segments.at(-1)?.toLowerCase() === server;
  const deletion =
    server !== null && UUID.test(server) && (deletes || (action !== null && 'forceDelete' in action))
      ? await prepareDeletion(access.clouds.open(principal.credential, call), server, access.releases)
      : null;
  try {
    // What has to be released afterwards is, whether or not the client waits.
    const response = await send(deletion === null ? c.req.raw.signal : null);
    if (response.status < 300) deletion?.accepted();
    else await deletion?.failed(response.status);
    return response;
  } catch (error) {
    await deletion?.failed(error);
    throw error;
  } finally {
    await invalidate(versions, c);
  }
}

/** Some clients request `/servers/`, which Nova does not have. */
function normalizeListPath(method: ForwardMethod, { service, path, segments }: Target): string {
  const isList =
    service === 'compute' && isRead(method) && segments.length === 1 && segments[0] === 'servers';
  return isList ? path.replace(/\/(?=\?|$)/, '') : path;
}

export function methodOf(c: Context): ForwardMethod {
  const { method } = c.req;
  if (!METHODS.has(method)) {
    throw new ComputeError('method_not_allowed', `Method ${method} is not allowed here.`);
  }
  return method as ForwardMethod;
}

export function isRead(method: ForwardMethod): boolean {
  return method === 'GET' || method === 'HEAD';
}

async function bodyOf(
  c: Context,
  method: ForwardMethod,
  target: Target,
  streamed: RequestBody,
): Promise<ForwardRequest['body']> {
  if (isRead(method)) return null;
  if (!isImageData(method, target)) return wholeBody(c);
  assertPlain(c);
  return streamed(c);
}

/** @throws ComputeError `body_too_large`; `unsupported_media_type` for a compressed one. */
export async function wholeBody(c: Context): Promise<Uint8Array | null> {
  assertPlain(c);
  const bytes = await readBytes(c.req.raw, MAX_BODY_BYTES);
  return bytes.length === 0 ? null : bytes;
}

function assertPlain(c: Context): void {
  const encoding = c.req.header('Content-Encoding');
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new ComputeError('unsupported_media_type', 'Send the body without Content-Encoding.');
}

/** `PUT /images/{id}/file` and `.../stage`. */
function isImageData(method: ForwardMethod, { service, segments }: Target): boolean {
  const [resource, , part = ''] = segments;
  return service === 'image' && method === 'PUT' && resource === 'images' && ['file', 'stage'].includes(part);
}

interface AllowedBody {
  /** The parsed body of an action. */
  readonly action: Fields | null;
  /** Of the parsed body; none where nothing depends on it. */
  readonly fields: Fields;
  readonly body: Uint8Array;
}

/**
 * Rejects actions of administrators by the body, and gives key pairs of service keys their stored names.
 *
 * @throws ComputeError `invalid` for a body that cannot be parsed: a service may parse it differently.
 */
function allowedBody(
  c: Context<GatewayEnv>,
  method: ForwardMethod,
  target: Target,
  bytes: Uint8Array,
): AllowedBody {
  const principal = c.get('principal');
  const acts = isAction(method, target);
  const mayNameKeyPair =
    principal.credential.kind === 'service' && target.service === 'compute' && method === 'POST';
  const mayLabel = isOfServers(target) && method !== 'DELETE';
  if (!acts && !mayNameKeyPair && !mayLabel) return { action: null, fields: {}, body: bytes };
  const body = readObject(bytes);
  const stored = mayNameKeyPair ? withStoredKeyName(body, principal.projectId) : null;
  const sent = stored === null ? bytes : new TextEncoder().encode(JSON.stringify(stored));
  const scope = acts ? scopeForAction(body) : scopeForNewServer(body);
  if (scope !== null) assertScope(principal, scope);
  if (!acts) return { action: null, fields: body, body: sent };
  return { action: body, fields: body, body: sent };
}

function readObject(bytes: Uint8Array): Fields {
  const value = readJson(bytes);
  if (!isFields(value)) throw new ComputeError('invalid', 'The body must be a JSON object.');
  return value;
}

/** The services let an administrator through to every project, so such a credential takes a key that is meant for it. */
export function assertNoHiddenAdministrator(c: Context<GatewayEnv>, session: CloudSession): void {
  const role = crossProjectRole(session);
  if (role === null) return;
  if (c.get('principal').scopes.includes('admin')) return;
  throw new ComputeError(
    'forbidden',
    `This API key acts with the role "${role}" and lacks the scope "admin": it cannot be restricted to its project here.`,
  );
}
