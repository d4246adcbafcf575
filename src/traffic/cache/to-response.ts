import { encodeBase64Url } from '../../http/base64.ts';
import { entityTagListed } from '../../http/entity-tag.ts';
import type { ResponseHeaders } from '../../http/response-headers.ts';
import type { CachedResponse, CacheResult } from './cache-store.ts';
import { MAX_TEXT_BYTES } from './memory-cache-store.ts';

/**
 * Renders a cached response, or 304 if `If-None-Match` matches. `must-revalidate` makes browsers revalidate, so that users see
 * their own writes.
 */
export function toResponse(
  gathered: ResponseHeaders,
  ifNoneMatch: string | undefined,
  { response, result, revalidationFailed }: CacheResult,
  now: number,
): Response {
  const headers: Record<string, string> = {
    ...response.headers,
    'cache-control': 'private, max-age=0, must-revalidate',
    etag: response.etag,
    age: String(Math.max(0, Math.floor((now - response.generatedAt) / 1_000))),
    'x-cache': result === 'hit' ? 'HIT' : result.toUpperCase(),
  };
  // RFC 7234, 5.5.2. RFC 9111 dropped the field without a replacement.
  if (revalidationFailed) headers.warning = '111 - "Revalidation Failed"';
  if (!entityTagListed(ifNoneMatch, response.etag)) {
    return gathered.respondWith(bodyOf(response), 200, headers);
  }
  delete headers['content-type'];
  return gathered.respondWith(null, 304, headers);
}

const texts = new WeakMap<CachedResponse, string>();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A short body as text: Node sends it with its head in one system call, where bytes take two. */
function bodyOf(response: CachedResponse): CachedResponse['body'] | string {
  if (response.body.length > MAX_TEXT_BYTES) return response.body;
  const known = texts.get(response);
  if (known !== undefined) return known;
  const text = decoder.decode(response.body);
  texts.set(response, text);
  return text;
}

/**
 * A weak entity tag (RFC 9110, 8.8.3) of a body. It depends on the cache key, so that one tenant's tag reveals nothing of
 * another's response, and is the same on every gateway.
 */
export async function etagOf(key: Uint8Array, body: Uint8Array<ArrayBuffer>): Promise<string> {
  const bodyDigest = await digestOf(body);
  const both = new Uint8Array(key.length + bodyDigest.length);
  both.set(key);
  both.set(bodyDigest, key.length);
  return `W/"${encodeBase64Url((await digestOf(both)).subarray(0, 18))}"`;
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}
