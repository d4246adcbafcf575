/** Base64 and base64url (RFC 4648), the project's only implementation of each. */

export function encodeBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** @throws DOMException for text that is not base64. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Base64url without padding, safe in headers, cookies and URLs. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** @throws DOMException for text that is not base64url. */
export function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return decodeBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
}

/**
 * The bytes of `value` as canonical base64, read as Nova reads it: characters outside of the alphabet are skipped, and what
 * follows the padding is ignored.
 *
 * @returns null when the padding is wrong.
 */
export function canonicalBase64(value: string): string | null {
  const characters = value.replaceAll(/[^A-Za-z0-9+/=]/g, '');
  const end = characters.indexOf('=');
  const data = end < 0 ? characters : characters.slice(0, end);
  const missing = data.length % 4 === 0 ? 0 : 4 - (data.length % 4);
  if (missing === 3 || !characters.startsWith('='.repeat(missing), data.length)) return null;
  return btoa(atob(data));
}
