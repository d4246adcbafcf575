import type * as z from 'zod';
import type { SecurityGroup, SecurityGroupRule } from '../../compute/model.ts';
import type { NewSecurityGroupRule } from '../../compute/security-groups.ts';
import { isIcmp } from '../../http/protocols.ts';
import {
  ethertypeOf,
  type NewRuleBody,
  type ruleSchema,
  type securityGroupSchema,
} from './security-group-schemas.ts';

/** The rule that a validated body describes. */
export function toNewRule(body: NewRuleBody): NewSecurityGroupRule {
  const { direction, protocol, port, cidr, source_group_id, description } = body;
  return {
    direction,
    ethertype: ethertypeOf(body),
    protocol,
    portMin: port?.min ?? null,
    // ICMP has a type without a code; one port is a range of one.
    portMax: port?.max ?? (protocol !== null && isIcmp(protocol) ? null : (port?.min ?? null)),
    remotePrefix: cidr,
    ...(source_group_id !== null && { remoteGroupId: source_group_id }),
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
    source_group_id: rule.remoteGroupId,
    ...(rule.remoteAddressGroupId && { source_address_group_id: rule.remoteAddressGroupId }),
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
