import { expect, vi } from 'vitest';
import { parseKey } from '../../src/access/key-format.ts';
import { type Customer, IMAGE } from '../conformance/target.ts';
import type { OpenStackClient } from '../support/openstack-client.ts';
import type { ReduClient } from '../support/redu-client.ts';

/** Things of one customer by what a path or a body of another would call them. */
export type Things = Readonly<Record<(typeof THINGS)[number], string>>;

export const THINGS = [
  'instance',
  'address',
  'floating ip',
  'port',
  'network',
  'image',
  'image name',
  'keypair',
  'group',
  'group name',
  'rule',
  'server group',
  'volume',
  'snapshot',
  'api key',
  'project',
  'project name',
] as const;

/** Makes one of everything for a customer, with this key of theirs. */
export async function makeThings(customer: Customer, client: ReduClient, label: string): Promise<Things> {
  const made = async (path: string, body: object) => {
    const answer = await client.post(path, body);
    expect([201, 202], JSON.stringify(answer.body)).toContain(answer.status);
    return answer.body;
  };
  const hasPairs = await makeKeypair(customer, client, `${label}-pair`);
  const group = await made('/v1/security_groups', { name: `${label}-group` });
  const rule = await made(`/v1/security_groups/${group.id}/rules`, { protocol: 'tcp', port: 443 });
  const serverGroup = await made('/v1/server_groups', { name: `${label}-hosts`, policy: 'affinity' });
  const instance = await client.boot({
    name: `${label}-instance`,
    flavor_id: 'm1.tiny',
    image_id: IMAGE,
    ...(hasPairs && { keypair_name: `${label}-pair` }),
    security_group_names: [group.id],
    server_group_id: serverGroup.id,
    metadata: { isPublic: true },
  });
  const imageName = `${label}-snapshot`;
  const { image_id } = (await client.act(instance.id, 'snapshot', { name: imageName })).body;
  const imageStatus = async () => (await customer.openStack.image('GET', `/images/${image_id}`)).body.status;
  await vi.waitUntil(async () => (await imageStatus()) === 'active', { timeout: 5_000 });
  const volume = await made('/v1/volumes', { name: `${label}-volume`, size_gb: 1 });
  const available = (path: string) =>
    vi.waitUntil(async () => (await client.get(path)).body.status === 'available', { timeout: 5_000 });
  await available(`/v1/volumes/${volume.id}`);
  const snapshot = await made('/v1/volume_snapshots', { name: `${label}-copy`, volume_id: volume.id });
  await available(`/v1/volume_snapshots/${snapshot.id}`);
  const port = await customer.openStack.network('POST', '/ports', {
    port: { network_id: customer.networkId, name: `${label}-port` },
  });
  const { items } = (await client.get('/v1/floating_ips')).body;
  return {
    instance: instance.id,
    'floating ip': items[0].id,
    address: instance.metadata.floatingIp,
    port: port.body.port.id,
    network: customer.networkId,
    image: image_id,
    'image name': imageName,
    keypair: `${label}-pair`,
    group: group.id,
    'group name': `${label}-group`,
    rule: rule.id,
    'server group': serverGroup.id,
    volume: volume.id,
    snapshot: snapshot.id,
    'api key': parseKey(client.key)?.id ?? '',
    project: customer.projectId,
    'project name': customer.projectName,
  };
}

/** @returns Whether the key has key pairs. Service keys may have none: then the pair is the user's own. */
async function makeKeypair(customer: Customer, client: ReduClient, name: string): Promise<boolean> {
  const { status } = await client.post('/v1/keypairs', { name });
  if (status === 201) return true;
  expect(status).toBe(501);
  await customer.openStack.compute('POST', '/os-keypairs', { keypair: { name } });
  return false;
}

const NETWORK_LISTS = [
  'networks',
  'subnets',
  'routers',
  'ports',
  'floatingips',
  'security-groups',
  'security-group-rules',
];
const COMPUTE_LISTS = ['servers/detail', 'os-keypairs', 'os-server-groups', 'limits'];
const GATEWAY_LISTS = [
  'me',
  'instances',
  'images',
  'networks',
  'floating_ips',
  'keypairs',
  'security_groups',
  'server_groups',
  'volumes',
  'volume_snapshots',
  'api_keys',
  'quotas',
];

/** All that a customer has, as their own tools and their own key see it. */
export async function everythingOf(openStack: OpenStackClient, client: ReduClient, things: Things) {
  const seen = await Promise.all([
    ...NETWORK_LISTS.map((list) => openStack.network('GET', `/${list}`)),
    ...COMPUTE_LISTS.map((list) => openStack.compute('GET', `/${list}`)),
    openStack.image('GET', '/images'),
    ...GATEWAY_LISTS.map((list) => client.get(`/v1/${list}`)),
    client.get(`/v1/instances/${things.instance}`),
    client.get(`/v1/keypairs/${things.keypair}`),
    client.get(`/v1/api_keys/${things['api key']}`),
  ]);
  return seen.map(({ status, body }) => ({ status, body }));
}
