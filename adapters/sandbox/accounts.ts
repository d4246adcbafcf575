/** @module The customers of a sandbox: a project, its user, its application credential, its network. */

import type { Cloud } from './cloud.ts';
import { hexId, randomText } from './http.ts';
import type { ApplicationCredential, User } from './keystone/model.ts';
import { formatAddress, parsePrefix } from './neutron/ipv4.ts';
import { type Network, newResource, type Subnet } from './neutron/model.ts';
import { enterNetwork } from './neutron/networks.ts';
import { addRouter } from './neutron/routers.ts';
import { defaultGroup } from './neutron/security-groups.ts';
import { type ComputeQuota, newKeyPair } from './nova/model.ts';
import { fingerprintOf } from './nova/ssh-key.ts';

/** A project to begin with. Everything but the name is made up when it is left out. */
export interface ProjectOptions {
  name: string;
  /** 32 hexadecimal digits. */
  id?: string;
  userId?: string;
  /** Default: `<name>-user`. */
  userName?: string;
  password?: string;
  /** Its first application credential; `id`: 32 hexadecimal digits. */
  applicationCredential?: { readonly id: string; readonly secret: string };
  /** Limits of Nova that differ from `DEFAULT_QUOTA`; `ram` in MiB. */
  quota?: Partial<ComputeQuota>;
  /** Prefix of its private network. Default: `10.N.0.0/24`, N by the order of the projects, room for 253 ports. */
  cidr?: string;
  /** Whether it holds the two servers of the redu documentation. Only one project of a sandbox may. */
  withExampleServers?: boolean;
  /** So many running servers, beyond any quota, made a minute apart; `cidr` must have room for their ports. Default 0. */
  withManyServers?: number;
  /** Whether a key pair `<name>-key` is there from the start. Default true. */
  withKeyPair?: boolean;
}

/** The credentials of a project's user. */
export interface Account {
  projectId: string;
  projectName: string;
  userId: string;
  userName: string;
  password: string;
  applicationCredentialId: string;
  applicationCredentialSecret: string;
  /** The project's private network. */
  networkId: string;
  /** The key pair that is there from the start, null when there is none. */
  keyPairName: string | null;
}

/** The administrator; signs in by password in domain `default`. */
export interface AdminAccount {
  projectId: string;
  projectName: string;
  userId: string;
  userName: string;
  password: string;
}

/** The default Nova quotas of a project. */
export const DEFAULT_QUOTA = { instances: 100, cores: 400, ram: 1_048_576, key_pairs: 100 } as const;

/** Its private half does not exist. */
const PUBLIC_KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINkaN7/BoBvd6Kzw+1FAJZm0Hf/sXntqxzrLOYhfRHBW sandbox@example';

/** Makes the administrator and its project. */
export function addAdmin(cloud: Cloud): AdminAccount {
  const user = addUser(cloud, { name: 'admin' });
  const projectId = hexId();
  user.defaultProjectId = projectId;
  cloud.identity.projects.set(projectId, { id: projectId, name: 'admin' });
  cloud.identity.assignments.set(`${projectId}/${user.id}`, new Set(['admin']));
  return { projectId, projectName: 'admin', userId: user.id, userName: user.name, password: user.password };
}

/** Makes a project with all that belongs to it. */
export function addProject(
  cloud: Cloud,
  shared: { readonly publicNetworkId: string; readonly adminUserId: string },
  options: ProjectOptions,
): Account {
  const { identity } = cloud;
  const project = { id: options.id ?? hexId(), name: options.name };
  const userName = options.userName ?? `${options.name}-user`;
  const user = addUser(cloud, { ...options, name: userName, projectId: project.id });
  identity.projects.set(project.id, project);
  identity.assignments.set(`${project.id}/${user.id}`, new Set(['member']));
  // So that the operator's account can act for the customer, with no more rights there than the customer has.
  identity.assignments.set(`${project.id}/${shared.adminUserId}`, new Set(['member']));
  const credential = addCredential(cloud, user, project, options.applicationCredential);
  const resources = addResources(cloud, project, user.id, shared.publicNetworkId, options);
  return {
    projectId: project.id,
    projectName: project.name,
    userId: user.id,
    userName: user.name,
    password: user.password,
    applicationCredentialId: credential.id,
    applicationCredentialSecret: credential.secret,
    ...resources,
  };
}

/** What a project has in each region: quotas, a network, the default group, a key pair. */
export function addResources(
  cloud: Cloud,
  project: { readonly id: string; readonly name: string },
  userId: string,
  publicNetworkId: string,
  options: ProjectOptions,
): Pick<Account, 'networkId' | 'keyPairName'> {
  cloud.compute.quotas.set(project.id, { ...DEFAULT_QUOTA, ...options.quota });
  const network = addPrivateNetwork(cloud, project, publicNetworkId, options.cidr);
  defaultGroup(cloud, project.id);
  const keyPairName = options.withKeyPair === false ? null : `${options.name}-key`;
  if (keyPairName !== null) addKeyPair(cloud, userId, keyPairName);
  return { networkId: network.id, keyPairName };
}

function addUser(
  cloud: Cloud,
  wishes: { name: string; userId?: string; password?: string; projectId?: string },
): User {
  const user: User = {
    id: wishes.userId ?? hexId(),
    name: wishes.name,
    password: wishes.password ?? randomText(24),
    enabled: true,
    defaultProjectId: wishes.projectId ?? null,
  };
  cloud.identity.users.set(user.id, user);
  return user;
}

function addKeyPair(cloud: Cloud, userId: string, name: string): void {
  const fingerprint = fingerprintOf(PUBLIC_KEY) ?? '';
  const wanted = { userId, name, publicKey: PUBLIC_KEY, fingerprint, type: 'ssh' };
  cloud.compute.keyPairs.push(newKeyPair(cloud.compute, wanted, cloud.timeline.now()));
}

function addCredential(
  cloud: Cloud,
  user: User,
  project: { id: string; name: string },
  wish: { readonly id: string; readonly secret: string } | undefined,
): ApplicationCredential {
  const credential: ApplicationCredential = {
    id: wish?.id ?? hexId(),
    name: `${project.name}-app`,
    description: null,
    secret: wish?.secret ?? randomText(64),
    userId: user.id,
    projectId: project.id,
    roles: ['member'],
    expiresAt: null,
    unrestricted: false,
    accessRules: null,
  };
  cloud.identity.credentials.set(credential.id, credential);
  return credential;
}

/** Each project has its own prefix, so that an address identifies its project. */
function addPrivateNetwork(
  cloud: Cloud,
  project: { id: string; name: string },
  publicNetworkId: string,
  wish: string | undefined,
): Network {
  const cidr = wish ?? `10.${cloud.networking.networks.size * 10}.0.0/24`;
  const prefix = parsePrefix(cidr);
  if (!prefix) throw new Error(`${cidr} is no IPv4 prefix`);
  const name = `${project.name}-private`;
  const network = addNetwork(cloud, project.id, name, { external: false, shared: false, mtu: 1450 });
  const subnet = addSubnet(cloud, network, cidr, formatAddress(prefix.base + 1), true);
  addRouter(cloud, project.id, `${project.name}-router`, subnet, publicNetworkId);
  return network;
}

/** Makes the network that floating IPs come from, `prefix`.0/24. Shared, as on the cloud that was measured. */
export function addPublicNetwork(cloud: Cloud, projectId: string, prefix = '203.0.113'): Network {
  const network = addNetwork(cloud, projectId, 'public', { external: true, shared: true, mtu: 1500 });
  addSubnet(cloud, network, `${prefix}.0/24`, `${prefix}.1`, false);
  return network;
}

type NetworkTraits = Pick<Network, 'external' | 'mtu'> & { readonly shared: boolean };

function addNetwork(cloud: Cloud, projectId: string, name: string, traits: NetworkTraits): Network {
  const { shared, ...rest } = traits;
  const settings = { adminStateUp: true, portSecurity: true, revision: 2 };
  const network = { ...newResource(projectId, name, cloud.timeline.now()), ...rest, ...settings };
  enterNetwork(cloud, network, shared);
  return network;
}

function addSubnet(cloud: Cloud, network: Network, cidr: string, gatewayIp: string, dhcp: boolean): Subnet {
  const subnet: Subnet = {
    ...newResource(network.projectId, `${network.name}-v4`, cloud.timeline.now()),
    networkId: network.id,
    cidr,
    gatewayIp,
    dhcp,
    dnsNameservers: dhcp ? ['192.0.2.53'] : [],
    hostRoutes: [],
    pools: null,
  };
  cloud.networking.subnets.set(subnet.id, subnet);
  return subnet;
}
