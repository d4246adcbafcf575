import type * as z from 'zod';
import type { NewSecurityGroupRule } from '../../compute/cloud.ts';
import type { SecurityGroup, SecurityGroupRule } from '../../compute/model.ts';
import { isIcmp } from '../../http/protocols.ts';
import type { NewRuleBody, ruleSchema, securityGroupSchema } from './security-group-schemas.ts';

/** The rule that a validated body describes. The address family follows the network; without one it is IPv4. */
export function toNewRule({
  direction,
  protocol,
  port,
  cidr,
  description,
}: NewRuleBody): NewSecurityGroupRule {
  return {
    direction,
    ethertype: cidr?.includes(':') ? 'IPv6' : 'IPv4',
    protocol,
    portMin: port?.min ?? null,
    // ICMP has a type without a code; one port is a range of one.
    portMax: port?.max ?? (protocol !== null && isIcmp(protocol) ? null : (port?.min ?? null)),
    remotePrefix: cidr,
    ...(description !== '' && { description }),
  };
}

export function encodeSecurityGroup(group: SecurityGroup): z.infer<typeof securityGroupSchema> {
  return {
    id: group.id,
    name: group.name,
    description: group.description,
    rules: group.rules.map(encodeRule),
  };
}

export function encodeRule(rule: SecurityGroupRule): z.infer<typeof ruleSchema> {
  return {
    id: rule.id,
    direction: rule.direction,
    ethertype: rule.ethertype,
    protocol: rule.protocol,
    port: encodePort(rule),
    cidr: rule.remotePrefix,
    description: rule.description,
  };
}

/** A number, a range as text, or null for any. */
export function encodePort({
  protocol,
  portMin,
  portMax,
}: Pick<SecurityGroupRule, 'protocol' | 'portMin' | 'portMax'>): number | string | null {
  if (portMin === null || portMax === null) return portMin ?? portMax;
  // A type and the same code: the type alone would be any code.
  if (portMin === portMax && !(protocol !== null && isIcmp(protocol))) return portMin;
  return `${portMin}-${portMax}`;
}
