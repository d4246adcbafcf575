/** @module The rules of security groups as records: entered without checks, printed. `rules.ts` has the requests. */

import type { Cloud } from '../cloud.ts';
import type { Fields } from '../http.ts';
import { formatAddress, parsePrefix } from './ipv4.ts';
import { newResource, type SecurityGroupRule } from './model.ts';
import { commonView } from './view.ts';

/** A rule as it stands in its own list. */
export function ruleView(cloud: Cloud, rule: SecurityGroupRule): Fields {
  const prefix = rule.prefix === null ? undefined : parsePrefix(rule.prefix);
  const { tags: _tags, ...common } = commonView(rule);
  return {
    id: rule.id,
    security_group_id: rule.groupId,
    ethertype: rule.ethertype,
    direction: rule.direction,
    protocol: rule.protocol,
    port_range_min: rule.portMin,
    port_range_max: rule.portMax,
    remote_ip_prefix: rule.prefix,
    remote_address_group_id: null,
    normalized_cidr: prefix ? `${formatAddress(prefix.base)}/${prefix.length}` : rule.prefix,
    remote_group_id: rule.remoteGroupId,
    belongs_to_default_sg: cloud.networking.groups.get(rule.groupId)?.name === 'default',
    ...common,
  };
}

type RuleWishes = Pick<SecurityGroupRule, 'groupId' | 'direction' | 'ethertype'> & Partial<SecurityGroupRule>;

/** Enters a rule without any check. */
export function addRule(cloud: Cloud, projectId: string, wishes: RuleWishes): SecurityGroupRule {
  cloud.networking.serial += 1;
  const rule: SecurityGroupRule = {
    ...newResource(projectId, '', cloud.timeline.now(), null),
    protocol: null,
    portMin: null,
    portMax: null,
    prefix: null,
    remoteGroupId: null,
    serial: cloud.networking.serial,
    ...wishes,
  };
  cloud.networking.rules.set(rule.id, rule);
  return rule;
}
