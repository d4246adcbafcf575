/**
 * Security groups on the wire, and their rules in redu's five fields.
 *
 * @module
 */

import * as z from 'zod';
import { name, text } from '../../http/field-schemas.ts';

const MAX_PORT = 65_535;
const PORT_PROBLEM = `must be a port number from 1 to ${MAX_PORT}, a range as text ("80-90"), or null for any`;
const PORT_RANGE = /^(\d{1,5})-(\d{1,5})$/;

export const ruleSchema = z
  .object({
    id: z.string(),
    direction: z.enum(['ingress', 'egress']),
    protocol: z.string().nullable().describe('null: any.'),
    port: z
      .union([z.int(), z.string()])
      .nullable()
      .describe('A number, a range such as "80-90", or null: any. With icmp: type, or type and code.'),
    cidr: z.string().nullable().describe('null: any address, or another group of the cloud.'),
  })
  .meta({ id: 'SecurityGroupRule' });

export const securityGroupSchema = z
  .object({ id: z.string(), name: z.string(), description: z.string(), rules: z.array(ruleSchema) })
  .meta({ id: 'SecurityGroup' });

export const newSecurityGroupSchema = z
  .strictObject({ name, description: text.max(255).default('') })
  .meta({ id: 'NewSecurityGroup' });

export interface PortRange {
  readonly min: number;
  readonly max: number;
}

const portSchema = z
  .union([z.int().transform(single), z.string().regex(PORT_RANGE).transform(range)], { error: PORT_PROBLEM })
  .refine(({ min, max }) => 1 <= min && min <= max && max <= MAX_PORT, PORT_PROBLEM);

const cidrSchema = z.union([z.cidrv4(), z.cidrv6()], {
  error:
    'must be an IPv4 or IPv6 network such as 203.0.113.0/24, 203.0.113.7/32 or 2001:db8::/32, or null for any',
});

export const newRuleSchema = z
  .strictObject({
    direction: z.enum(['ingress', 'egress']).default('ingress'),
    protocol: z.enum(['tcp', 'udp', 'icmp']).nullable().default(null).describe('null: any.'),
    port: portSchema.nullable().default(null).describe('null: any.'),
    cidr: cidrSchema.nullable().default(null).describe('null: any IPv4 address.'),
  })
  .refine(({ protocol, port }) => port === null || protocol === 'tcp' || protocol === 'udp', {
    path: ['port'],
    error: 'needs the protocol tcp or udp',
  })
  .meta({ id: 'NewSecurityGroupRule' });
export type NewRuleBody = z.output<typeof newRuleSchema>;

function single(port: number): PortRange {
  return { min: port, max: port };
}

function range(port: string): PortRange {
  const [min, max] = port.split('-').map(Number);
  return { min: min ?? Number.NaN, max: max ?? Number.NaN };
}
