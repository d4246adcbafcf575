import type { Context } from 'hono';

/** Where clients find the gateway, for links and catalog; no trailing slash. */
export type PublicUrl = (c: Context) => string;

/** @param configured `LINGUANOVA_PUBLIC_URL`; null: where this client has found it. */
export function publicUrl(configured: string | null): PublicUrl {
  if (configured === null) return whereItWasFound();
  const url = configured.replace(/\/+$/, '');
  return () => url;
}

/** Parsing a URL costs, and nearly all clients come to one address. */
function whereItWasFound(): PublicUrl {
  let last = { address: '', origin: '' };
  return (c) => {
    const { url } = c.req;
    const address = url.slice(0, url.indexOf('/', url.indexOf('://') + 3));
    if (address !== last.address) last = { address, origin: new URL(url).origin };
    return last.origin;
  };
}
