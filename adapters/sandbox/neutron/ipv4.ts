/** @module Arithmetic of IPv4 addresses and prefixes. */

/** A prefix as numbers. */
export interface Prefix {
  /** First address, host bits cleared. */
  base: number;
  /** How many addresses it has. */
  size: number;
  length: number;
}

/** The address as a number; undefined when the text is none. */
export function parseAddress(text: string): number | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  const bytes = text.split('.').map(Number);
  if (bytes.some((byte) => byte > 255)) return undefined;
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** The number as an address. */
export function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** Reads `10.0.0.1/8`; host bits may be set, as Neutron allows. A bare address is a /32. */
export function parsePrefix(text: string): Prefix | undefined {
  const [address = '', bits = '32', ...rest] = text.split('/');
  const value = parseAddress(address);
  const length = /^\d{1,2}$/.test(bits) ? Number(bits) : Number.NaN;
  if (value === undefined || rest.length > 0 || !(length <= 32)) return undefined;
  const size = 2 ** (32 - length);
  return { base: Math.floor(value / size) * size, size, length };
}

/** Whether the address lies in the prefix. */
export function contains(prefix: Prefix, address: number): boolean {
  return address >= prefix.base && address < prefix.base + prefix.size;
}

/** Whether the text looks like an IPv6 prefix; the sandbox does not compute with those. */
export function isIpv6Prefix(text: string): boolean {
  return /^[0-9a-f:]+(\/\d{1,3})?$/i.test(text) && text.includes(':');
}
