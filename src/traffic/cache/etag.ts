/**
 * Entity tags (RFC 9110, 8.8.3). They are weak: what is told again has other headers beside the same body.
 *
 * @module
 */

import { encodeBase64Url } from '../../http/base64.ts';

/**
 * The tag of a body. It depends on whom the body is told to and what was asked, so that a tag one customer knows says nothing
 * to another, and it is the same on every gateway.
 *
 * @param key Digest of the answer's cache key.
 */
export async function etagOf(key: Uint8Array, body: Uint8Array<ArrayBuffer>): Promise<string> {
  const of = await digestOf(body);
  const both = new Uint8Array(key.length + of.length);
  both.set(key);
  both.set(of, key.length);
  const digest = await digestOf(both);
  return `W/"${encodeBase64Url(digest.subarray(0, 18))}"`;
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}
