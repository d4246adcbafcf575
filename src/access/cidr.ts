/**
 * Networks that a key may be used from.
 *
 * @module
 */

import { lies, readAddress, readNetwork } from './ip-address.ts';

/** Whether `text` is an IPv4 or IPv6 network in CIDR form. IPv4 takes four decimal parts: `10.1/8` could mean two things. */
export function isCidr(text: string): boolean {
  return readNetwork(text) !== null;
}

/**
 * Whether `address` lies in one of `cidrs`. An IPv4 address that came over an IPv6 socket (`::ffff:192.0.2.1`) counts as the
 * IPv4 address it is. What is no address lies nowhere.
 */
export function isInside(address: string, cidrs: readonly string[]): boolean {
  const parsed = readAddress(address);
  if (parsed === null) return false;
  return cidrs.some((cidr) => {
    const network = readNetwork(cidr);
    return network !== null && lies(parsed, network);
  });
}
