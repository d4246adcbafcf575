/** @module What Neutron knows: networks, subnets, routers, ports, security groups and their rules, floating IPs, quotas. */

/** What every resource of Neutron carries. */
export interface Resource {
  id: string;
  projectId: string;
  name: string;
  description: string | null;
  tags: string[];
  /** Epoch milliseconds. */
  createdAt: number;
  updatedAt: number;
  revision: number;
}

export interface Network extends Resource {
  external: boolean;
  mtu: number;
  adminStateUp: boolean;
  /** What ports on it have unless they say otherwise. */
  portSecurity: boolean;
}

export interface Subnet extends Resource {
  networkId: string;
  cidr: string;
  gatewayIp: string | null;
  dhcp: boolean;
  dnsNameservers: string[];
  hostRoutes: Record<string, unknown>[];
  /** null: all but the first and the last addresses. */
  pools: { start: string; end: string }[] | null;
}

export interface Route {
  destination: string;
  nexthop: string;
}

export interface Router extends Resource {
  adminStateUp: boolean;
  routes: Route[];
  gateway: { networkId: string; subnetId: string; address: string } | null;
}

export interface FixedIp {
  subnetId: string;
  address: string;
}

export interface Port extends Resource {
  networkId: string;
  mac: string;
  adminStateUp: boolean;
  status: 'ACTIVE' | 'DOWN';
  /** Id of the server or router; empty: free. */
  deviceId: string;
  deviceOwner: string;
  fixedIps: FixedIp[];
  securityGroupIds: string[];
  portSecurity: boolean;
  allowedAddressPairs: unknown[];
}

/** What one project may do with an object of another. */
export interface RbacPolicy extends Resource {
  objectType: 'network' | 'security_group';
  objectId: string;
  action: 'access_as_shared' | 'access_as_external';
  /** A project's id, or `*`. */
  target: string;
}

export type SecurityGroup = Resource;

export interface SecurityGroupRule extends Resource {
  /** The number Neutron shows as `standard_attr_id`. */
  serial: number;
  groupId: string;
  direction: 'ingress' | 'egress';
  ethertype: 'IPv4' | 'IPv6';
  protocol: string | null;
  portMin: number | null;
  portMax: number | null;
  prefix: string | null;
  remoteGroupId: string | null;
}

export interface FloatingIp extends Resource {
  address: string;
  networkId: string;
  status: 'ACTIVE' | 'DOWN';
  portId: string | null;
  fixedAddress: string | null;
  routerId: string | null;
}

/** Limits by resource name as Neutron prints them; -1: none. */
export type NetworkQuota = Record<string, number>;

export interface Networking {
  networks: Map<string, Network>;
  subnets: Map<string, Subnet>;
  routers: Map<string, Router>;
  ports: Map<string, Port>;
  groups: Map<string, SecurityGroup>;
  rules: Map<string, SecurityGroupRule>;
  floatingIps: Map<string, FloatingIp>;
  rbacPolicies: Map<string, RbacPolicy>;
  quotas: Map<string, NetworkQuota>;
  /** Counts `standard_attr_id`. */
  serial: number;
}

export function createNetworking(): Networking {
  return {
    networks: new Map(),
    subnets: new Map(),
    routers: new Map(),
    ports: new Map(),
    groups: new Map(),
    rules: new Map(),
    floatingIps: new Map(),
    rbacPolicies: new Map(),
    quotas: new Map(),
    serial: 0,
  };
}

/** The common part of a new resource. */
export function newResource(
  projectId: string,
  name: string,
  now: number,
  description: string | null = '',
): Resource {
  const id = crypto.randomUUID();
  return { id, projectId, name, description, tags: [], createdAt: now, updatedAt: now, revision: 0 };
}

/** Marks a resource as changed. */
export function touch(resource: Resource, now: number): void {
  resource.updatedAt = now;
  resource.revision += 1;
}
