import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gunzip, gzip } from 'node:zlib';
import type { Asset, Coding } from '../../src/http/assets.ts';

type Bytes = Uint8Array<ArrayBuffer>;
type Compressed = Exclude<Coding, 'identity'>;

/** Of the file with a compressed form next to the file itself. */
export const EXTENSIONS: Readonly<Record<Compressed, string>> = { br: '.br', gzip: '.gz' };

/** @param quality Of brotli; the default is as quick as gzip. */
export function compress(bytes: Bytes, coding: Compressed, quality = 5): Promise<Bytes> {
  return coding === 'gzip'
    ? promisify(gzip)(bytes)
    : promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } });
}

/** A text of this type, with an entity tag of its content; browsers store it and revalidate it each time. */
export function asset(type: string, body: string, headers: Readonly<Record<string, string>> = {}): Asset {
  const own = headersOf(type, contentHash(body), headers);
  const bytes = new TextEncoder().encode(body);
  return {
    headers: own,
    bytes: codings(async (coding) => (coding === 'identity' ? bytes : compress(bytes, coding))),
  };
}

/**
 * A file whose URL contains a hash of its content; read when it is first requested. Its compressed forms may be next to it, or in
 * place of it.
 */
export function immutableFile(type: string, file: string, hash: string): Asset {
  const read = () =>
    readFile(file).catch(async () => promisify(gunzip)(await readFile(file + EXTENSIONS.gzip)));
  return {
    headers: headersOf(type, hash, { 'Cache-Control': 'public, max-age=31536000, immutable' }),
    bytes: codings((coding) =>
      coding === 'identity'
        ? read()
        : readFile(file + EXTENSIONS[coding]).catch(async () => compress(await read(), coding)),
    ),
  };
}

function headersOf(type: string, hash: string, headers: Readonly<Record<string, string>>): Asset['headers'] {
  return {
    'Cache-Control': 'no-cache',
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'same-origin',
    ...headers,
    'Content-Type': `${type}; charset=utf-8`,
    // Weak: one tag for all codings.
    ETag: `W/"${hash}"`,
  };
}

/** Makes each coding once; after a failure the next request tries again. */
function codings(make: (coding: Coding) => Promise<Bytes>): Asset['bytes'] {
  const made = new Map<Coding, Promise<Bytes>>();
  return (coding) => {
    const known = made.get(coding);
    if (known !== undefined) return known;
    const making = make(coding);
    made.set(coding, making);
    making.catch(() => made.delete(coding));
    return making;
  };
}

/** Own files only, no framing. @param directives Further ones of the Content-Security-Policy. */
export function page(body: string, ...directives: readonly string[]): Asset {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    ...directives,
  ];
  return asset('text/html', body, {
    'Content-Security-Policy': policy.join('; '),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Referrer-Policy': 'same-origin',
    'X-Frame-Options': 'DENY',
  });
}

export function contentHash(body: string): string {
  return createHash('sha256').update(body).digest('base64url');
}
