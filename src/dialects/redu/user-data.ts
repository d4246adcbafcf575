import { text } from '../../http/field-schemas.ts';

/** What Nova takes, counted in base64. */
const MAX_ENCODED_LENGTH = 65_535;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what makes bytes text
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** User data in a request: plain text or base64; base64 once decoded. */
export const userDataSchema = text
  .transform(encodeUserData)
  .refine((encoded) => encoded.length <= MAX_ENCODED_LENGTH, {
    error: `must have at most ${MAX_ENCODED_LENGTH} bytes once it is base64 (about 49,000 as plain text)`,
  })
  .meta({ description: 'cloud-init user data, as plain text or as base64 of text or gzip.' });

/**
 * User data as base64, whichever way it came.
 *
 * The rule: what is base64 already is passed on, everything else is encoded as UTF-8. Base64 is a text in the standard
 * alphabet with its padding (line breaks aside, since `base64` prints them) that decodes to text (UTF-8 without control
 * characters) or to gzip. Real user data is never mistaken: it has a `#`, a `:`, a `<`, a `{` or a space in it, none of
 * which base64 has. And a bare word such as `password` is encoded: as base64 it would be binary.
 */
export function encodeUserData(userData: string): string {
  const unwrapped = userData.replaceAll(/[\r\n]/g, '');
  if (isEncoded(unwrapped)) return unwrapped;
  return toBase64(new TextEncoder().encode(userData));
}

function isEncoded(candidate: string): boolean {
  if (!BASE64.test(candidate)) return false;
  const binary = atob(candidate);
  // Also refuses stray bits in the last character, which no encoder writes.
  if (btoa(binary) !== candidate) return false;
  const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
  return isGzip(bytes) || isText(bytes);
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function isText(bytes: Uint8Array): boolean {
  try {
    return !CONTROL_CHARACTERS.test(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return false;
  }
}

function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
