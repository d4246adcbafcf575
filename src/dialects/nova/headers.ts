/** Allowlist: credentials, cookies, identity (`X-Forwarded-*`, `X-Project-Id`, `X-Roles`) and hop-by-hop headers stay here. */
const FORWARDED = [
  'accept',
  'accept-language',
  'content-range',
  'content-type',
  'if-match',
  'if-none-match',
  'openstack-api-version',
  'range',
  'user-agent',
  'x-image-meta-store',
  'x-openstack-image-size',
  'x-openstack-nova-api-version',
] as const;

/** From one vendor's documentation; Nova itself has no such header. */
const VENDOR_MICROVERSION = 'x-openstack-nova-microversion';

/** RFC 9110 section 7.6.1, and those of older proxies. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const UPSTREAM_ONLY: ReadonlySet<string> = new Set([
  'alt-svc',
  'date',
  'server',
  'set-cookie',
  'strict-transport-security',
  'via',
  'x-auth-token',
  'x-subject-token',
]);

const NEEDS_RETRY_AFTER: ReadonlySet<number> = new Set([429, 503]);
const DEFAULT_RETRY_AFTER_SECONDS = '1';

/** @param isCompute Translates the vendor's microversion header. */
export function requestHeaders(given: Headers, isCompute: boolean): Record<string, string> {
  // Uncompressed: links in the body have to be rewritten.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  for (const name of FORWARDED) {
    const value = given.get(name);
    if (value !== null) headers[name] = value;
  }
  const version = isCompute ? given.get(VENDOR_MICROVERSION)?.trim() : undefined;
  if (version && !headers['openstack-api-version'] && !headers['x-openstack-nova-api-version']) {
    headers['openstack-api-version'] = `compute ${version}`;
    headers['x-openstack-nova-api-version'] = version;
  }
  return headers;
}

/** Ensures a `Retry-After` of whole seconds with 429 and 503, which clients rely on. */
export function responseHeaders(
  status: number,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const named = given.connection
    ?.toLowerCase()
    .split(',')
    .map((name) => name.trim());
  const headers: Record<string, string> = {};
  for (const name in given) {
    const dropped = HOP_BY_HOP.has(name) || UPSTREAM_ONLY.has(name) || named?.includes(name);
    if (!dropped) headers[name] = given[name] ?? '';
  }
  if (NEEDS_RETRY_AFTER.has(status) && !/^[1-9]\d*$/.test(headers['retry-after'] ?? '')) {
    headers['retry-after'] = DEFAULT_RETRY_AFTER_SECONDS;
  }
  return headers;
}
