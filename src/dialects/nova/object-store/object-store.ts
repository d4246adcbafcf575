/**
 * Object storage, as the cloud's own: every byte of names, metadata and data passes as it came, in both directions, and nothing of
 * a body is held back.
 */

import type { Context, Handler, MiddlewareHandler } from 'hono';
import { anonymousCall, callContext } from '../../../access/access.ts';
import { presentedKey } from '../../../access/authenticate.ts';
import { assertScope } from '../../../access/require-scope.ts';
import { ComputeError } from '../../../compute/errors.ts';
import type { GatewayEnv } from '../../../context.ts';
import { hasScope } from '../../../scopes.ts';
import { assertNoHiddenAdministrator, type ForwardPorts } from '../forward.ts';
import type { CloudSession, ForwardedResponse, ForwardRequest } from '../pass-through.ts';
import { rewriteResponse, toResponse } from '../proxied-response.ts';
import { objectRequestHeaders, withoutSecrets } from './headers.ts';
import { parseObjectPath } from './path.ts';

type ObjectPorts = Pick<
  ForwardPorts,
  'access' | 'passThrough' | 'requestTarget' | 'requestBody' | 'publicUrl' | 'regionalUrl' | 'headTimeoutMs'
>;

/** Spends a request of an address. Seconds until it may send the next one; null: now. */
export type AnonymousAdmission = (address: string | null) => Promise<number | null>;

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const METHODS: ReadonlySet<string> = new Set([...READS, 'POST', 'PUT', 'DELETE', 'COPY']);

/** Behind authentication, the limits and the key's access rules. */
export function objectStorage(ports: ObjectPorts): Handler<GatewayEnv> {
  const { access, passThrough } = ports;
  return async function forwardObject(c) {
    const principal = c.get('principal');
    const request = requestOf(ports, c);
    assertScope(principal, READS.has(request.method) ? 'object-store:read' : 'object-store:write');
    const call = callContext(c, access.upstreamBudgetMs);
    const session = await passThrough.session(principal.credential, call);
    assertNoHiddenAdministrator(c, session);
    const response = await passThrough.forward(principal.credential, request, call);
    const mayWrite = hasScope(principal.scopes, 'object-store:write');
    const { headers } = response;
    return respond(
      ports,
      c,
      { ...response, headers: mayWrite ? headers : withoutSecrets(headers) },
      session.roots,
    );
  };
}

/**
 * Temporary URLs, form posts and public containers (`LINGUANOVA_ANONYMOUS_OBJECTS`): a request without a key goes to the cloud
 * without a token, which decides by signature and access list. To be mounted before authentication.
 */
export function anonymousObjects(
  ports: ObjectPorts,
  admit: AnonymousAdmission,
): MiddlewareHandler<GatewayEnv> {
  const { access, passThrough } = ports;
  return async function forwardAnonymously(c, next) {
    const hasKey = (c.req.header('x-auth-token')?.trim() || presentedKey(c)) !== undefined;
    if (hasKey || !parseObjectPath(ports.requestTarget(c)).isOfContainer) return next();
    const retryAfter = await admit(access.clientAddress(c));
    if (retryAfter !== null) {
      throw new ComputeError('rate_limited', 'Too many requests without an API key from this address.', {
        retryAfter,
      });
    }
    const isKnown = c.get('region') !== undefined;
    const found = isKnown ? await passThrough.anonymous(requestOf(ports, c), anonymousCall(c, access)) : null;
    if (found === null) {
      throw new ComputeError('unavailable', 'Object storage is not known yet. Send the request again.', {
        retryAfter: 5,
      });
    }
    return respond(ports, c, found.answer, found.roots);
  };
}

function requestOf(ports: ObjectPorts, c: Context<GatewayEnv>): ForwardRequest {
  const { method } = c.req;
  if (!METHODS.has(method))
    throw new ComputeError('method_not_allowed', `Method ${method} is not allowed here.`);
  return {
    service: 'object-store',
    method: method as ForwardRequest['method'],
    path: parseObjectPath(ports.requestTarget(c)).path,
    headers: objectRequestHeaders(c.req.raw.headers),
    body: READS.has(method) ? null : ports.requestBody(c),
    expectsContinue: c.req.header('expect')?.toLowerCase() === '100-continue',
    headTimeoutMs: ports.headTimeoutMs,
    signal: c.req.raw.signal,
  };
}

/** Object storage names its own address in headers only; a body is data, also where it is JSON. */
function respond(
  ports: ObjectPorts,
  c: Context<GatewayEnv>,
  response: ForwardedResponse,
  roots: CloudSession['roots'],
): Response {
  const urls = { identity: ports.publicUrl(c), services: ports.regionalUrl(c) };
  const { body } = response;
  const head = rewriteResponse({ ...response, body: null }, roots, urls);
  return toResponse(c.get('responseHeaders'), { ...head, body });
}
