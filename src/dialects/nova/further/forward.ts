/**
 * Services of which the gateway knows the name only: requests pass as they come, by the path rules of the other services, and by
 * scopes of their own. The cloud's policies decide on everything else.
 */

import type { Context, Handler } from 'hono';
import { callContext } from '../../../access/access.ts';
import { assertScope } from '../../../access/require-scope.ts';
import { ComputeError } from '../../../compute/errors.ts';
import type { GatewayEnv } from '../../../context.ts';
import { type FurtherService, isOfficialService } from '../../../further-services.ts';
import { readBytes } from '../../../http/body.ts';
import { serviceScope } from '../../../scopes.ts';
import { invalidate } from '../../../traffic/versions/invalidate.ts';
import { assertNoHiddenAdministrator, type ForwardPorts, MAX_BODY_BYTES } from '../forward.ts';
import type { CloudSession, ForwardMethod, ForwardRequest } from '../pass-through.ts';
import { isJson, rewriteResponse, toResponse } from '../proxied-response.ts';
import { furtherRequestHeaders } from './headers.ts';
import { withCloudReferences } from './references.ts';
import { assertOwnPath, parseFurtherTarget } from './target.ts';

type FurtherPorts = Omit<ForwardPorts, 'cache'>;

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const METHODS: ReadonlySet<string> = new Set([...READS, 'POST', 'PUT', 'PATCH', 'DELETE']);

/** What they make is in no response that the gateway caches. */
const APART: ReadonlySet<FurtherService> = new Set(['dns', 'key-manager', 'placement']);

/**
 * They call Nova as the user of the token. That of a service key is the operator's account, whose key pairs are those of every
 * project.
 */
const ACT_AS_USER: ReadonlySet<FurtherService> = new Set([
  'application-catalog',
  'application-deployment',
  'clustering',
  'container-infrastructure-management',
  'data-processing',
  'database',
  'nfv-orchestration',
  'orchestration',
  'workflow',
]);

/** What a service does that OpenStack has no name for is not known. */
function actsAsUser(service: FurtherService): boolean {
  return ACT_AS_USER.has(service) || !isOfficialService(service);
}

/** Behind `authenticateToken` and the limits. */
export function forwardFurther(ports: FurtherPorts): Handler<GatewayEnv> {
  const { access, passThrough } = ports;
  return async function forwardedFurther(c) {
    const { service, path } = parseFurtherTarget(ports.requestTarget(c));
    const { method } = c.req;
    if (!METHODS.has(method))
      throw new ComputeError('method_not_allowed', `Method ${method} is not allowed here.`);
    const principal = c.get('principal');
    const isRead = READS.has(method);
    assertScope(principal, serviceScope(service, isRead ? 'read' : 'write'));
    if (principal.credential.kind === 'service' && actsAsUser(service)) {
      throw new ComputeError('forbidden', `A service key has no user of its own, as ${service} requires.`);
    }
    const received = isRead ? null : await bodyOf(c, ports);
    const call = callContext(c, access.upstreamBudgetMs);
    const session = await passThrough.session(principal.credential, call);
    assertNoHiddenAdministrator(c, session);
    assertOwnPath(session.services.get(service)?.below ?? [], path);
    const urls = { identity: ports.publicUrl(c), services: ports.regionalUrl(c) };
    const body = received instanceof Uint8Array ? withReferences(received, session, urls.services) : received;
    const { 'content-length': length, ...headers } = furtherRequestHeaders(c.req.raw.headers);
    const isStreamed = body !== null && !(body instanceof Uint8Array);
    const request: ForwardRequest = {
      service,
      method: method as ForwardMethod,
      path,
      headers: isStreamed && length !== undefined ? { ...headers, 'content-length': length } : headers,
      body,
      headTimeoutMs: ports.headTimeoutMs,
      signal: c.req.raw.signal,
    };
    try {
      const response = await passThrough.forward(principal.credential, request, call);
      return toResponse(c.get('responseHeaders'), rewriteResponse(response, session.roots, urls));
    } finally {
      if (!isRead && !APART.has(service)) await invalidate(ports.versions, c);
    }
  };
}

/**
 * JSON is read whole, since no service of OpenStack takes it in chunks; anything else is streamed as it is encoded: a secret may be in
 * base64.
 */
async function bodyOf(
  c: Context<GatewayEnv>,
  { requestBody }: FurtherPorts,
): Promise<ForwardRequest['body']> {
  const type = c.req.header('content-type');
  if (type !== undefined && !isJson({ 'content-type': type })) return requestBody(c);
  const encoding = c.req.header('content-encoding');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new ComputeError('unsupported_media_type', 'Send JSON without Content-Encoding.');
  }
  const bytes = await readBytes(c.req.raw, MAX_BODY_BYTES);
  return bytes.length === 0 ? null : bytes;
}

function withReferences(bytes: Uint8Array, session: CloudSession, publicUrl: string): Uint8Array {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const rewritten = withCloudReferences(text, session, publicUrl);
  return rewritten === text ? bytes : new TextEncoder().encode(rewritten);
}
