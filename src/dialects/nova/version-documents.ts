/**
 * The services' version documents, which clients read before they sign in. Public, so one cached copy serves all clients.
 */

import type { Context, MiddlewareHandler } from 'hono';
import { anonymousCall } from '../../access/access.ts';
import { admit } from '../../access/authenticate.ts';
import type { KeyTokens } from '../../access/key-token.ts';
import { readRegion } from '../../access/select-region.ts';
import { SingleFlight } from '../../async.ts';
import type { CloudCredential } from '../../compute/cloud.ts';
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

type Found = CachedDocument | { readonly failure: unknown };

/** Serves version documents; calls `next` for all else. */
export function versionDocuments(
  ports: Pick<ForwardPorts, 'access' | 'passThrough' | 'publicUrl' | 'regionalUrl' | 'requestTarget'>,
  tokens: KeyTokens,
  waitUntil: (work: Promise<unknown>, c: Context<GatewayEnv>) => void,
): MiddlewareHandler<GatewayEnv> {
  const { access, passThrough, publicUrl, regionalUrl } = ports;
  /** Has at most one entry for each document of each service of each served region; evicting one would be work for any client. */
  const cache = new LruMap<Found>({});
  const flight = new SingleFlight<CachedDocument | null>();

  /** null: without a credential the cloud's endpoints are unknown. */
  const fetchDocument = async (
    c: Context<GatewayEnv>,
    service: Service,
    path: string,
    credential: CloudCredential | null,
  ): Promise<CachedDocument | null> => {
    const found = await passThrough.document(service, path, credential, anonymousCall(c, access));
    return found && { ...found.answer, body: await readWhole(found.answer.body), roots: found.roots };
  };

  const authenticateCaller = async (c: Context<GatewayEnv>): Promise<void> => {
    if (c.get('principal') !== undefined) return;
    const token = c.req.header('x-auth-token')?.trim() || undefined;
    await admit(access, c, token && (await resolveToken(access, c, tokens, token)));
  };

  const findDocument = async (
    c: Context<GatewayEnv>,
    service: Service,
    path: string,
  ): Promise<CachedDocument> => {
    const name = JSON.stringify([c.get('region'), service, path]);
    const cached = cache.get(name);
    if (cached !== undefined && 'failure' in cached) throw cached.failure;
    if (cached !== undefined) return cached;
    const store = (document: CachedDocument) =>
      cache.set(name, document, document.status < 400 ? DOCUMENT_TTL_MS : ERROR_TTL_MS);
    // Beyond the limit of its address a request has to authenticate.
    const isFree = flight.has(name) || access.anonymousRequests.record(access.clientAddress(c)) === null;
    if (!isFree) await authenticateCaller(c);
    const work = async () => {
      try {
        const document = await fetchDocument(c, service, path, null);
        if (document !== null) store(document);
        return document;
      } catch (failure) {
        cache.set(name, { failure }, ERROR_TTL_MS);
        throw failure;
      }
    };
    const shared = await flight.run(name, work, { background: (landing) => waitUntil(landing, c) });
    if (shared !== null) return shared;
    // Before the first sign-in since the start, the cloud's endpoints are unknown: this request then has to authenticate.
    await authenticateCaller(c);
    const own = await fetchDocument(c, service, path, c.var.principal.credential);
    if (own === null) throw new ComputeError('not_found', 'The resource could not be found.');
    store(own);
    return own;
  };

  return async function versionDocument(c, next) {
    const path = ports.requestTarget(c).replace(/[?#].*$/s, '');
    const part = serviceOfPath(path);
    const below = part === null ? '' : path.slice(prefixOf(part).length);
    const isRead = c.req.method === 'GET' || c.req.method === 'HEAD';
    if (part === null || part === 'identity' || !isRead || !documentsOf(part).includes(below)) return next();
    // A region that is in no catalog read so far is looked up in the caller's.
    if (c.get('region') === undefined) {
      await authenticateCaller(c);
      await readRegion(c, access.clouds, access.upstreamBudgetMs);
    }
    const document = await findDocument(c, part, below || '/');
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
