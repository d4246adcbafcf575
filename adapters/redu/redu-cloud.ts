import type * as z from 'zod';
import { deadlineIn } from '../../src/clock.ts';
import type { CallContext, Cloud, CloudCapabilities } from '../../src/compute/cloud.ts';
import { ComputeError, ignoreNotFound } from '../../src/compute/errors.ts';
import { NO_REACH } from '../../src/compute/instance-view.ts';
import { availabilityZoneSchema } from '../../src/dialects/redu/availability-zones.ts';
import * as decode from '../../src/dialects/redu/decode-responses.ts';
import { flavorSchema } from '../../src/dialects/redu/flavors.ts';
import { hypervisorSchema } from '../../src/dialects/redu/hypervisors.ts';
import { attachedNetworkSchema } from '../../src/dialects/redu/instance-networks.ts';
import { networkDetailSchema, networkSchema } from '../../src/dialects/redu/networks.ts';
import { quotasSchema } from '../../src/dialects/redu/quotas.ts';
import { encodePort } from '../../src/dialects/redu/security-group-rules.ts';
import { serverGroupSchema } from '../../src/dialects/redu/server-groups.ts';
import * as access from './access.ts';
import type { ReduRequest } from './http-client.ts';
import * as images from './images.ts';
import { instanceOperations } from './instance-operations.ts';
import * as instances from './instances.ts';
import type { ReduSession } from './session.ts';
import { volumeCalls } from './volumes.ts';

/** The cloud sets up public access itself, by the flags in the metadata, and shows no ports. */
export const REDU_CAPABILITIES: CloudCapabilities = {
  floatingIps: false,
  securityGroups: true,
  keyPairs: true,
  nativeAccessFlags: true,
};

/** `Cloud` over a redu-dialect API. Each method is the table of contents' entry for what does it. */
export function reduCloud(open: (call: CallContext) => ReduSession, call: CallContext): Cloud {
  const session = open(call);
  let identity: ReturnType<typeof access.identity> | undefined;
  const identityOnce = () => {
    identity ??= access.identity(session);
    return identity;
  };
  const projectId = async () => (await identityOnce()).projectId;
  const list = async <B, T>(path: string, schema: z.ZodType<B>, toModel: (body: B) => T) =>
    (await session.list(path, schema)).map(toModel);
  const remove = async (path: string) => {
    await session.request({ method: 'DELETE', path }, 'item');
  };
  const floatingIp = async (request: ReduRequest, on: 'collection' | 'item') =>
    decode.decodeFloatingIp(await session.read(request, on, decode.foreignFloatingIpSchema));
  const network = async (request: ReduRequest, on: 'collection' | 'item') =>
    decode.decodeNetworkDetail(await session.read(request, on, networkDetailSchema));
  const networksPath = (id: string) => `/v1/instances/${id}/networks`;
  const groupPath = (id: string) => `/v1/security_groups/${id}`;
  const groupOfInstance = (id: string, groupId: string) => `/v1/instances/${id}/security_groups/${groupId}`;
  const serverGroupPath = (id: string) => `/v1/server_groups/${id}`;
  const noPorts = (what: string) => async (): Promise<never> => {
    throw new ComputeError('not_implemented', `The cloud behind this gateway cannot do this: ${what}.`);
  };

  return {
    capabilities: REDU_CAPABILITIES,
    log: call.log,
    detached: (milliseconds) => reduCloud(open, { ...call, deadline: deadlineIn(milliseconds) }),
    // The cloud itself allows its administrators that, by the scopes of the key.
    acrossProjects: () => reduCloud(open, call),
    caller: async () => {
      const { userId, projectId: project, roles } = await identityOnce();
      return { region: call.region, userId, projectId: project, roles };
    },
    regionSharingNetworks: async () => null,
    identity: identityOnce,

    listInstances: (filter, window) => instances.listInstances(session, filter, window),
    getInstance: (id) => instances.getInstance(session, id),
    // There are no marks: a repeated create is recognized by its Idempotency-Key.
    findInstance: async () => null,
    createInstance: (instance) => instances.createInstance(session, instance),
    changeInstance: async (id, change) => {
      await instances.changeInstance(session, id, change);
      return null;
    },
    setInstanceTags: (id, tags) => instances.setTags(session, id, tags),
    mergeMetadata: (id, metadata) => instances.changeInstance(session, id, { metadata }),
    deleteMetadata: (id, key) => instances.changeInstance(session, id, { metadata: { [key]: null } }),
    deleteInstance: (id) => instances.deleteInstance(session, id),
    act: (id, action) => instances.actOnInstance(session, id, action),
    snapshot: (id, name, metadata) =>
      instances.imageInstance(session, id, { action: 'snapshot', name, metadata }),
    ...instanceOperations(session),
    async attachNetwork(id, { attachment, address }) {
      const body = {
        ...(attachment.kind === 'port'
          ? { port_id: attachment.portId }
          : { network_id: attachment.networkId }),
        address,
      };
      const request = { method: 'POST', path: networksPath(id), body } as const;
      const { port_id, network_id, addresses } = await session.read(request, 'item', attachedNetworkSchema);
      return { portId: port_id, networkId: network_id, addresses };
    },
    detachNetwork: (id, portId) => remove(`${networksPath(id)}/${portId}`),

    listFlavors: () => list('/v1/flavors', flavorSchema, decode.decodeFlavor),
    async getFlavor(id) {
      const request = { method: 'GET', path: `/v1/flavors/${encodeURIComponent(id)}` } as const;
      return decode.decodeFlavor(await session.read(request, 'item', flavorSchema));
    },
    ...images.imageCalls(session),
    listAvailabilityZones: () => session.list('/v1/availability_zones', availabilityZoneSchema),
    listNetworks: () => list('/v1/networks', networkSchema, decode.decodeNetwork),
    getNetwork: (id) => network({ method: 'GET', path: `/v1/networks/${id}` }, 'item'),
    createNetwork: ({ name, cidr, routed }) =>
      network({ method: 'POST', path: '/v1/networks', body: { name, cidr, routed } }, 'collection'),
    deleteNetwork: (id) => remove(`/v1/networks/${id}`),
    describeNetwork: noPorts('describing a network'),
    createSubnet: noPorts('making a subnet by itself'),
    listRouters: noPorts('listing routers'),
    createRouter: noPorts('making a router by itself'),
    deleteRouter: noPorts('deleting a router'),
    addRouterInterface: noPorts('connecting a router'),
    removeRouterInterface: noPorts('disconnecting a router'),

    listKeyPairs: () => access.listKeyPairs(session),
    getKeyPair: (name) => access.getKeyPair(session, name),
    createKeyPair: (name, publicKey, type) => access.createKeyPair(session, name, publicKey, type),
    deleteKeyPair: (name) => remove(`/v1/keypairs/${encodeURIComponent(name)}`),

    listServerGroups: () => list('/v1/server_groups', serverGroupSchema, decode.decodeServerGroup),
    async getServerGroup(id) {
      const request = { method: 'GET', path: serverGroupPath(id) } as const;
      return decode.decodeServerGroup(await session.read(request, 'item', serverGroupSchema));
    },
    async createServerGroup(name, policy) {
      const request = { method: 'POST', path: '/v1/server_groups', body: { name, policy } } as const;
      return decode.decodeServerGroup(await session.read(request, 'collection', serverGroupSchema));
    },
    deleteServerGroup: (id) => remove(serverGroupPath(id)),

    listSecurityGroups: async () => access.listSecurityGroups(session, await projectId()),
    async getSecurityGroup(id) {
      const groups = await access.listSecurityGroups(session, await projectId());
      const found = groups.find((group) => group.id === id);
      if (found === undefined) throw new ComputeError('not_found', 'There is no such security group.');
      return found;
    },
    async createSecurityGroup(name, description) {
      const request = { method: 'POST', path: '/v1/security_groups', body: { name, description } } as const;
      const group = await session.read(request, 'collection', decode.foreignSecurityGroupSchema);
      return decode.decodeSecurityGroup(group, await projectId());
    },
    async updateSecurityGroup(id, change) {
      const request = { method: 'PATCH', path: groupPath(id), body: change } as const;
      const group = await session.read(request, 'item', decode.foreignSecurityGroupSchema);
      return decode.decodeSecurityGroup(group, await projectId());
    },
    deleteSecurityGroup: (id) => remove(groupPath(id)),
    async createSecurityGroupRule(id, rule) {
      const { direction, protocol, ethertype, remotePrefix, remoteGroupId, description } = rule;
      const remote = remoteGroupId
        ? { source_group_id: remoteGroupId, ethertype }
        : { cidr: ethertype === 'IPv6' ? (remotePrefix ?? '::/0') : remotePrefix };
      const body = {
        direction,
        protocol,
        port: encodePort(rule),
        ...remote,
        ...(description && { description }),
      };
      const request = { method: 'POST', path: `${groupPath(id)}/rules`, body } as const;
      return decode.decodeRule(await session.read(request, 'item', decode.foreignRuleSchema), id);
    },
    deleteSecurityGroupRule: (id, ruleId) => remove(`${groupPath(id)}/rules/${ruleId}`),
    instanceSecurityGroups: {
      attach: async (id, groupId) => {
        await session.request({ method: 'PUT', path: groupOfInstance(id, groupId) }, 'item');
      },
      detach: (id, groupId) => remove(groupOfInstance(id, groupId)),
    },

    async listPorts({ instanceId }) {
      if (instanceId === undefined) return noPorts('listing ports of no instance')();
      const project = await projectId();
      const attached = await session.list(networksPath(instanceId), attachedNetworkSchema, 'item');
      return attached.map((body) => decode.decodePort(body, instanceId, project));
    },
    listExternalNetworkIds: async () => NO_REACH.externalNetworkIds,
    // The cloud reports the flags itself.
    listReach: async () => NO_REACH,
    createPort: noPorts('making a port'),
    addPortSecurityGroup: noPorts('changing the groups of a port'),
    removePortSecurityGroup: noPorts('changing the groups of a port'),
    deletePort: noPorts('deleting a port'),
    listFloatingIps: () => list('/v1/floating_ips', decode.foreignFloatingIpSchema, decode.decodeFloatingIp),
    getFloatingIp: (id) => floatingIp({ method: 'GET', path: `/v1/floating_ips/${id}` }, 'item'),
    createFloatingIp: (networkId, portId, description) =>
      floatingIp(
        {
          method: 'POST',
          path: '/v1/floating_ips',
          body: { network_id: networkId, port_id: portId, description },
        },
        'collection',
      ),
    updateFloatingIp: (id, { portId, description }) =>
      floatingIp(
        { method: 'PATCH', path: `/v1/floating_ips/${id}`, body: { port_id: portId, description } },
        'item',
      ),
    deleteFloatingIp: (id) => remove(`/v1/floating_ips/${id}`).catch(ignoreNotFound),

    ...volumeCalls(session),

    listHypervisors: () => list('/v1/hypervisors', hypervisorSchema, decode.decodeHypervisor),
    quotas: async () =>
      decode.decodeQuotas(
        await session.read({ method: 'GET', path: '/v1/quotas' }, 'collection', quotasSchema),
      ),
  };
}
