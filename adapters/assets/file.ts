import { createHash } from 'node:crypto';
import type { Asset } from '../../src/http/assets.ts';

/** A file of this type, with an entity tag of its content; browsers store it and revalidate it each time. */
export function asset(type: string, body: string, headers: Readonly<Record<string, string>> = {}): Asset {
  // Weak: one tag for the compressed and the uncompressed form.
  const ETag = `W/"${contentHash(body)}"`;
  const own = { 'Content-Type': `${type}; charset=utf-8`, ETag };
  const common = {
    'Cache-Control': 'no-cache',
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'same-origin',
  };
  return { body, headers: { ...common, ...headers, ...own } };
}

/** For a file whose name carries its `contentHash`: under that name it never changes. */
export const IMMUTABLE = { 'Cache-Control': 'public, max-age=31536000, immutable' };

export function contentHash(body: string): string {
  return createHash('sha256').update(body).digest('base64url');
}
