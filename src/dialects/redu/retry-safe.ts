import type { Context } from 'hono';

/**
 * What can be sent again after an attempt of unknown outcome. Creating an instance finds what that attempt has made; of the others
 * the second is refused where the first was carried out: by the name of the key pair, by the rule, by the rotation, by the
 * attachment, by the size of the volume. A console changes nothing.
 */
const RETRY_SAFE: readonly RegExp[] = [
  /^\/v1\/instances$/,
  /^\/cloud\/v1\/compute\/instances\/create$/,
  /^\/v1\/instances\/[^/]+\/console$/,
  /^\/v1\/keypairs$/,
  /^\/cloud\/v1\/compute\/keypairs$/,
  /^\/v1\/security_groups\/[^/]+\/rules$/,
  /^\/v1\/instances\/[^/]+\/volumes$/,
  /^\/v1\/volumes\/[^/]+\/actions$/,
  /^\/v1\/api_keys\/[^/]+\/rotate$/,
];

/** Whether the handler of this POST makes nothing twice when it is run again. */
export function isRetrySafe(c: Context): boolean {
  const path = c.req.path.replace(/\/$/, '');
  return RETRY_SAFE.some((pattern) => pattern.test(path));
}
