/**
 * The services' version documents, which clients read before they sign in. Public, so one cached copy serves all clients.
 */

import type { Context, MiddlewareHandler } from 'hono';
import { anonymousCall } from '../../access/access.ts';
import { admit } from '../../access/authenticate.ts';
import type { KeyTokens } from '../../access/key-token.ts';
import { readRegion } from '../../access/select-region.ts';
import { ComputeError } from '../../compute/errors.ts';
import type { GatewayEnv } from '../../context.ts';
import { isFurtherService } from '../../further-services.ts';
import { LruMap } from '../../lru-map.ts';
import { resolveToken } from './authenticate.ts';
import type { ForwardPorts } from './forward.ts';
import type { CloudSession, ForwardedResponse } from './pass-through.ts';
import { rewriteResponse, toResponse } from './proxied-response.ts';
import { prefixOf, type Service, type ServiceName, serviceOfPath } from './services.ts';

/** Bounds the time until an upgrade of the cloud shows. */
const DOCUMENT_TTL_MS = 60_000;
/** Limits the requests that unauthenticated clients can cause while the cloud fails. */
const ERROR_TTL_MS = 1_000;
const MAX_DOCUMENTS = 60;
const MAX_DOCUMENT_BYTES = 65_536;

/** Paths outside the versions that are passed through, and Nova's public documents. */
const DOCUMENTS: Readonly<Record<ServiceName, readonly string[]>> = {
  compute: ['', '/', '/v2', '/v2/', '/v2.1', '/v2.1/'],
  image: ['', '/', '/versions'],
  network: ['', '/'],
  volume: ['', '/'],
};

/** Of a further service only its root, which names its versions; object storage has none, but what it can do. */
function documentsOf(service: Service): readonly string[] {
  if (!isFurtherService(service)) return DOCUMENTS[service];
  return service === 'object-store' ? ['/info'] : ['', '/'];
}

interface CachedDocument {
  readonly status: number;
  readonly headers: ForwardedResponse['headers'];
  readonly body: Uint8Array;
  readonly roots: CloudSession['roots'];
}

/** Serves version documents; calls `next` for all else. */
export function versionDocuments(
  ports: Pick<ForwardPorts, 'access' | 'passThrough' | 'publicUrl' | 'regionalUrl' | 'requestTarget'>,
  tokens: KeyTokens,
): MiddlewareHandler<GatewayEnv> {
  const { access, passThrough, publicUrl, regionalUrl } = ports;
  const cache = new LruMap<CachedDocument>({ max: MAX_DOCUMENTS });

  const fetchDocument = async (
    c: Context<GatewayEnv>,
    service: Service,
    path: string,
  ): Promise<CachedDocument> => {
    // A region that is in no catalog read so far is looked up in the caller's.
    const isKnown = c.get('region') !== undefined;
    const anonymous = isKnown
      ? await passThrough.document(service, path, null, anonymousCall(c, access))
      : null;
    const credential = anonymous === null ? await callerCredential(c) : null;
    const found =
      anonymous ?? (await passThrough.document(service, path, credential, anonymousCall(c, access)));
    if (found === null) throw new ComputeError('not_found', 'The resource could not be found.');
    const { answer, roots } = found;
    return { ...answer, body: await readWhole(answer.body), roots };
  };
  /** Before the first sign-in since the start, the cloud's endpoints are unknown: this request then has to authenticate. */
  const callerCredential = async (c: Context<GatewayEnv>) => {
    const token = c.req.header('x-auth-token')?.trim() || undefined;
    await admit(access, c, token && (await resolveToken(access, c, tokens, token)));
    if (c.get('region') === undefined) await readRegion(c, access.clouds, access.upstreamBudgetMs);
    return c.var.principal.credential;
  };

  return async function versionDocument(c, next) {
    const path = ports.requestTarget(c).replace(/[?#].*$/s, '');
    const part = serviceOfPath(path);
    const below = part === null ? '' : path.slice(prefixOf(part).length);
    const isRead = c.req.method === 'GET' || c.req.method === 'HEAD';
    if (part === null || part === 'identity' || !isRead || !documentsOf(part).includes(below)) return next();
    const name = JSON.stringify([c.get('region'), part, below]);
    const cached = cache.get(name);
    const document = cached ?? (await fetchDocument(c, part, below || '/'));
    const lifetime = document.status < 400 ? DOCUMENT_TTL_MS : ERROR_TTL_MS;
    if (cached === undefined) cache.set(name, document, lifetime);
    const urls = { identity: publicUrl(c), services: regionalUrl(c) };
    return toResponse(c.get('responseHeaders'), rewriteResponse(document, document.roots, urls));
  };
}

async function readWhole(body: Uint8Array | ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  const bytes = new Uint8Array(await new Response(body).arrayBuffer());
  if (bytes.length > MAX_DOCUMENT_BYTES)
    throw new ComputeError('bad_gateway', 'The version document is too long.');
  return bytes;
}
