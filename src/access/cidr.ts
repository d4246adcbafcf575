/**
 * Networks that a key may be used from.
 *
 * @module
 */

import ipaddr from 'ipaddr.js';

type Network = ReturnType<typeof ipaddr.parseCIDR>;

/** Whether `text` is an IPv4 or IPv6 network in CIDR form. IPv4 takes four decimal parts: `10.1/8` could mean two things. */
export function isCidr(text: string): boolean {
  return ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text);
}

/**
 * Whether `address` lies in one of `cidrs`. An IPv4 address that came over an IPv6 socket (`::ffff:192.0.2.1`) counts as the
 * IPv4 address it is. What is no address lies nowhere.
 */
export function isInside(address: string, cidrs: readonly string[]): boolean {
  if (!ipaddr.IPv4.isValidFourPartDecimal(address) && !ipaddr.IPv6.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return cidrs.some((cidr) => {
    const [network, bits] = canonical(ipaddr.parseCIDR(cidr));
    return network.kind() === parsed.kind() && parsed.match([network, bits] as Network);
  });
}

/** A network written as IPv4 inside IPv6 is the IPv4 network. */
function canonical([address, bits]: Network): Network {
  const MAPPED_BITS = 96;
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= MAPPED_BITS
    ? [address.toIPv4Address(), bits - MAPPED_BITS]
    : ([address, bits] as Network);
}
