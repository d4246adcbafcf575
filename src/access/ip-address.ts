import ipaddr from 'ipaddr.js';
import { LruMap } from '../lru-map.ts';

export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;
export type IpNetwork = readonly [base: IpAddress, prefix: number];

const MAPPED_BITS = 96;
/** The shortest IPv4 prefix whose first and last address are a machine's too. */
const POINT_TO_POINT = 31;
/** Parsing is the only costly part of a check: 4 to 160 µs with ipaddr.js, against 0.3 µs for a cached result. */
const MAX_CACHED = 1_000;

const addresses = new LruMap<IpAddress | null>({ max: MAX_CACHED });
const networks = new LruMap<IpNetwork | null>({ max: MAX_CACHED });

/** An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) is the IPv4 address; null for text that is not an address. */
export function parseAddress(text: string): IpAddress | null {
  return cached(addresses, text, () => {
    if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
    const address = ipaddr.IPv6.parse(withHexTail(text));
    return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
  });
}

/** IPv4 takes four decimal parts, because `10.1/8` is ambiguous; an IPv4-mapped network is the IPv4 network. */
export function parseNetwork(text: string): IpNetwork | null {
  return cached(networks, text, () => {
    if (ipaddr.IPv4.isValidCIDRFourPartDecimal(text)) return ipaddr.IPv4.parseCIDR(text);
    const [base, prefix] = ipaddr.IPv6.parseCIDR(withHexTail(text));
    return base.isIPv4MappedAddress() && prefix >= MAPPED_BITS
      ? [base.toIPv4Address(), prefix - MAPPED_BITS]
      : [base, prefix];
  });
}

/**
 * An embedded IPv4 address in hexadecimal: ipaddr.js accepts hexadecimal and octal parts there, and reads `::192.0.2.1` as
 * IPv4-mapped, so that an IPv6 address would be inside an IPv4 network.
 *
 * @throws Error when the embedded address is not four decimal numbers.
 */
function withHexTail(text: string): string {
  if (!text.includes('.')) return text;
  const [, head = '', embedded = '', rest = ''] =
    /^(.*:)([\d.]+)((?:%[\da-z]+)?(?:\/\d+)?)$/i.exec(text) ?? [];
  if (!ipaddr.IPv4.isValidFourPartDecimal(embedded)) throw new Error('not an address');
  const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv4.parse(embedded).octets;
  return `${head}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}${rest}`;
}

/** @param parse Throws for invalid text, as ipaddr.js does. */
function cached<T>(cache: LruMap<T | null>, text: string, parse: () => T): T | null {
  let result = cache.get(text);
  if (result === undefined) {
    try {
      result = parse();
    } catch {
      result = null;
    }
    cache.set(text, result);
  }
  return result;
}

export function isCidr(text: string): boolean {
  return parseNetwork(text) !== null;
}

/** False for a network of the other family. */
export function isInNetwork(address: IpAddress, [base, prefix]: IpNetwork): boolean {
  return address.kind() === base.kind() && address.match(base, prefix);
}

export function isInside(text: string, cidrs: readonly string[]): boolean {
  const address = parseAddress(text);
  if (address === null) return false;
  return cidrs.some((cidr) => {
    const network = parseNetwork(cidr);
    return network !== null && isInNetwork(address, network);
  });
}

/** Whether a machine of one of the networks may have it: of their own family, and neither an IPv4 network's first nor last. */
export function isHostAddress(text: string, cidrs: readonly string[]): boolean {
  const kind = ipaddr.IPv4.isValidFourPartDecimal(text) ? 'ipv4' : 'ipv6';
  return cidrs.some((cidr) => {
    const [base, prefix] = parseNetwork(cidr) ?? [];
    if (base?.kind() !== kind || prefix === undefined || !isInside(text, [cidr])) return false;
    if (kind === 'ipv6' || prefix >= POINT_TO_POINT) return true;
    const ends = [ipaddr.IPv4.networkAddressFromCIDR(cidr), ipaddr.IPv4.broadcastAddressFromCIDR(cidr)];
    return !ends.some((end) => end.toString() === text);
  });
}

/** The unit in which clients are counted: an IPv4 address, or a /64, which is what one IPv6 customer has. */
export function clientNetwork(text: string | null): string {
  const address = parseAddress(text ?? '');
  if (address === null) return text ?? '';
  return 'parts' in address
    ? `${address.parts
        .slice(0, 4)
        .map((part) => part.toString(16))
        .join(':')}::/64`
    : `${address.toString()}/32`;
}
