/**
 * Addresses and networks of the internet, as numbers.
 *
 * @module
 */

export interface IpAddress {
  /** Of the address: IPv4 or IPv6. */
  readonly bits: 32 | 128;
  readonly value: bigint;
}

export interface IpNetwork extends IpAddress {
  /** How many of the leading bits an address has in common with it. */
  readonly prefix: number;
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const MAPPED_BITS = 96;
const MAPPED = 0xffffn;

/**
 * An IPv4 address of four decimal parts, or an IPv6 address; a zone (`%eth0`) makes no difference. An IPv4 address that came over
 * an IPv6 socket (`::ffff:192.0.2.1`) is the IPv4 address. null: it is neither.
 */
export function readAddress(text: string): IpAddress | null {
  const address = asWritten(text);
  return address !== null && isMapped(address) ? unmapped(address) : address;
}

/** A network in CIDR form; one of IPv4 that is written as one of IPv6 is the IPv4 network. null: it is none. */
export function readNetwork(text: string): IpNetwork | null {
  const [, base = '', digits] = /^(.+)\/(\d{1,3})$/.exec(text) ?? [];
  const [address, prefix] = [asWritten(base), Number(digits)];
  if (address === null || prefix > address.bits) return null;
  return isMapped(address) && prefix >= MAPPED_BITS
    ? { ...unmapped(address), prefix: prefix - MAPPED_BITS }
    : { ...address, prefix };
}

export function lies(address: IpAddress, network: IpNetwork): boolean {
  const rest = BigInt(network.bits - network.prefix);
  return address.bits === network.bits && address.value >> rest === network.value >> rest;
}

function asWritten(text: string): IpAddress | null {
  if (IPV4.test(text)) {
    return { bits: 32, value: text.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n) };
  }
  const address = text.replace(/%\w+$/, '');
  const url = `http://[${address}]`;
  // URLs have the grammar of IPv6 addresses in them, and print each in one way: in lower case, the longest zeros as "::".
  if (!/^[\da-f:.]+$/i.test(address) || !URL.canParse(url)) return null;
  const [left = [], right = []] = new URL(url).hostname
    .slice(1, -1)
    .split('::')
    .map((groups) => groups.split(':'));
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '');
  const digits = [...left, ...zeros, ...right].map((group) => group.padStart(4, '0'));
  return { bits: 128, value: BigInt(`0x${digits.join('')}`) };
}

function isMapped({ bits, value }: IpAddress): boolean {
  return bits === 128 && value >> 32n === MAPPED;
}

function unmapped({ value }: IpAddress): IpAddress {
  return { bits: 32, value: value & 0xffff_ffffn };
}
