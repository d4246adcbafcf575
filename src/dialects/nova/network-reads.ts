/**
 * Collections of Neutron and its plugins whose `GET` is safe (RFC 9110). A `GET` of `auto-allocated-topology` is not: it creates
 * networks, subnets and a router. Names are spelled with `-`.
 */

/** Optional segments before the name of a collection. */
const PREFIXES: ReadonlySet<string> = new Set([
  'bgpvpn',
  'fwaas',
  'log',
  'logging',
  'lbaas',
  'metering',
  'qos',
  'sfc',
  'taas',
  'vpn',
]);

const COLLECTIONS: ReadonlySet<string> = new Set([
  'address-groups',
  'address-scopes',
  'agents',
  'availability-zones',
  'bgp-peers',
  'bgp-speakers',
  'bgpvpns',
  'default-security-group-rules',
  'endpoint-groups',
  'extensions',
  'firewall-groups',
  'firewall-policies',
  'firewall-rules',
  'flavors',
  'flow-classifiers',
  'floatingip-pools',
  'floatingips',
  'ikepolicies',
  'ipsec-site-connections',
  'ipsecpolicies',
  'local-ips',
  'loggable-resources',
  'logs',
  'metering-label-rules',
  'metering-labels',
  'ndp-proxies',
  'network-ip-availabilities',
  'network-segment-ranges',
  'networks',
  'policies',
  'port-chains',
  'port-pair-groups',
  'port-pairs',
  'ports',
  'quotas',
  'rbac-policies',
  'routers',
  'rule-types',
  'security-group-rules',
  'security-groups',
  'segments',
  'service-graphs',
  'service-profiles',
  'service-providers',
  'subnetpools',
  'subnets',
  'tap-flows',
  'tap-mirrors',
  'tap-services',
  'trunks',
  'vpnservices',
  // Shorter paths to the rules of QoS policies.
  'alias-bandwidth-limit-rules',
  'alias-dscp-marking-rules',
  'alias-minimum-bandwidth-rules',
  'alias-minimum-packet-rate-rules',
]);

/** @param path Segments after the version, in canonical spelling. */
export function isSafeRead([first, second]: readonly string[]): boolean {
  const name = first !== undefined && PREFIXES.has(first) && second !== undefined ? second : first;
  return name === undefined || COLLECTIONS.has(name);
}
