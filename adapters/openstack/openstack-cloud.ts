import { deadlineIn } from '../../src/clock.ts';
import type { Cloud, CloudCapabilities, PortFilter } from '../../src/compute/cloud.ts';
import { ComputeError } from '../../src/compute/errors.ts';
import { serverGroupsOf } from '../../src/compute/instance-view.ts';
import type { Identity, Quotas } from '../../src/compute/model.ts';
import { keyPairPrefix, MAX_KEY_PAIRS, storedKeyPairName } from '../../src/compute/service-key-pairs.ts';
import type { ServedServices } from '../../src/dialects/nova/services.ts';
import { volumeQuotas } from './cinder/quotas.ts';
import { imageCalls } from './glance/images.ts';
import type { ServiceType } from './http/transport.ts';
import type { UpstreamContext } from './http/upstream-client.ts';
import { endpointOf } from './keystone/catalog.ts';
import { identityOf } from './keystone/identity.ts';
import { type CatalogRegions, missingService } from './keystone/regions.ts';
import { regionSharingNetworks } from './keystone/shared-networks.ts';
import { callerIn, type Token } from './keystone/token.ts';
import type { TokenOwner } from './keystone/token-source.ts';
import * as floatingIps from './neutron/floating-ips.ts';
import * as parts from './neutron/network-parts.ts';
import * as networks from './neutron/networks.ts';
import * as ports from './neutron/ports.ts';
import * as securityGroups from './neutron/security-groups.ts';
import * as novaCatalog from './nova/catalog.ts';
import * as operations from './nova/instance-operations.ts';
import * as interfaces from './nova/interfaces.ts';
import * as keypairs from './nova/keypairs.ts';
import * as labels from './nova/labels.ts';
import type { Microversions } from './nova/microversion.ts';
import { Nova } from './nova/nova.ts';
import { computeQuotas } from './nova/quotas.ts';
import * as serverGroups from './nova/server-groups.ts';
import * as servers from './nova/servers.ts';
import * as attachments from './nova/volume-attachments.ts';
import { Service, type Session } from './service.ts';
import { inOwnProject, isProjectScoped } from './tenancy.ts';
import { volumeCalls } from './volume-calls.ts';

export const OPENSTACK_CAPABILITIES: CloudCapabilities = {
  floatingIps: true,
  securityGroups: true,
  keyPairs: true,
  nativeAccessFlags: false,
};

/** What an OpenStack cloud is made of; shared by all callers and requests. */
export interface OpenStack extends Pick<Session, 'transport' | 'tokens'> {
  /** Keystone's address with `/v3`, without trailing slash. */
  readonly authUrl: string;
  readonly hasServiceAccount: boolean;
  readonly microversions: Microversions;
  readonly regions: CatalogRegions;
  /** Of endpoints: `public`, `internal` or `admin`. */
  readonly interface: string;
  /** Those of the Nova dialect. */
  readonly services: ServedServices;
}

/**
 * `Cloud` over OpenStack for one caller during one request. Each method is the table of contents' entry for a function of
 * the service that does it.
 * */
export function openStackCloud(openStack: OpenStack, owner: TokenOwner, context: UpstreamContext): Cloud {
  const session: Session = { transport: openStack.transport, tokens: openStack.tokens, owner, context };
  /** @throws ComputeError As `missingService`. */
  const addressOf = (type: ServiceType) => (token: Token) => {
    const region = openStack.regions.nameIn(token.catalog, context.region);
    const address = endpointOf(token.catalog, type, { region, interface: openStack.interface });
    if (address === null) throw missingService(token.catalog, type, region);
    return address;
  };
  const service = (type: ServiceType) => new Service(type, session, addressOf(type));
  const novaAddress = addressOf('compute');
  const nova = new Nova(
    (headers) => new Service('compute', session, novaAddress, headers),
    async (of) => {
      if (of !== undefined) return openStack.microversions.range(...of, context);
      const signedIn = await token();
      return openStack.microversions.range(novaAddress(signedIn), signedIn, context);
    },
  );
  const neutron = service('network');
  const glance = service('image');
  const keystone = new Service('identity', session, () => openStack.authUrl);
  const token = () => openStack.tokens.token(owner, context);
  const caller = async () => callerIn(await token(), context.region);
  const projectId = async () => (await caller()).projectId;
  const ofUser = keypairs.userKeyPairs(nova);
  const isService = owner.kind === 'service';
  const keyPairs = isService ? keypairs.serviceKeyPairs(ofUser, projectId) : ofUser;
  const getInstance = async (id: string) => servers.getServer(nova, id, await projectId());
  const getSecurityGroup = async (id: string) =>
    securityGroups.getSecurityGroup(neutron, id, await projectId());
  const getOwnSecurityGroup = async (id: string) =>
    securityGroups.assertOwnGroup(await getSecurityGroup(id), await projectId());
  const getServerGroup = async (id: string) => serverGroups.getServerGroup(nova, id, await projectId());
  const listNetworks = async () => networks.listNetworks(neutron, (await token()).identity);
  const getFloatingIp = async (id: string) => floatingIps.getFloatingIp(neutron, id, await projectId());
  const ofOwn = async <T>(find: (id: string) => Promise<unknown>, id: string, call: () => Promise<T>) =>
    inOwnProject((await token()).identity.roles, () => find(id), call);
  const listServerGroups = async () => serverGroups.listServerGroups(nova, await projectId());
  const listSecurityGroups = async ({ allProjects = false } = {}) =>
    securityGroups.listSecurityGroups(neutron, allProjects ? null : await projectId());
  const listPorts = async (filter: PortFilter) =>
    ports.listPorts(neutron, filter.allProjects ? null : await projectId(), filter);
  const ofOwnInstance = <T>(id: string, call: () => Promise<T>) => ofOwn(getInstance, id, call);
  /** A rule is found in its group alone, so that one of another group, of whatever project, is like one that does not exist. */
  const ofOwnRule = async <T>(groupId: string, ruleId: string, call: () => Promise<T>) => {
    securityGroups.assertHasRule(await getOwnSecurityGroup(groupId), ruleId);
    return call();
  };
  const ofOwnGroup = <T>(id: string, call: () => Promise<T>) => ofOwn(getOwnSecurityGroup, id, call);

  const volumes = volumeCalls({ nova, cinder: service('volume'), projectId, getInstance, ofOwn });

  const cloud: Cloud = {
    capabilities: OPENSTACK_CAPABILITIES,
    log: context.log,
    detached: (milliseconds) =>
      openStackCloud(openStack, owner, { ...context, deadline: deadlineIn(milliseconds), urgent: true }),
    acrossProjects: () => ({
      ...cloud,
      ...operations.instanceOperations(nova, (id, call) => servers.getServer(nova, id, null).then(call)),
      getInstance: (id) => servers.getServer(nova, id, null),
      listInstanceVolumes: async (id) => {
        await servers.getServer(nova, id, null);
        return attachments.listServerVolumes(nova, id);
      },
      listReach: (of) => cloud.listReach({ ...of, allProjects: true }),
      listFloatingIps: () => cloud.listFloatingIps({ allProjects: true }),
    }),
    caller,
    async regionSharingNetworks() {
      const { catalog } = await token();
      const region = openStack.regions.nameIn(catalog, context.region);
      return regionSharingNetworks(catalog, { region, interface: openStack.interface });
    },
    identity: async (): Promise<Identity> => identityOf(keystone, await token()),

    async listInstances(filter, window) {
      const { networkId, allProjects = false } = filter;
      const onNetwork = networkId === undefined ? null : await listPorts({ networkId, allProjects });
      const ids = onNetwork && new Set(onNetwork.map((port) => port.instanceId));
      const listed = servers.listServers(nova, filter, window, ids);
      if (window.marker === undefined || allProjects) return listed;
      const isOwn = projectId().then((own) => servers.assertOwnMarker(nova, String(window.marker), own));
      return (await Promise.all([listed, isOwn]))[0];
    },
    getInstance,
    findInstance: (mark) => servers.findServer(nova, mark),
    async createInstance(instance) {
      // Nova would accept it, and fail to boot.
      if (instance.bootVolume) addressOf('volume')(await token());
      const name = instance.keypairName;
      const keyName =
        isService && name !== null ? storedKeyPairName(name, keyPairPrefix(await projectId())) : name;
      return servers.createServer(nova, instance, keyName);
    },
    changeInstance: (id, change) => ofOwnInstance(id, () => labels.changeServer(nova, id, change)),
    setInstanceTags: (id, tags) => ofOwnInstance(id, () => labels.setServerTags(nova, id, tags)),
    mergeMetadata: (id, items) => ofOwnInstance(id, () => servers.mergeServerMetadata(nova, id, items)),
    deleteMetadata: (id, key) => ofOwnInstance(id, () => servers.deleteServerMetadata(nova, id, key)),
    deleteInstance: (id) => ofOwnInstance(id, () => servers.deleteServer(nova, id)),
    ...operations.instanceOperations(nova, ofOwnInstance),
    attachNetwork: (id, wanted) =>
      ofOwnInstance(id, async () => {
        await parts.assertAddress(neutron, wanted);
        return interfaces.attachInterface(nova, id, wanted);
      }),
    detachNetwork: (id, portId) => ofOwnInstance(id, () => interfaces.detachInterface(nova, id, portId)),

    listFlavors: () => novaCatalog.listFlavors(nova),
    getFlavor: async (id) => {
      const { roles, projectId: own } = await caller();
      return novaCatalog.getFlavor(nova, id, isProjectScoped(roles) ? null : own);
    },
    ...imageCalls(glance, caller),
    listAvailabilityZones: () => novaCatalog.listAvailabilityZones(nova),
    listNetworks,
    getNetwork: async (id) => {
      const network = (await listNetworks()).find((one) => one.id === id);
      if (network === undefined) throw new ComputeError('not_found', `Network ${id} could not be found.`);
      return parts.detailOf(neutron, network, await projectId());
    },
    createNetwork: ({ name, description }) => parts.createNetwork(neutron, name, description),
    describeNetwork: (id, description) => parts.describeNetwork(neutron, id, description),
    deleteNetwork: (id) => parts.deleteNetwork(neutron, id),
    createSubnet: (networkId, cidr) => parts.createSubnet(neutron, networkId, cidr),
    listRouters: async () => parts.listRouters(neutron, await projectId()),
    createRouter: (name, networkId, description) => parts.createRouter(neutron, name, networkId, description),
    deleteRouter: (id) => parts.deleteRouter(neutron, id),
    addRouterInterface: (to) => parts.addRouterInterface(neutron, to),
    removeRouterInterface: (from) => parts.removeRouterInterface(neutron, from),

    listExternalNetworkIds: () => networks.listExternalNetworkIds(neutron),
    listReach: async (of) => {
      const [groups, found, externalNetworkIds, ofServers] = await Promise.all([
        listSecurityGroups(of),
        listPorts(of),
        networks.listExternalNetworkIds(neutron),
        serverGroupsOf({ listServerGroups }),
      ]);
      return { groups, ports: found, externalNetworkIds, serverGroups: ofServers };
    },

    ...keyPairs,

    listServerGroups,
    getServerGroup,
    createServerGroup: (name, policy) => serverGroups.createServerGroup(nova, name, policy),
    deleteServerGroup: (id) => ofOwn(getServerGroup, id, () => serverGroups.deleteServerGroup(nova, id)),

    listSecurityGroups,
    getSecurityGroup,
    createSecurityGroup: (name, description) =>
      securityGroups.createSecurityGroup(neutron, name, description),
    updateSecurityGroup: (id, change) =>
      ofOwnGroup(id, () => securityGroups.updateSecurityGroup(neutron, id, change)),
    deleteSecurityGroup: (id) => ofOwnGroup(id, () => securityGroups.deleteSecurityGroup(neutron, id)),
    createSecurityGroupRule: async (groupId, rule) => {
      await Promise.all([
        getOwnSecurityGroup(groupId),
        rule.remoteGroupId === undefined ? null : getSecurityGroup(rule.remoteGroupId),
      ]);
      return securityGroups.createSecurityGroupRule(neutron, groupId, rule);
    },
    deleteSecurityGroupRule: (groupId, ruleId) =>
      ofOwnRule(groupId, ruleId, () => securityGroups.deleteSecurityGroupRule(neutron, ruleId)),

    listPorts,
    createPort: (port) => ports.createPort(neutron, port),
    addPortSecurityGroup: (portId, groupId) =>
      ports.changePortGroups(neutron, portId, (groups) =>
        groups.includes(groupId) ? groups : [...groups, groupId],
      ),
    removePortSecurityGroup: (portId, groupId) =>
      ports.changePortGroups(neutron, portId, (groups) =>
        groups.includes(groupId) ? groups.filter((id) => id !== groupId) : groups,
      ),
    deletePort: (id) => ports.deletePort(neutron, id),

    listFloatingIps: async ({ allProjects = false } = {}) =>
      floatingIps.listFloatingIps(neutron, allProjects ? null : await projectId()),
    getFloatingIp,
    createFloatingIp: (networkId, portId, description) =>
      floatingIps.createFloatingIp(neutron, networkId, portId, description),
    updateFloatingIp: async (id, change) =>
      floatingIps.updateFloatingIp(neutron, await getFloatingIp(id), change),
    deleteFloatingIp: (id) => floatingIps.deleteFloatingIp(neutron, id),

    ...volumes,

    listHypervisors: () => novaCatalog.listHypervisors(nova),
    quotas: async (): Promise<Quotas> => {
      const project = await projectId();
      const [compute, network, storage, pairs] = await Promise.all([
        computeQuotas(nova, project),
        networks.networkQuotas(neutron, project),
        volumeQuotas(service('volume'), project),
        keyPairs.listKeyPairs(),
      ]);
      const limits = [
        compute.keyPairs.limit ?? Number.POSITIVE_INFINITY,
        ...(isService ? [MAX_KEY_PAIRS] : []),
      ];
      const limit = Math.min(...limits);
      return {
        ...compute,
        ...network,
        ...storage,
        keyPairs: { limit: Number.isFinite(limit) ? limit : null, used: pairs.length },
      };
    },
  };
  return cloud;
}
