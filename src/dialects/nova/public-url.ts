import type { Context } from 'hono';

/** Where clients find the gateway, for links and catalog; no trailing slash. */
export type PublicUrl = (c: Context) => string;

/** @param configured `LINGUANOVA_PUBLIC_URL`; null: where this client has found it. */
export function publicUrl(configured: string | null): PublicUrl {
  if (configured === null) return (c) => new URL(c.req.url).origin;
  const url = configured.replace(/\/+$/, '');
  return () => url;
}
