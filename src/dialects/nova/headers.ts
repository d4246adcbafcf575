/**
 * What of a request's headers reaches the cloud, and what of an answer's reaches the customer.
 *
 * @module
 */

/**
 * All that goes on to the cloud; whatever else a client sends ends at the gateway: its credentials, cookies, words about who or
 * where it is (`X-Forwarded-*`, `X-Project-Id`, `X-Roles`), and what belongs to its own connection.
 */
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

/** As one vendor's documentation calls it; Nova itself knows no such header. */
const VENDOR_MICROVERSION = 'x-openstack-nova-microversion';

/** RFC 9110, 7.6.1, and what older proxies say. */
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

/** What the cloud says to the gateway alone. */
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

/** @param isCompute Whether microversions are Nova's. */
export function requestHeaders(given: Headers, isCompute: boolean): Record<string, string> {
  // Nothing compressed, for links inside have to be found.
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

/** Clients count on whole seconds after 429 and 503. */
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
