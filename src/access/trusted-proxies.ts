import type { Context } from 'hono';
import { parseHost } from '../http/host.ts';
import type { ForwardedOrigin } from '../http/public-url.ts';
import { isInNetwork, parseAddress, parseNetwork } from './ip-address.ts';

/** Reads `X-Forwarded-*` only as far as trusted proxies wrote it. */
export interface TrustedProxies {
  /**
   * The peer address; if that is a trusted proxy, the rightmost untrusted address in `X-Forwarded-For`. Addresses further left are
   * the client's claim. null if the runtime does not know the peer.
   */
  readonly clientAddress: (c: Context) => string | null;
  /** From the last elements of `X-Forwarded-Proto` and `X-Forwarded-Host`, which the nearest proxy wrote. */
  readonly forwardedOrigin: (c: Context) => ForwardedOrigin;
}

/** Bounds the work; further hops are ignored. */
const MAX_HOPS = 20;
/** An address with brackets, zone and port is shorter. */
const MAX_HOP_LENGTH = 80;

const NOTHING: ForwardedOrigin = { scheme: null, host: null };

export function trustedProxies(
  cidrs: readonly string[],
  peerOf: (c: Context) => string | null,
): TrustedProxies {
  if (cidrs.length === 0) return { clientAddress: peerOf, forwardedOrigin: () => NOTHING };
  const networks = cidrs.map(parseNetwork).filter((network) => network !== null);
  /** null for text that is not an address. */
  const isTrusted = (text: string) => {
    const address = parseAddress(text);
    return address === null ? null : networks.some((network) => isInNetwork(address, network));
  };
  /** Per request, because several stages need the address. */
  const found = new WeakMap<Request, string>();
  return {
    clientAddress(c) {
      const peer = peerOf(c);
      const forwarded = peer === null ? undefined : c.req.header('x-forwarded-for');
      if (peer === null || forwarded === undefined || isTrusted(peer) !== true) return peer;
      const known = found.get(c.req.raw);
      if (known !== undefined) return known;
      const address = nearestUntrusted(forwarded, isTrusted) ?? peer;
      found.set(c.req.raw, address);
      return address;
    },
    forwardedOrigin(c) {
      const peer = peerOf(c);
      if (peer === null || isTrusted(peer) !== true) return NOTHING;
      const scheme = lastOf(c.req.header('x-forwarded-proto'))?.toLowerCase();
      const host = lastOf(c.req.header('x-forwarded-host'));
      return {
        scheme: scheme === 'http' || scheme === 'https' ? scheme : null,
        host: host === undefined ? null : parseHost(host),
      };
    },
  };
}

/** The rightmost hop that is not a trusted proxy; null if it is not an address, or there is none. */
function nearestUntrusted(forwarded: string, isTrusted: (address: string) => boolean | null): string | null {
  let end = forwarded.length;
  for (let count = 0; count < MAX_HOPS && end >= 0; count++) {
    const comma = forwarded.lastIndexOf(',', end - 1);
    const hop = end === 0 ? '' : forwarded.slice(comma + 1, end);
    const address = addressIn(hop);
    const trusted = address === null ? null : isTrusted(address);
    if (trusted !== true) return trusted === null ? null : address;
    end = end === 0 ? -1 : comma;
  }
  return null;
}

/** Without the port and brackets that some proxies add; null if too long. */
function addressIn(hop: string): string | null {
  if (hop.length > MAX_HOP_LENGTH) return null;
  const text = hop.trim();
  return /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;
}

function lastOf(list: string | undefined): string | undefined {
  return list?.slice(list.lastIndexOf(',') + 1).trim();
}
