import { describe, expect, test, vi } from 'vitest';
import type { Logger } from '../telemetry/logger.ts';
import type { Cloud } from './cloud.ts';
import { ComputeError } from './errors.ts';
import type { CloudInstance, FloatingIp, Port } from './model.ts';
import type { NetworkDetail, Router } from './networks.ts';
import { ownedDescription } from './ownership.ts';
import { reconcile } from './reconcile.ts';

const log: Logger = { info: () => {}, warn: () => {}, error: () => {}, with: () => log };
const MARK = ownedDescription('k1', 'web');
const created = '2026-06-01T00:00:00Z';
const now = Date.parse('2026-06-01T01:00:00Z');
const PORT: Port = {
  id: 'port',
  name: 'web',
  networkId: 'n',
  description: MARK,
  instanceId: null,
  inOtherUse: false,
  isOfNetwork: false,
  projectId: 'p',
  securityGroupIds: [],
  fixedAddresses: ['10.0.0.5'],
  created,
};
const IP: FloatingIp = {
  id: 'ip',
  address: '203.0.113.5',
  status: 'ACTIVE',
  description: MARK,
  externalNetworkId: 'x',
  portId: 'port',
  fixedAddress: '10.0.0.5',
  instanceId: null,
  portIsFree: false,
  projectId: 'p',
  created,
};
const NETWORK: NetworkDetail = {
  id: 'net',
  name: 'backend',
  status: 'ACTIVE',
  external: false,
  shared: false,
  isDefault: false,
  projectId: 'p',
  subnetIds: ['s'],
  description: MARK,
  created,
  subnets: [{ id: 's', cidr: '10.1.0.0/24', gateway: '10.1.0.1' }],
  interfaces: [{ routerId: 'r', subnetId: 's' }],
};
const ROUTER: Router = { id: 'r', name: 'backend', description: MARK, externalNetworkId: 'x', created };
const instance = (change: Partial<CloudInstance>) =>
  ({ id: 'i', status: 'ACTIVE', metadata: {}, ...change }) as CloudInstance;

interface Project {
  readonly ports?: Port[];
  readonly floatingIps?: FloatingIp[];
  readonly instances?: CloudInstance[];
  readonly networks?: NetworkDetail[];
  readonly routers?: Router[];
}

/** A project as consecutive lists show it; the last state remains. */
async function freedOf(
  looks: Project[],
  getInstance: Cloud['getInstance'] = notFound,
  vanishing: Partial<Cloud> = {},
) {
  const freed: string[] = [];
  let look = -1;
  const at = () => looks[Math.min(look, looks.length - 1)] ?? {};
  const cloud: Partial<Cloud> = {
    log,
    regionSharingNetworks: async () => null,
    async listPorts() {
      look += 1;
      return at().ports ?? [];
    },
    listFloatingIps: async () => at().floatingIps ?? [],
    listInstances: async () => ({ instances: at().instances ?? [], more: false }),
    getInstance,
    caller: async () => ({ region: '', userId: 'u', projectId: 'p', roles: ['member'] }),
    listNetworks: async () => at().networks ?? [],
    listRouters: async () => at().routers ?? [],
    getNetwork: async (id) => at().networks?.find((network) => network.id === id) ?? notFound(),
    removeRouterInterface: async ({ routerId }) => void freed.push(`interface of ${routerId}`),
    deleteNetwork: async (id) => void freed.push(id),
    deleteRouter: async (id) => {
      if (id === 'connected') throw new ComputeError('conflict', 'in use');
      freed.push(id);
    },
    deletePort: async (id) => void freed.push(id),
    deleteFloatingIp: async (id) => void freed.push(id),
    ...vanishing,
  };
  await reconcile(cloud as Cloud, { olderThanSeconds: 600, nowMs: now });
  return freed;
}
const notFound = () => Promise.reject(new ComputeError('not_found', 'no'));

describe('reconcile releases', () => {
  test('a marked unused port and its floating IP, the floating IP first', async () => {
    expect(await freedOf([{ ports: [PORT], floatingIps: [IP] }])).toEqual(['ip', 'port']);
  });

  test('a marked floating IP without a port', async () => {
    expect(await freedOf([{ floatingIps: [{ ...IP, portId: null }] }])).toEqual(['ip']);
  });

  test('an incomplete network with its parts, and a router that connects nothing', async () => {
    expect(await freedOf([{ networks: [NETWORK], routers: [ROUTER] }])).toEqual([
      'interface of r',
      'net',
      'r',
    ]);
  });

  test('the port of a deleted instance', async () => {
    expect(await freedOf([{ ports: [{ ...PORT, instanceId: 'i' }] }])).toEqual(['port']);
  });
});

describe('a network that vanishes while reconcile runs does not end the run:', () => {
  test.each<[string, Partial<Cloud>, string[]]>([
    ['before it is read', { getNetwork: notFound }, ['r']],
    ['before it is deleted', { deleteNetwork: notFound }, ['interface of r', 'r']],
  ])('%s', async (_, vanishing, freed) => {
    expect(await freedOf([{ networks: [NETWORK], routers: [ROUTER] }], notFound, vanishing)).toEqual(freed);
  });

  test('other errors do', async () => {
    const deleteNetwork = () => Promise.reject(new ComputeError('conflict', 'in use'));
    await expect(freedOf([{ networks: [NETWORK] }], notFound, { deleteNetwork })).rejects.toThrow('in use');
  });
});

describe('reconcile does not release', () => {
  test.each<[string, Project]>([
    [
      'what does not carry the mark',
      { ports: [{ ...PORT, description: 'web' }], floatingIps: [{ ...IP, description: '', portId: null }] },
    ],
    ['a network that is complete', { networks: [{ ...NETWORK, description: '' }] }],
    ['a network of another project', { networks: [{ ...NETWORK, projectId: 'other' }] }],
    [
      'an incomplete network that an instance uses',
      {
        networks: [NETWORK],
        ports: [{ ...PORT, networkId: 'net', description: '', instanceId: 'i' }],
        instances: [instance({})],
      },
    ],
    ['a router that connects something', { routers: [{ ...ROUTER, id: 'connected' }] }],
    ['a router of the customer', { routers: [{ ...ROUTER, description: '' }] }],
    ['what is too young', { ports: [{ ...PORT, created: '2026-06-01T00:55:00Z' }] }],
    ['what a router or a load balancer uses', { ports: [{ ...PORT, inOtherUse: true }], floatingIps: [IP] }],
    [
      'what an instance holds',
      { ports: [{ ...PORT, instanceId: 'i' }], floatingIps: [IP], instances: [instance({})] },
    ],
    ['a marked floating IP on a foreign port', { floatingIps: [{ ...IP, portId: 'other' }] }],
    [
      'what an instance was promised, whatever its state',
      { ports: [PORT], floatingIps: [IP], instances: [instance({ metadata: { floatingIp: IP.address } })] },
    ],
  ])('%s', async (_, project) => {
    expect(await freedOf([project])).toEqual([]);
  });

  test('what was taken into use between its two lists', async () => {
    const looks = [{ ports: [PORT] }, { ports: [{ ...PORT, instanceId: 'i' }], instances: [instance({})] }];
    expect(await freedOf(looks)).toEqual([]);
  });

  test('the port of an instance that exists but is in no list', async () => {
    const project = { ports: [{ ...PORT, instanceId: 'i' }], floatingIps: [IP] };
    await expect(freedOf([project], async () => instance({}))).rejects.toThrow('which no list shows');
  });

  test('anything of a network service that another region has too', async () => {
    const regionSharingNetworks = async () => 'RegionTwo';
    const deletePort = vi.fn();
    const project = { ports: [PORT] };
    const run = freedOf([project], notFound, { regionSharingNetworks, deletePort });
    await expect(run).rejects.toThrow('is also that of region RegionTwo');
    expect(deletePort).not.toHaveBeenCalled();
  });

  test('anything when the instance of a port cannot be fetched', async () => {
    const unsure = () => Promise.reject(new ComputeError('bad_gateway', 'cell down'));
    await expect(freedOf([{ ports: [{ ...PORT, instanceId: 'i' }] }], unsure)).rejects.toThrow('cell down');
  });
});
