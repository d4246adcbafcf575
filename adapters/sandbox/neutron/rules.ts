/** @module The rules of security groups. */

import type { Cloud } from '../cloud.ts';
import { empty, Fault, type Fields, json } from '../http.ts';
import { repr } from '../python.ts';
import { createBody, type NeutronCall, type Shape, text, updateBody } from './call.ts';
import { find, type Kind } from './collection.ts';
import { disallowed, invalidInput, overQuota } from './faults.ts';
import { isIpv6Prefix, parsePrefix } from './ipv4.ts';
import { type SecurityGroupRule, touch } from './model.ts';
import { hasRoom } from './quotas.ts';
import { addRule, ruleView } from './rule-records.ts';
import { securityGroups } from './security-groups.ts';
import { COMMON_ATTRIBUTES } from './view.ts';

const RULE: Shape = {
  name: 'security_group_rule',
  required: ['security_group_id', 'direction'],
  creatable: [
    'security_group_id',
    'direction',
    'ethertype',
    'protocol',
    'port_range_min',
    'port_range_max',
    'remote_ip_prefix',
    'remote_group_id',
    'remote_address_group_id',
    'description',
  ],
  updatable: ['description'],
};

const PROTOCOLS =
  'ah dccp egp esp gre hopopt icmp igmp ip ipip ipv6-encap ipv6-frag ipv6-icmp icmpv6 ipv6-nonxt ipv6-opts ipv6-route ospf pgm rsvp sctp tcp udp udplite vrrp'.split(
    ' ',
  );

/** By name and number. */
const PORT_PROTOCOLS = new Set('tcp udp udplite sctp dccp 6 17 136 132 33'.split(' '));
const ICMP_PROTOCOLS = new Set('icmp icmpv6 ipv6-icmp 1 58'.split(' '));
const IPV6_PROTOCOLS = new Set(
  'ipv6-encap ipv6-frag ipv6-icmp icmpv6 ipv6-nonxt ipv6-opts ipv6-route 41 44 58 59 60 43'.split(' '),
);

export const rules: Kind<SecurityGroupRule> = {
  plural: 'security_group_rules',
  one: 'security_group_rule',
  records: (cloud) => cloud.networking.rules,
  attributes: [
    ...COMMON_ATTRIBUTES,
    'security_group_id',
    'direction',
    'ethertype',
    'protocol',
    'port_range_min',
    'port_range_max',
    'remote_ip_prefix',
    'remote_group_id',
  ],
  missing: (id) => new Fault(404, 'SecurityGroupRuleNotFound', `Security group rule ${id} does not exist`),
  view: ruleView,
};

/** POST /v2.0/security-group-rules */
export function createRule(call: NeutronCall): Response {
  const { cloud, principal } = call;
  const given = createBody(call, RULE);
  const { direction } = given;
  if (direction !== 'ingress' && direction !== 'egress') {
    throw invalidInput('direction', `${repr(direction)} is not in valid_values.`);
  }
  const ethertype = ethertypeOf(given);
  const wishes = {
    direction,
    ethertype,
    ...protocolOf(given, ethertype),
    prefix: prefixOf(given, ethertype),
  } as const;
  const remotes = [given.remote_group_id, given.remote_address_group_id, given.remote_ip_prefix];
  if (remotes.filter((remote) => remote != null).length > 1) {
    const message =
      'Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.';
    throw new Fault(400, 'SecurityGroupMultipleRemoteEntites', message);
  }
  // There are none.
  if (given.remote_address_group_id != null) {
    const message = `Address group ${given.remote_address_group_id} could not be found.`;
    throw new Fault(404, 'AddressGroupNotFound', message);
  }
  const groupId = text(given, 'security_group_id');
  const known = cloud.networking.groups.get(groupId);
  // As Neutron since 2024: the policy is checked before the group is searched.
  if (known && known.projectId !== principal.projectId && !principal.isAdmin) {
    throw disallowed('rule:create_security_group_rule');
  }
  const group = find(cloud, principal, securityGroups, groupId);
  const remoteGroupId = given.remote_group_id
    ? find(cloud, principal, securityGroups, String(given.remote_group_id)).id
    : null;
  const rule = { groupId: group.id, remoteGroupId, description: text(given, 'description'), ...wishes };
  refuseDouble(cloud, rule);
  if (!hasRoom(cloud, principal.projectId, 'security_group_rule')) throw overQuota('security_group_rule');
  touch(group, cloud.timeline.now());
  return json(201, { security_group_rule: ruleView(cloud, addRule(cloud, principal.projectId, rule)) });
}

/** PUT /v2.0/security-group-rules/{id}: only the description can change. */
export function updateRule(call: NeutronCall, id: string): Response {
  const rule = find(call.cloud, call.principal, rules, id);
  rule.description = text(updateBody(call, RULE), 'description', rule.description ?? '');
  touch(rule, call.cloud.timeline.now());
  return json(200, { security_group_rule: ruleView(call.cloud, rule) });
}

/** DELETE /v2.0/security-group-rules/{id} */
export function deleteRule(call: NeutronCall, id: string): Response {
  const rule = find(call.cloud, call.principal, rules, id);
  call.cloud.networking.rules.delete(rule.id);
  const group = call.cloud.networking.groups.get(rule.groupId);
  if (group) touch(group, call.cloud.timeline.now());
  return empty(204);
}

function ethertypeOf(given: Fields): 'IPv4' | 'IPv6' {
  const { ethertype = 'IPv4' } = given;
  const known = (['IPv4', 'IPv6'] as const).find(
    (family) => family.toLowerCase() === String(ethertype).toLowerCase(),
  );
  if (known === undefined) {
    const message = `Security group rule for ethertype '${ethertype}' not supported. Allowed values are ['IPv4', 'IPv6'].`;
    throw new Fault(400, 'SecurityGroupRuleInvalidEtherType', message);
  }
  return known;
}

/** `ipv6-icmp` is stored for what older clients call ICMP in a rule for IPv6. */
function canonicalProtocol(value: unknown, ethertype: 'IPv4' | 'IPv6'): string | null {
  if (value === null || value === undefined) return null;
  const protocol = String(value).toLowerCase();
  if (protocol === 'any') return null;
  if (ethertype === 'IPv4') return protocol;
  if (protocol === 'icmp' || protocol === 'icmpv6') return 'ipv6-icmp';
  return protocol === '1' ? '58' : protocol;
}

function protocolOf(given: Fields, ethertype: 'IPv4' | 'IPv6') {
  const protocol = canonicalProtocol(given.protocol, ethertype);
  const known =
    protocol === null || PROTOCOLS.includes(protocol) || (/^\d+$/.test(protocol) && Number(protocol) < 256);
  if (!known) {
    const values = `[None, ${PROTOCOLS.map((name) => `'${name}'`).join(', ')}]`;
    const message = `Security group rule protocol ${protocol} not supported. Only protocol values ${values} and integer representations [0 to 255] are supported.`;
    throw new Fault(400, 'SecurityGroupRuleInvalidProtocol', message);
  }
  if (protocol !== null && IPV6_PROTOCOLS.has(protocol) && ethertype === 'IPv4') {
    const message = `Invalid ethertype ${ethertype} for protocol ${protocol}.`;
    throw new Fault(400, 'SecurityGroupEthertypeConflictWithProtocol', message);
  }
  return { protocol, ...portsOf(given, protocol) };
}

function portsOf(given: Fields, protocol: string | null) {
  const portMin = portOf(given.port_range_min);
  const portMax = portOf(given.port_range_max);
  if (portMin === 1 && portMax === 65_535) return { portMin: null, portMax: null };
  const ranged = portMin !== null || portMax !== null;
  if (ranged && protocol === null) {
    const message = 'Must also specify protocol if port range is given.';
    throw new Fault(400, 'SecurityGroupProtocolRequiredWithPorts', message);
  }
  if (!ranged || protocol === null) return { portMin, portMax };
  if (ICMP_PROTOCOLS.has(protocol)) {
    refuseWrongIcmp(portMin, portMax);
  } else if (!PORT_PROTOCOLS.has(protocol)) {
    const message = `Invalid protocol ${protocol} for port range, only supported for TCP, UDP, UDPLITE, SCTP and DCCP.`;
    throw new Fault(400, 'SecurityGroupInvalidProtocolForPort', message);
  } else {
    if (portMin === 0 || portMax === 0) {
      throw new Fault(400, 'SecurityGroupInvalidPortValue', 'Invalid value for port 0');
    }
    if (portMin === null || portMax === null || portMin > portMax) {
      const message = 'For TCP/UDP protocols, port_range_min must be <= port_range_max';
      throw new Fault(400, 'SecurityGroupInvalidPortRange', message);
    }
  }
  return { portMin, portMax };
}

function refuseWrongIcmp(type: number | null, code: number | null): void {
  for (const [field, attribute, value] of [
    ['type', 'port_range_min', type],
    ['code', 'port_range_max', code],
  ] as const) {
    if (value !== null && value > 255) {
      const message = `Invalid value for ICMP ${field} (${attribute}) ${value}. It must be 0 to 255.`;
      throw new Fault(400, 'SecurityGroupInvalidIcmpValue', message);
    }
  }
  if (type === null) {
    const message = `ICMP code (port-range-max) ${code} is provided but ICMP type (port-range-min) is missing.`;
    throw new Fault(400, 'SecurityGroupMissingIcmpType', message);
  }
}

function portOf(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  const port = Number(value);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Fault(400, 'SecurityGroupInvalidPortValue', `Invalid value for port ${repr(value)}`);
  }
  return port;
}

function prefixOf(given: Fields, ethertype: 'IPv4' | 'IPv6'): string | null {
  const value = given.remote_ip_prefix;
  if (value === undefined || value === null) return null;
  const prefix = String(value);
  const four = parsePrefix(prefix) !== undefined;
  if (!four && !isIpv6Prefix(prefix)) {
    throw new Fault(400, 'InvalidCIDR', `Invalid CIDR ${prefix} given as IP prefix.`);
  }
  if (four !== (ethertype === 'IPv4')) {
    const message = `Conflicting value ethertype ${ethertype} for CIDR ${prefix}`;
    throw new Fault(400, 'SecurityGroupRuleParameterConflict', message);
  }
  return prefix.includes('/') ? prefix : `${prefix}/${four ? 32 : 128}`;
}

function refuseDouble(cloud: Cloud, wanted: Partial<SecurityGroupRule>): void {
  const keys = [
    'groupId',
    'direction',
    'ethertype',
    'protocol',
    'portMin',
    'portMax',
    'prefix',
    'remoteGroupId',
  ] as const;
  for (const rule of cloud.networking.rules.values()) {
    if (keys.every((key) => rule[key] === wanted[key])) {
      const message = `Security group rule already exists. Rule id is ${rule.id}.`;
      throw new Fault(409, 'SecurityGroupRuleExists', message);
    }
  }
}
