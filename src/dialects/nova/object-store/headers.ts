/**
 * Headers of object storage. To the cloud go those of the content, of conditions, of copies and of metadata: an allowlist, as that
 * of the other services, since one header more may be one more identity.
 */

const FORWARDED: ReadonlySet<string> = new Set([
  'accept',
  'access-control-request-headers',
  'access-control-request-method',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-type',
  'destination',
  'destination-account',
  'etag',
  'expires',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-unmodified-since',
  'origin',
  'range',
  'referer',
  'user-agent',
  'x-copy-from',
  'x-copy-from-account',
  'x-delete-after',
  'x-delete-at',
  'x-detect-content-type',
  'x-fresh-metadata',
  'x-history-location',
  'x-if-delete-at',
  'x-newest',
  'x-remove-history-location',
  'x-remove-versions-location',
  'x-robots-tag',
  'x-storage-policy',
  'x-symlink-target',
  'x-symlink-target-account',
  'x-symlink-target-etag',
  'x-trans-id-extra',
  'x-versions-enabled',
  'x-versions-location',
  'x-web-mode',
]);

/** Metadata and settings, and their removal; what Swift sets for itself (`Sysmeta`) is no customer's. */
const METADATA = /^x-(?:remove-)?(?:account|container|object)-(?!sysmeta-|transient-sysmeta-)/;

/** A reader of one of these can write: they sign temporary URLs and synchronise containers. */
const SECRETS = /^x-(?:(?:account|container)-meta-temp-url-key(?:-\d+)?|container-sync-key)$/;

export function objectRequestHeaders(given: Headers): Record<string, string> {
  // As stored: the cloud's proxies must not compress what is measured and hashed.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  for (const [name, value] of given) {
    if (FORWARDED.has(name) || METADATA.test(name)) headers[name] = value;
  }
  return headers;
}

/** What a key gets that may only read. */
export function withoutSecrets(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !SECRETS.test(name)));
}
