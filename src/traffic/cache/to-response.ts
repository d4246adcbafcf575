import { VARY } from '../../access/cors.ts';
import { entityTagListed } from '../../http/entity-tag.ts';
import type { ResponseHeaders } from '../../http/response-headers.ts';
import type { CachedResponse } from './cached-response.ts';
import { MAX_TEXT_BYTES } from './memory-cache-store.ts';
import type { CacheResult } from './response-cache.ts';

/**
 * A kept answer for one client; 304 when the client has it. A browser keeps it too, and asks each time: it must not show its
 * own old list after its own write.
 */
export function toResponse(
  responseHeaders: ResponseHeaders,
  ifNoneMatch: string | undefined,
  { response: answer, result, revalidationFailed: failed }: CacheResult,
  now: number,
): Response {
  const headers: Record<string, string> = {
    'Cache-Control': 'private, max-age=0, must-revalidate',
    ETag: answer.etag,
    Age: String(Math.max(0, Math.floor((now - answer.generatedAt) / 1_000))),
    'X-Cache': result.toUpperCase(),
    Vary: VARY,
  };
  // RFC 7234, 5.5.2. RFC 9111 has dropped the field; there is no other that says it.
  if (failed) headers.Warning = '111 - "Revalidation Failed"';
  if (answer.link !== null) headers.Link = answer.link;
  if (entityTagListed(ifNoneMatch, answer.etag)) return responseHeaders.respond(null, 304, headers);
  headers['Content-Type'] = answer.contentType;
  return responseHeaders.respond(bodyOf(answer), 200, headers);
}

const texts = new WeakMap<CachedResponse, string>();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A short body as text: Node sends it with its head by one call, for bytes it takes two. */
function bodyOf(answer: CachedResponse): CachedResponse['body'] | string {
  if (answer.body.length > MAX_TEXT_BYTES) return answer.body;
  const known = texts.get(answer);
  if (known !== undefined) return known;
  const text = decoder.decode(answer.body);
  texts.set(answer, text);
  return text;
}
