import type { Context } from 'hono';
import { ComputeError } from '../compute/errors.ts';

/** Sent with each request of the page. Forms cannot send it, and scripts of other origins must not. */
export const CONSOLE_HEADER = 'x-linguanova-console';

/**
 * Rejects cross-site request forgery. In addition to `SameSite=Strict` and `CONSOLE_HEADER`, each of which has had gaps:
 *
 * - `Sec-Fetch-Site`, which browsers send over HTTPS and to loopback addresses, must be `same-origin`;
 * - `Origin`, which they send with unsafe methods, or else `Referer`, must be the gateway's.
 *
 * @throws ComputeError `forbidden`.
 */
export function assertSameOrigin(c: Context, publicUrl: string): void {
  const site = c.req.header('sec-fetch-site');
  const from = c.req.header('origin') ?? c.req.header('referer');
  const isNamed = from === undefined ? site !== undefined : isOwn(from, [publicUrl, c.req.url]);
  if (c.req.header(CONSOLE_HEADER) === undefined || !isNamed || (site ?? 'same-origin') !== 'same-origin') {
    throw new ComputeError(
      'forbidden',
      'This request does not come from the gateway’s own origin. Behind a proxy, set LINGUANOVA_PUBLIC_URL, or LINGUANOVA_TRUSTED_PROXIES and X-Forwarded-Proto.',
    );
  }
}

function isOwn(from: string, own: readonly string[]): boolean {
  return own.some((url) => originOf(url) === originOf(from));
}

/** undefined for `null`, the origin of a sandboxed page. */
function originOf(url: string): string | undefined {
  return URL.parse(url)?.origin;
}
