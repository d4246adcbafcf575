/** @module The two servers of redu's "List Instances" documentation, down to the last field, so that a first request shows it. */

import type { Account } from './accounts.ts';
import type { Cloud } from './cloud.ts';
import { associate } from './neutron/association.ts';
import { type FloatingIp, newResource, type SecurityGroup } from './neutron/model.ts';
import { addRule } from './neutron/rule-records.ts';
import { addGroup, defaultGroup } from './neutron/security-groups.ts';
import { POWER } from './nova/lifecycle.ts';
import { newServer, type Server } from './nova/model.ts';
import { attachAll, refresh } from './nova/network-info.ts';

/** The project and user of the example. */
export const EXAMPLE = {
  projectId: '719015812e824d5b874b4190dde8f43c',
  userId: 'ab2399414c9248a09de5ed551c817f16',
} as const;

/** Ids of the images the example's servers were made from. */
export const EXAMPLE_IMAGES = {
  ubuntu: 'a2f1d2c3-4455-4e11-8e33-9a7b0c6d1234',
  debian: 'b1c3d5e7-8899-4d22-9f44-0a1b2c3d4e5f',
} as const;

const RUNNING = { vmState: 'active', powerState: POWER.running };
const STOPPED = { vmState: 'stopped', powerState: POWER.shutdown };

/** Enters both servers, their ports, the SSH group they share and the floating IP of the first. */
export function addExampleServers(cloud: Cloud, account: Account, publicNetworkId: string): void {
  const ssh = addSshGroup(cloud, account.projectId);
  const groups = [defaultGroup(cloud, account.projectId).id, ssh.id];
  addServer(cloud, account, {
    id: 'c3a29e87-5e7f-4f88-b8a2-44d6e8f19abc',
    name: 'api-staging',
    imageId: EXAMPLE_IMAGES.debian,
    flavor: flavorOf(cloud, 'm1.medium'),
    metadata: { isPublic: 'false', enableSSH: 'true' },
    createdAt: Date.parse('2026-02-10T18:03:11Z'),
    updatedAt: Date.parse('2026-02-14T12:45:09Z'),
    securityGroupIds: [ssh.id],
    ...STOPPED,
  });
  const web = addServer(cloud, account, {
    id: '8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11',
    name: 'web-production-01',
    imageId: EXAMPLE_IMAGES.ubuntu,
    flavor: flavorOf(cloud, 'm1.small'),
    metadata: { isPublic: 'true', enableSSH: 'true', floatingIp: '203.0.113.42' },
    createdAt: Date.parse('2026-02-12T09:14:22Z'),
    updatedAt: Date.parse('2026-02-12T09:16:03Z'),
    securityGroupIds: groups,
    ...RUNNING,
  });
  addFloatingIp(cloud, account, web, publicNetworkId);
}

function flavorOf(cloud: Cloud, id: string) {
  const flavor = cloud.compute.flavors.find((candidate) => candidate.id === id);
  if (!flavor) throw new Error(`The sandbox has no flavor ${id}`);
  return flavor;
}

function addSshGroup(cloud: Cloud, projectId: string): SecurityGroup {
  const group = addGroup(cloud, projectId, 'linguanova-ssh', 'SSH from everywhere');
  addRule(cloud, projectId, {
    groupId: group.id,
    direction: 'ingress',
    ethertype: 'IPv4',
    protocol: 'tcp',
    portMin: 22,
    portMax: 22,
    prefix: '0.0.0.0/0',
    description: '',
  });
  return group;
}

type Wishes = Omit<Parameters<typeof newServer>[1], 'serial'>;

function addServer(cloud: Cloud, account: Account, wishes: Wishes): Server {
  cloud.compute.serial += 1;
  const server = newServer(account, {
    serial: cloud.compute.serial,
    taskState: null,
    host: cloud.compute.host.name,
    zone: 'nova',
    launchedAt: wishes.createdAt,
    keyName: account.keyPairName,
    nics: [{ networkId: account.networkId }],
    ...wishes,
  });
  cloud.compute.servers.set(server.id, server);
  attachAll(cloud, server);
  return server;
}

function addFloatingIp(cloud: Cloud, account: Account, server: Server, networkId: string): void {
  const floating: FloatingIp = {
    ...newResource(account.projectId, '', cloud.timeline.now()),
    address: '203.0.113.42',
    networkId,
    status: 'ACTIVE',
    portId: null,
    fixedAddress: null,
    routerId: null,
  };
  cloud.networking.floatingIps.set(floating.id, floating);
  const port = [...cloud.networking.ports.values()].find((candidate) => candidate.deviceId === server.id);
  if (port) associate(cloud, floating, port);
  refresh(cloud, server);
}
