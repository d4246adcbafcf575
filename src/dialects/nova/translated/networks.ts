/**
 * Neutron's networks, ports and floating IPs, as far as a cloud tells them: for look-ups by name.
 *
 * @module
 */

import type { FloatingIp, Network, Port } from '../../../compute/model.ts';
import { findOrThrow, type NovaCall, unsupported } from './call.ts';
import { filterByQuery, nextLinks, paginate, TRUE_VALUE } from './lists.ts';

/** Parameters of every list that are no filters. */
const CONTROL = ['limit', 'marker', 'page_reverse', 'fields', 'sort_key', 'sort_dir'];

/**
 * A list as Neutron filters, sorts and cuts it.
 *
 * @param constant Members that redu does not report: the view has a constant, which no filter or sort may rest on.
 */
export async function listResponse<T extends { readonly id: string }>(
  call: NovaCall,
  plural: string,
  all: readonly T[],
  constant: readonly (keyof T & string)[] = [],
): Promise<Response> {
  const { query } = call;
  if (TRUE_VALUE.test(query.get('page_reverse') ?? ''))
    throw unsupported(`listing ${plural} with page_reverse`);
  const [first] = all;
  const reported = Object.keys(first ?? { id: '' }).filter((name) => !constant.some((one) => one === name));
  // The members of an empty list are not known, and it needs no filter.
  const matching =
    first === undefined ? [] : filterByQuery(all, query, { plural, reported, control: CONTROL });
  const { items, next } = paginate(call, sorted(matching, query, plural, reported));
  const fields = query.getAll('fields');
  return call.c.json({
    [plural]: fields.length === 0 ? items : items.map((item) => withFields(item, fields)),
    ...nextLinks(plural, next),
  });
}

/** By `sort_key` and `sort_dir`, then by id. `not_implemented`: a key that redu does not report. */
function sorted<T extends { readonly id: string }>(
  items: readonly T[],
  query: URLSearchParams,
  plural: string,
  reported: readonly string[],
): T[] {
  const directions = query.getAll('sort_dir');
  const keys = query.getAll('sort_key').map((name, index) => {
    if (items.length > 0 && !reported.includes(name)) throw unsupported(`sorting ${plural} by ${name}`);
    return { name: name as keyof T, sign: directions[index] === 'desc' ? -1 : 1 };
  });
  return items.toSorted((a, b) => {
    for (const { name, sign } of [...keys, { name: 'id' as const, sign: 1 }]) {
      const [left, right] = [String(a[name] ?? ''), String(b[name] ?? '')];
      if (left !== right) return left < right ? -sign : sign;
    }
    return 0;
  });
}

function withFields<T extends object>(item: T, fields: readonly string[]): Partial<T> {
  return Object.fromEntries(Object.entries(item).filter(([name]) => fields.includes(name))) as Partial<T>;
}

/** `GET /v2.0/networks`. */
export async function listNetworks(call: NovaCall): Promise<Response> {
  return listResponse(call, 'networks', (await call.cloud.listNetworks()).map(networkView), ['description']);
}

/** `GET /v2.0/networks/{id}`. */
export async function showNetwork({ c, cloud }: NovaCall, id = ''): Promise<Response> {
  return c.json({
    network: networkView(findOrThrow(await cloud.listNetworks(), (n) => n.id === id, 'Network', id)),
  });
}

/** `GET /v2.0/ports`. */
export async function listPorts(call: NovaCall): Promise<Response> {
  const instanceId = call.query.get('device_id');
  const ports = await call.cloud.listPorts(instanceId === null ? {} : { instanceId });
  return listResponse(call, 'ports', ports.map(portView));
}

/** `GET /v2.0/floatingips`. */
export async function listFloatingIps(call: NovaCall): Promise<Response> {
  const { projectId } = call.c.var.principal;
  const addresses = (await call.cloud.listFloatingIps()).map((one) => floatingIpView(one, projectId));
  return listResponse(call, 'floatingips', addresses, ['router_id']);
}

/** `GET /v2.0/floatingips/{id}`. */
export async function showFloatingIp({ c, cloud }: NovaCall, id = ''): Promise<Response> {
  const found = findOrThrow(await cloud.listFloatingIps(), (one) => one.id === id, 'Floating IP', id);
  return c.json({ floatingip: floatingIpView(found, c.var.principal.projectId) });
}

function networkView({ id, name, status, external, shared, isDefault, projectId, subnetIds }: Network) {
  return {
    id,
    name,
    status,
    description: '',
    admin_state_up: true,
    shared,
    'router:external': external,
    is_default: isDefault,
    subnets: subnetIds,
    project_id: projectId,
    tenant_id: projectId,
  };
}

function portView(port: Port) {
  return {
    id: port.id,
    name: port.name,
    description: port.description,
    network_id: port.networkId,
    device_id: port.instanceId ?? '',
    security_groups: port.securityGroupIds,
    fixed_ips: port.fixedAddresses.map((address) => ({ ip_address: address })),
    created_at: port.created,
  };
}

function floatingIpView(floatingIp: FloatingIp, projectId: string) {
  return {
    id: floatingIp.id,
    floating_ip_address: floatingIp.address,
    status: floatingIp.status,
    description: floatingIp.description,
    floating_network_id: floatingIp.externalNetworkId,
    port_id: floatingIp.portId,
    fixed_ip_address: floatingIp.fixedAddress,
    router_id: null,
    created_at: floatingIp.created,
    project_id: projectId,
    tenant_id: projectId,
  };
}
