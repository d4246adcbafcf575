/**
 * The text of an API key: `ln_<id>_<secret><checksum>`. The prefix is for secret scanners, the id selects the stored row, the
 * checksum rejects malformed keys without I/O.
 */

const PREFIX = 'ln';
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';

/** 82 bits: collisions do not occur. Lower case, because ids are also user names and application credential ids. */
const ID_LENGTH = 16;
/** 196 bits. */
const SECRET_LENGTH = 33;
/** Base62 digits of a CRC-32. */
const CHECKSUM_LENGTH = 6;

const KEY_PATTERN = new RegExp(
  `^${PREFIX}_([0-9a-z]{${ID_LENGTH}})_([0-9A-Za-z]{${SECRET_LENGTH}})([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`,
);

export interface KeyParts {
  readonly id: string;
  readonly secret: string;
}

export function generateKey(): KeyParts {
  return { id: randomText(ID_ALPHABET, ID_LENGTH), secret: randomText(BASE62, SECRET_LENGTH) };
}

export function formatKey({ id, secret }: KeyParts): string {
  const body = `${PREFIX}_${id}_${secret}`;
  return body + checksum(body);
}

/** null for a malformed key. */
export function parseKey(text: string): KeyParts | null {
  const match = KEY_PATTERN.exec(text);
  if (match === null) return null;
  const [, id = '', secret = '', sum = ''] = match;
  return checksum(text.slice(0, -CHECKSUM_LENGTH)) === sum ? { id, secret } : null;
}

/** The id at its position in the text, without any check. */
export function extractKeyId(text: string): string {
  return text.slice(PREFIX.length + 1, PREFIX.length + 1 + ID_LENGTH);
}

/** Rejection sampling, so that all characters are equally likely. */
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
