import * as z from 'zod';
import { isHostAddress } from '../../../src/access/ip-address.ts';
import type { NewAttachment } from '../../../src/compute/cloud.ts';
import { ComputeError, hasCode, ignoreNotFound } from '../../../src/compute/errors.ts';
import type { Network } from '../../../src/compute/model.ts';
import type { NetworkDetail, Router, RouterInterface, Subnet } from '../../../src/compute/networks.ts';
import { isUpstream } from '../http/upstream-error.ts';
import { allPages } from '../pages.ts';
import type { Service } from '../service.ts';
import { orNone } from './extensions.ts';
import { NetworkItem, networkFrom } from './networks.ts';

const SubnetItem = z.object({ id: z.string(), cidr: z.string(), gateway_ip: z.string().nullish() });
const RouterItem = z.object({
  id: z.string(),
  name: z.string().nullish(),
  project_id: z.string(),
  description: z.string().nullish(),
  external_gateway_info: z.object({ network_id: z.string() }).nullish(),
  created_at: z.string().nullish(),
});
const InterfaceItem = z.object({
  device_id: z.string(),
  project_id: z.string(),
  fixed_ips: z.array(z.object({ subnet_id: z.string() })).nullish(),
});
const NetworkBody = z.object({ network: NetworkItem });
const SubnetBody = z.object({ subnet: SubnetItem });
const RouterBody = z.object({ router: RouterItem });

/** With and without distributed or highly available routers. */
const INTERFACE_OWNERS = [
  'network:router_interface',
  'network:router_interface_distributed',
  'network:ha_router_replicated_interface',
];

export async function detailOf(
  neutron: Service,
  network: Network,
  projectId: string,
): Promise<NetworkDetail> {
  const ofNetwork = { network_id: network.id };
  const [subnets, interfaces] = await Promise.all([
    allPages(neutron, '/subnets', 'subnets', SubnetItem, ofNetwork),
    allPages(neutron, '/ports', 'ports', InterfaceItem, { ...ofNetwork, device_owner: INTERFACE_OWNERS }),
  ]);
  return {
    ...network,
    subnets: subnets.map(subnetFrom),
    interfaces: interfaces
      .filter((port) => port.project_id === projectId)
      .flatMap(({ device_id, fixed_ips }) =>
        (fixed_ips ?? []).map(({ subnet_id }) => ({ routerId: device_id, subnetId: subnet_id })),
      ),
  };
}

/** Nova would report it as a fault of its own (500, measured), and after seconds. */
export async function assertAddress(neutron: Service, wanted: NewAttachment): Promise<void> {
  const { attachment, address } = wanted;
  if (address === null || attachment.kind === 'port') return;
  const ofNetwork = { network_id: attachment.networkId };
  const subnets = await allPages(neutron, '/subnets', 'subnets', SubnetItem, ofNetwork);
  const cidrs = subnets.map(({ cidr }) => cidr);
  if (isHostAddress(address, cidrs)) return;
  const known = cidrs.length === 0 ? 'this network has none' : cidrs.join(', ');
  throw ComputeError.field('address', `must be a host address in a subnet of this network: ${known}`);
}

export async function createNetwork(neutron: Service, name: string, description: string): Promise<Network> {
  const body = { network: { name, description } };
  return networkFrom((await neutron.post('/networks', body, NetworkBody)).network);
}

export async function describeNetwork(neutron: Service, id: string, description: string): Promise<void> {
  await neutron.call('PUT', `/networks/${id}`, { body: { network: { description } } });
}

export async function deleteNetwork(neutron: Service, id: string): Promise<void> {
  await neutron.call('DELETE', `/networks/${id}`);
}

export async function createSubnet(neutron: Service, networkId: string, cidr: string): Promise<Subnet> {
  const body = { subnet: { network_id: networkId, cidr, ip_version: 4 } };
  return subnetFrom((await neutron.post('/subnets', body, SubnetBody)).subnet);
}

export async function listRouters(neutron: Service, projectId: string): Promise<Router[]> {
  const query = { project_id: projectId };
  const routers = await orNone(allPages(neutron, '/routers', 'routers', RouterItem, query));
  return routers.filter((router) => router.project_id === projectId).map(routerFrom);
}

export async function createRouter(
  neutron: Service,
  name: string,
  externalNetworkId: string,
  description: string,
): Promise<Router> {
  const router = { name, description, external_gateway_info: { network_id: externalNetworkId } };
  return routerFrom((await neutron.post('/routers', { router }, RouterBody)).router);
}

export async function deleteRouter(neutron: Service, id: string): Promise<void> {
  await neutron.call('DELETE', `/routers/${id}`).catch(ignoreNotFound);
}

const CONNECTED = /already has a port on subnet/;

/** Repeated after a lost response, it is refused with 400. */
export async function addRouterInterface(
  neutron: Service,
  { routerId, subnetId }: RouterInterface,
): Promise<void> {
  try {
    const body = { subnet_id: subnetId };
    await neutron.call('PUT', `/routers/${routerId}/add_router_interface`, { body });
  } catch (error) {
    if (isUpstream(error, 'BadRequest') && CONNECTED.test(error.message)) return;
    if (hasCode(error, 'not_found')) throw new ComputeError('conflict', error.message, { cause: error });
    throw error;
  }
}

export async function removeRouterInterface(
  neutron: Service,
  { routerId, subnetId }: RouterInterface,
): Promise<void> {
  const body = { subnet_id: subnetId };
  await neutron.call('PUT', `/routers/${routerId}/remove_router_interface`, { body }).catch(ignoreNotFound);
}

function subnetFrom({ id, cidr, gateway_ip = null }: z.infer<typeof SubnetItem>): Subnet {
  return { id, cidr, gateway: gateway_ip };
}

function routerFrom(router: z.infer<typeof RouterItem>): Router {
  return {
    id: router.id,
    name: router.name ?? '',
    description: router.description ?? '',
    externalNetworkId: router.external_gateway_info?.network_id ?? null,
    created: router.created_at ?? '',
  };
}
