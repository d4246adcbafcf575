import type * as z from 'zod';
import type { NewSecurityGroupRule } from '../../compute/cloud.ts';
import type { SecurityGroup, SecurityGroupRule } from '../../compute/model.ts';
import type { NewRuleBody, ruleSchema, securityGroupSchema } from './security-group-schemas.ts';

/** What a checked body asks for. The address family follows the network; without one it is IPv4. */
export function toNewRule({ direction, protocol, port, cidr }: NewRuleBody): NewSecurityGroupRule {
  return {
    direction,
    ethertype: cidr?.includes(':') ? 'IPv6' : 'IPv4',
    protocol,
    portMin: port?.min ?? null,
    portMax: port?.max ?? null,
    remotePrefix: cidr,
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
    protocol: rule.protocol,
    port: encodePort(rule),
    cidr: rule.remotePrefix,
  };
}

/** A number, a range as text, or null for any. */
export function encodePort({
  portMin,
  portMax,
}: Pick<SecurityGroupRule, 'portMin' | 'portMax'>): number | string | null {
  if (portMin === null || portMax === null || portMin === portMax) return portMin ?? portMax;
  return `${portMin}-${portMax}`;
}
