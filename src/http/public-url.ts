import type { Context } from 'hono';
import type { GatewayEnv } from '../context.ts';

/** Scheme and host of the client's request by a trusted proxy; null: none or invalid. */
export interface ForwardedOrigin {
  readonly scheme: 'http' | 'https' | null;
  readonly host: string | null;
}

/** Base of links, `Location`, catalog and contract, without trailing slash. */
export type PublicUrl = (c: Context) => string;

/** The same for every dialect. @param configured `LINGUANOVA_PUBLIC_URL`; null: derived from the request. */
export function publicUrl(
  configured: string | null,
  forwardedOrigin: (c: Context) => ForwardedOrigin,
): PublicUrl {
  if (configured === null) return requestOrigin(forwardedOrigin);
  const url = configured.replace(/(?<!\/)\/+$/, '');
  return () => url;
}

/** Caches the last result, since nearly all clients use one address. */
function requestOrigin(forwardedOrigin: (c: Context) => ForwardedOrigin): PublicUrl {
  let last = { address: '', origin: '' };
  return (c) => {
    const { url } = c.req;
    const { scheme, host } = forwardedOrigin(c);
    const authority = url.indexOf('://') + 3;
    const end = url.indexOf('/', authority);
    const address =
      scheme === null && host === null
        ? url.slice(0, end)
        : `${scheme ?? url.slice(0, authority - 3)}://${host ?? url.slice(authority, end)}`;
    if (address !== last.address) last = { address, origin: new URL(address).origin };
    return last.origin;
  };
}

/** The base of links of a request to a region: as the client wrote its path. */
export function regionalUrl(url: PublicUrl): (c: Context<GatewayEnv>) => string {
  return (c) => {
    const prefix = c.get('regionPrefix');
    return prefix === '' ? url(c) : url(c) + prefix;
  };
}

/** Whether no proxy is known in front of this request, so that clients reach the paths that proxies hide. */
export function isDirect(
  configured: string | null,
  forwardedOrigin: (c: Context) => ForwardedOrigin,
): (c: Context) => boolean {
  return (c) => {
    if (configured !== null) return false;
    const { scheme, host } = forwardedOrigin(c);
    return scheme === null && host === null;
  };
}

/** The path of a configured public URL, which a proxy strips before it forwards; empty without one. */
export function basePathOf(configured: string | null): string {
  return configured === null ? '' : new URL(configured).pathname.replace(/(?<!\/)\/+$/, '');
}

/** A path of the gateway as clients reach it, for `Location` and `Link`. */
export function publicPath(c: Context<GatewayEnv>, path: string): string {
  return `${c.get('basePath') ?? ''}${path}`;
}
