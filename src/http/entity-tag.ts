const ENTITY_TAG = /(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

/**
 * Whether `If-None-Match` or `If-Match` lists this entity tag, by the weak comparison of RFC 9110, 8.8.3.2: proxies that compress
 * make tags weak.
 */
export function entityTagListed(header: string | undefined, etag: string | null): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  if (etag === null) return false;
  const opaque = etag.replace(/^W\//, '');
  return Array.from(header.matchAll(ENTITY_TAG), ([, tag]) => tag).includes(opaque);
}
