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

/** For a file whose name carries its `contentHash`: under that name it never changes. */
export const IMMUTABLE = { 'Cache-Control': 'public, max-age=31536000, immutable' };

export function contentHash(body: string): string {
  return createHash('sha256').update(body).digest('base64url');
}
