import type { Context } from 'hono';
import { ComputeError } from '../compute/errors.ts';

/** What the console's page sends with each request. A form cannot, and a script of another origin may not. */
export const CONSOLE_HEADER = 'x-linguanova-console';

/**
 * Refuses what does not come from the gateway's own page, so that no other site can have a browser act with the session's
 * cookie. Beside `SameSite=Strict` and `CONSOLE_HEADER`, for each of them has had its holes:
 *
 * - `Sec-Fetch-Site`, which browsers send over HTTPS and to loopback addresses, must say `same-origin`;
 * - `Origin`, which they send with whatever may change something, must be the gateway's, and `Referer` stands in for it.
 *
 * @param publicUrl Where clients find the gateway.
 * @throws ComputeError `forbidden`.
 */
export function assertSameOrigin(c: Context, publicUrl: string): void {
  const site = c.req.header('sec-fetch-site');
  const from = c.req.header('origin') ?? c.req.header('referer');
  const isNamed = from === undefined ? site !== undefined : isOwn(from, [publicUrl, c.req.url]);
  if (c.req.header(CONSOLE_HEADER) === undefined || !isNamed || (site ?? 'same-origin') !== 'same-origin') {
    throw new ComputeError(
      'forbidden',
      'This request does not come from the gateway’s own console. Behind a proxy set LINGUANOVA_PUBLIC_URL, or LINGUANOVA_TRUSTED_PROXIES and X-Forwarded-Proto.',
    );
  }
}

function isOwn(from: string, own: readonly string[]): boolean {
  return own.some((url) => originOf(url) === originOf(from));
}

/** Of `null`, a sandboxed page, none. */
function originOf(url: string): string | undefined {
  return URL.parse(url)?.origin;
}
