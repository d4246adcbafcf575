import { requestHeaders } from '../headers.ts';

/** Besides those of every service: an allowlist, since one header more may be one more identity. */
const FORWARDED: ReadonlySet<string> = new Set([
  'client-id',
  'content-encoding',
  'content-length',
  'x-auth-all-projects',
]);
/** Versions that ironic, manila and others read from headers of their own. */
const VERSION = /^x-openstack-[a-z]+(?:-[a-z]+)*-api-version$/;

export function furtherRequestHeaders(given: Headers): Record<string, string> {
  const headers = requestHeaders(given, false);
  for (const [name, value] of given) if (FORWARDED.has(name) || VERSION.test(name)) headers[name] = value;
  return headers;
}
