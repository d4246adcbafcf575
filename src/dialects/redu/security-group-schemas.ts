/**
 * Security groups on the wire, and their rules.
 *
 * @module
 */

import * as z from 'zod';
import { name, text } from '../../http/field-schemas.ts';
import { hasPorts, isIcmp, type PortRange, protocolSchema } from '../../http/protocols.ts';

const MAX_PORT = 65_535;
const MAX_ICMP = 255;
const PORT_PROBLEM = `must be a port number from 1 to ${MAX_PORT}, a range as text ("80-90"), or null for any`;
const ICMP_PROBLEM = `must be an ICMP type from 0 to ${MAX_ICMP}, type and code as text ("3-4"), or null for any`;
const PORT_RANGE = /^(\d{1,5})-(\d{1,5})$/;

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
    cidr: z.string().nullable().describe('null: any address, or another group of the cloud.'),
    description: z.string(),
  })
  .meta({ id: 'SecurityGroupRule' });

export const securityGroupSchema = z
  .object({ id: z.string(), name: z.string(), description: z.string(), rules: z.array(ruleSchema) })
  .meta({ id: 'SecurityGroup' });

export const newSecurityGroupSchema = z
  .strictObject({ name, description: text.max(255).default('') })
  .meta({ id: 'NewSecurityGroup' });

const portSchema = z.union([z.int().transform(single), z.string().regex(PORT_RANGE).transform(range)], {
  error: PORT_PROBLEM,
});

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
    cidr: cidrSchema.nullable().default(null).describe('null: any IPv4 address.'),
    description: text.max(255).default(''),
  })
  .superRefine(({ protocol, port }, context) => {
    const problem = portProblem(protocol, port);
    if (problem !== null) context.addIssue({ code: 'custom', path: ['port'], message: problem });
  })
  .meta({ id: 'NewSecurityGroupRule' });
export type NewRuleBody = z.output<typeof newRuleSchema>;

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
