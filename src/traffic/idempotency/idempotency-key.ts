import { ComputeError } from '../../compute/errors.ts';

export const IDEMPOTENCY_KEY = 'Idempotency-Key';

const MAX_LENGTH = 255;
/** A structured field's string (RFC 9651, 3.3.3) of draft-ietf-httpapi-idempotency-key-header. */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
/** As most clients send it; without comma and space, which occur in several joined headers. */
const BARE = /^[\x21\x23-\x2b\x2d-\x7e]+$/;

/** Quoted and bare form are the same key. @throws ComputeError `invalid`, naming the header. */
export function parseIdempotencyKey(header: string): string {
  const quoted = QUOTED.exec(header.trim())?.[1]?.replaceAll(/\\(["\\])/g, '$1');
  const key = quoted ?? (BARE.test(header.trim()) ? header.trim() : '');
  if (key.length >= 1 && key.length <= MAX_LENGTH) return key;
  throw ComputeError.field(
    IDEMPOTENCY_KEY,
    `must be one key of 1 to ${MAX_LENGTH} printable ASCII characters, bare (no space, comma or quote in it) or in double quotes`,
  );
}
