import { createHash } from 'node:crypto';
import type { Asset } from '../../src/http/assets.ts';

/** A file of this type, with a tag of its content; kept by browsers, and asked for each time. */
export function file(type: string, body: string, headers: Readonly<Record<string, string>> = {}): Asset {
  const ETag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  const own = { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'no-cache', ETag };
  const common = { 'X-Content-Type-Options': 'nosniff', 'Cross-Origin-Resource-Policy': 'same-origin' };
  return { body, headers: { ...common, ...headers, ...own } };
}
