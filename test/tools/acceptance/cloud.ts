import { undiciTransport } from '../../../adapters/openstack/http/undici.ts';
import { openStackDriver } from '../../../adapters/openstack/index.ts';
import { ALL_SERVICES } from '../../../src/dialects/nova/services.ts';
import { DEFAULT_SCOPES, EVERY_SERVICE, SCOPES, type Scope } from '../../../src/scopes.ts';
import { CloudProjects, type Session } from '../../support/cloud-projects.ts';
import { startGateway } from '../../support/gateway.ts';

/** The users that the suites know by name: an administrator and a member of the project under test. */
export const ROLES = ['admin', 'demo'] as const;
export type Role = (typeof ROLES)[number];

/** `OS_*` by which a suite signs in as one of its users. */
type Login = Readonly<Record<Role, Readonly<Record<string, string>>>>;

export interface AcceptanceCloud {
  readonly directly: Login;
  /** With an API key as the password. */
  readonly gateway: Login;
  /** What the suites want to know of the cloud. */
  readonly facts: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const NAME = 'demo';
const DOMAIN = { name: 'Default' };
const BALANCER_FLAVOR = 'lb.acctest';
const UNLIMITED = [
  'floatingip',
  'network',
  'port',
  'router',
  'security_group',
  'security_group_rule',
  'subnet',
];
const FLAVORS = [
  { id: '99', name: 'm1.acctest', ram: 512, vcpus: 1, disk: 10, 'OS-FLV-EXT-DATA:ephemeral': 10 },
  { id: '98', name: 'm1.resize', ram: 512, vcpus: 1, disk: 11 },
];

/** A project, flavors and a gateway for the acceptance suites of OpenStack's clients, in front of a real OpenStack. */
export async function acceptanceCloud(variables: Readonly<Record<string, string>>): Promise<AcceptanceCloud> {
  const read = (name: string) => variables[name] ?? '';
  const projects = await CloudProjects.of(variables);
  const project = await projects.make({
    name: NAME,
    roles: ['member'],
    isUnrestricted: true,
    cidr: '10.88.0.0/24',
    networkName: 'private',
    quotas: { instances: -1, cores: -1, ram: -1 },
  });
  const passwords: Record<Role, string> = { admin: read('ADMIN_PASSWORD'), demo: project.password };
  const admin = await projects.administratorIn(project);
  const clouds = openStackDriver({
    transport: undiciTransport(),
    authUrl: read('OS_AUTH_URL'),
    endpoints: { region: read('OS_REGION_NAME'), interface: 'public' },
    services: ALL_SERVICES,
    serviceAccount: {
      kind: 'password',
      user: { name: read('ADMIN_USER'), domain: DOMAIN },
      password: read('ADMIN_PASSWORD'),
      project: { name: read('ADMIN_PROJECT'), domain: DOMAIN },
    },
  });
  const gateway = await startGateway(clouds, { services: ALL_SERVICES });
  for (const flavor of FLAVORS) await admin.call('compute', 'POST', '/flavors', { flavor });
  const unlimited = Object.fromEntries(UNLIMITED.map((name) => [name, -1]));
  await admin.call('network', 'PUT', `/quotas/${project.projectId}`, { quota: unlimited });
  const balancers = admin.call.has('load-balancer') ? await balancerFlavor(admin.call) : null;
  const { hypervisors } = await admin.call('compute', 'GET', '/os-hypervisors');
  const keyOf = (credential: { id: string; secret: string }, scopes: readonly Scope[]) =>
    gateway.keyFor({ kind: 'application_credential', ...credential }, scopes);
  const keys: Record<Role, string> = {
    admin: await keyOf(admin.credential, [...SCOPES, ...EVERY_SERVICE]),
    demo: await keyOf(project.credential, [...DEFAULT_SCOPES, ...EVERY_SERVICE]),
  };
  const login = (authUrl: string, secrets: Readonly<Record<Role, string>>): Login => {
    const as = (role: Role) => ({
      OS_AUTH_URL: authUrl,
      OS_REGION_NAME: read('OS_REGION_NAME'),
      OS_USERNAME: role,
      OS_PASSWORD: secrets[role],
      OS_PROJECT_NAME: NAME,
      OS_DOMAIN_ID: 'default',
    });
    return { admin: as('admin'), demo: as('demo') };
  };
  return {
    directly: login(read('OS_AUTH_URL'), passwords),
    gateway: login(`${gateway.url}/identity/v3`, keys),
    facts: {
      OS_IMAGE_ID: read('UBUNTU_IMAGE_ID'),
      OS_IMAGE_NAME: 'ubuntu-22.04-amd64',
      OS_FLAVOR_ID: '99',
      OS_FLAVOR_NAME: 'm1.acctest',
      OS_FLAVOR_ID_RESIZE: '98',
      OS_NETWORK_ID: project.networkId,
      OS_NETWORK_NAME: 'private',
      OS_SUBNET_ID: project.subnetId,
      OS_EXTGW_ID: read('PUBLIC_NETWORK_ID'),
      OS_POOL_NAME: 'public',
      OS_HYPERVISOR_HOSTNAME: hypervisors[0].hypervisor_hostname,
      ...Object.fromEntries(
        ['SWIFT', 'DNS', 'KEYMANAGER', 'LB'].map((service) => [`OS_${service}_ENVIRONMENT`, '1']),
      ),
      OS_LB_FLAVOR_NAME: BALANCER_FLAVOR,
    },
    async close() {
      await gateway.stop();
      await clouds.close();
      await balancers?.remove();
      for (const { id } of FLAVORS) await admin.call('compute', 'DELETE', `/flavors/${id}`);
      await admin.remove();
      await projects.remove(project);
    },
  };
}

async function balancerFlavor(call: Session) {
  const data = '{"loadbalancer_topology": "SINGLE"}';
  const { flavorprofile } = await call('load-balancer', 'POST', '/flavorprofiles', {
    flavorprofile: { name: BALANCER_FLAVOR, provider_name: 'amphora', flavor_data: data },
  });
  const { flavor } = await call('load-balancer', 'POST', '/flavors', {
    flavor: { name: BALANCER_FLAVOR, flavor_profile_id: flavorprofile.id, enabled: true },
  });
  return {
    async remove() {
      await call('load-balancer', 'DELETE', `/flavors/${flavor.id}`);
      await call('load-balancer', 'DELETE', `/flavorprofiles/${flavorprofile.id}`);
    },
  };
}
