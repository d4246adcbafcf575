/**
 * Security groups on the wire, and their rules.
 *
 * @module
 */

import * as z from 'zod';
import { name, text, uuid } from '../../http/field-schemas.ts';
import { hasPorts, isIcmp, isIpv6Only, type PortRange, protocolSchema } from '../../http/protocols.ts';

const MAX_PORT = 65_535;
const MAX_ICMP = 255;
const PORT_PROBLEM = `must be a port number from 1 to ${MAX_PORT}, a range as text ("80-90"), or null for any`;
const ICMP_PROBLEM = `must be an ICMP type from 0 to ${MAX_ICMP}, type and code as text ("3-4"), or null for any`;
const PORT_RANGE = /^([0-9]{1,5})-([0-9]{1,5})$/;

export const ruleSchema = z
  .object({
    id: z.string(),
    direction: z.enum(['ingress', 'egress']),
    ethertype: z.enum(['IPv4', 'IPv6']),
    protocol: z.string().nullable().describe('null: any.'),
    port: z
      .union([z.int(), z.string()])
      .nullable()
      .describe('A number, a range such as "80-90", or null: any. With icmp: type, or type and code.'),
    cidr: z.string().nullable().describe('null: any address, if no group is named.'),
    source_group_id: z
      .string()
      .nullable()
      .describe('Only the instances of this security group; of an egress rule, its destination.'),
    source_address_group_id: z
      .string()
      .optional()
      .describe('Only the addresses of this address group of Neutron; read-only.'),
    description: z.string(),
  })
  .meta({ id: 'SecurityGroupRule' });

export const securityGroupSchema = z
  .object({ id: z.string(), name: z.string(), description: z.string(), rules: z.array(ruleSchema) })
  .meta({ id: 'SecurityGroup' });

const description = text.max(255);

export const newSecurityGroupSchema = z
  .strictObject({ name, description: description.default('') })
  .meta({ id: 'NewSecurityGroup' });

export const securityGroupChangeSchema = z
  .strictObject({ name: name.optional(), description: description.optional() })
  .refine((body) => Object.values(body).some((value) => value !== undefined), {
    path: ['body'],
    error: 'must change something',
  })
  .meta({ id: 'SecurityGroupChange', minProperties: 1 });

const portSchema = z.union(
  [z.int().min(0).max(MAX_PORT).transform(single), z.string().regex(PORT_RANGE).transform(range)],
  {
    error: PORT_PROBLEM,
  },
);

const cidrSchema = z.union([z.cidrv4(), z.cidrv6()], {
  error:
    'must be an IPv4 or IPv6 network such as 203.0.113.0/24, 203.0.113.7/32 or 2001:db8::/32, or null for any',
});

export const newRuleSchema = z
  .strictObject({
    direction: z.enum(['ingress', 'egress']).default('ingress'),
    protocol: protocolSchema
      .nullable()
      .default(null)
      .describe('tcp, udp, icmp, another protocol by its IANA name or number, or null: any.'),
    port: portSchema.nullable().default(null).describe('null: any. With icmp: type, or type and code.'),
    cidr: cidrSchema
      .nullable()
      .default(null)
      .describe('An IPv4 or IPv6 network; null: any address, if no group is named.'),
    source_group_id: uuid
      .nullable()
      .default(null)
      .describe('In place of cidr: the instances of this security group.'),
    ethertype: z
      .enum(['IPv4', 'IPv6'])
      .optional()
      .describe('By default that of the network or the protocol, else IPv4.'),
    description: description.default(''),
  })
  .superRefine((rule, context) => {
    const refuse = (field: string, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message });
    const problem = portProblem(rule.protocol, rule.port);
    if (problem !== null) refuse('port', problem);
    if (rule.cidr !== null && rule.source_group_id !== null)
      refuse('source_group_id', 'give either cidr or source_group_id');
    const family = ethertypeOf(rule);
    if (rule.cidr !== null && rule.cidr.includes(':') !== (family === 'IPv6'))
      refuse('ethertype', `does not fit the network ${rule.cidr}`);
    else if (family === 'IPv4' && rule.protocol !== null && isIpv6Only(rule.protocol))
      refuse('protocol', `${rule.protocol} is of IPv6 only`);
  })
  .meta({ id: 'NewSecurityGroupRule' });
export type NewRuleBody = z.output<typeof newRuleSchema>;

/** The address family of a rule: as given, or as its network or protocol has it. */
export function ethertypeOf(rule: {
  readonly ethertype?: 'IPv4' | 'IPv6' | undefined;
  readonly protocol: string | null;
  readonly cidr: string | null;
}): 'IPv4' | 'IPv6' {
  if (rule.ethertype !== undefined) return rule.ethertype;
  if (rule.cidr !== null) return rule.cidr.includes(':') ? 'IPv6' : 'IPv4';
  return rule.protocol !== null && isIpv6Only(rule.protocol) ? 'IPv6' : 'IPv4';
}

function portProblem(protocol: string | null, port: PortRange | null): string | null {
  if (port === null) return null;
  if (protocol !== null && isIcmp(protocol)) {
    return port.min <= MAX_ICMP && (port.max ?? 0) <= MAX_ICMP && port.min >= 0 ? null : ICMP_PROBLEM;
  }
  if (protocol === null || !hasPorts(protocol)) return 'needs a protocol with ports, such as tcp or udp';
  const { min, max = min } = port;
  return 1 <= min && min <= max && max <= MAX_PORT ? null : PORT_PROBLEM;
}

function single(port: number): PortRange {
  return { min: port };
}

function range(port: string): PortRange {
  const [min, max] = port.split('-').map(Number);
  return { min: min ?? Number.NaN, max: max ?? Number.NaN };
}
