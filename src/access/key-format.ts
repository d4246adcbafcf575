/**
 * The text of an API key: `ln_<id>_<secret><checksum>`. The prefix lets secret scanners find leaks, the id finds the
 * stored row, the checksum refuses garbage without any I/O.
 *
 * @module
 */

const PREFIX = 'ln';
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';

/** 82 bits: ids never meet by chance. Lower case, for they are user names and application credential ids elsewhere. */
const ID_LENGTH = 16;
/** 196 bits. */
const SECRET_LENGTH = 33;
/** Base62 digits of a CRC-32. */
const CHECKSUM_LENGTH = 6;

const KEY_PATTERN = new RegExp(
  `^${PREFIX}_([0-9a-z]{${ID_LENGTH}})_([0-9A-Za-z]{${SECRET_LENGTH}})([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`,
);

/** The two halves of a key: the id is public, the secret is not. */
export interface KeyParts {
  readonly id: string;
  readonly secret: string;
}

/** New random halves. */
export function generateKey(): KeyParts {
  return { id: randomText(ID_ALPHABET, ID_LENGTH), secret: randomText(BASE62, SECRET_LENGTH) };
}

/** The text to hand out, once. */
export function formatKey({ id, secret }: KeyParts): string {
  const body = `${PREFIX}_${id}_${secret}`;
  return body + checksum(body);
}

/** The halves of a well-formed key; null for anything else. */
export function parseKey(text: string): KeyParts | null {
  const match = KEY_PATTERN.exec(text);
  if (match === null) return null;
  const [, id = '', secret = '', sum = ''] = match;
  return checksum(text.slice(0, -CHECKSUM_LENGTH)) === sum ? { id, secret } : null;
}

/** Where the id stands in a key; of anything else, some text that is no id. Costs nothing, and proves nothing. */
export function extractKeyId(text: string): string {
  return text.slice(PREFIX.length + 1, PREFIX.length + 1 + ID_LENGTH);
}

/** Each character equally likely: bytes that would favour the first ones are thrown away. */
function randomText(alphabet: string, length: number): string {
  const fair = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      if (byte < fair && text.length < length) text += alphabet[byte % alphabet.length];
    }
  }
  return text;
}

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    digits = BASE62[rest % BASE62.length] + digits;
    rest = Math.floor(rest / BASE62.length);
  }
  return digits;
}

/** CRC-32 (IEEE 802.3) of ASCII text. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
