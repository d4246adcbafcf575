import * as z from 'zod';
import { inAnyCase } from './field-schemas.ts';

/** The protocols that Neutron knows by name; all others go by their IANA number. */
const NAMES: ReadonlySet<string> = new Set([
  'ah',
  'dccp',
  'egp',
  'esp',
  'gre',
  'hopopt',
  'icmp',
  'icmpv6',
  'igmp',
  'ip',
  'ipip',
  'ipv6-encap',
  'ipv6-frag',
  'ipv6-icmp',
  'ipv6-nonxt',
  'ipv6-opts',
  'ipv6-route',
  'ospf',
  'pgm',
  'rsvp',
  'sctp',
  'tcp',
  'udp',
  'udplite',
  'vrrp',
]);
/** By name and IANA number. */
const WITH_PORTS: ReadonlySet<string> = new Set([
  ...['tcp', 'udp', 'sctp', 'dccp', 'udplite'],
  ...['6', '17', '132', '33', '136'],
]);
const ICMP: ReadonlySet<string> = new Set(['icmp', 'icmpv6', 'ipv6-icmp', '1', '58']);
const IPV6_NUMBERS: ReadonlySet<string> = new Set(['41', '43', '44', '58', '59', '60']);
const NUMBER = /^([01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5])$/;
const NAME_OR_NUMBER = new RegExp(`${inAnyCase([...NAMES, 'any']).source}|${NUMBER.source}`);

/** Ports, or type and code of ICMP. */
export interface PortRange {
  readonly min: number;
  readonly max?: number;
}

/** A protocol of a rule, in lower case; "any" is null, as with Neutron. */
export const protocolSchema = z
  .string()
  .max(40)
  .regex(NAME_OR_NUMBER, {
    error:
      'must be tcp, udp, icmp, another IANA protocol name, a protocol number from 0 to 255, or null for any',
    abort: true,
  })
  .toLowerCase()
  .transform((protocol) => (protocol === 'any' ? null : protocol));

export function hasPorts(protocol: string): boolean {
  return WITH_PORTS.has(protocol);
}

export function isIcmp(protocol: string): boolean {
  return ICMP.has(protocol);
}

/** Exists over IPv6 only. */
export function isIpv6Only(protocol: string): boolean {
  return protocol === 'icmpv6' || protocol.startsWith('ipv6-') || IPV6_NUMBERS.has(protocol);
}
