import { expect, test } from 'vitest';
import type { Logger } from '../telemetry/logger.ts';
import type { Cloud } from './cloud.ts';
import { ComputeError } from './errors.ts';
import type { NetworkDetail, Router } from './networks.ts';
import { createNetwork } from './project-networks.ts';

const log: Logger = { info: () => {}, warn: () => {}, error: () => {}, with: () => log };
const OWNER = { keyId: 'k1' };
const REQUEST = { name: 'backend', cidr: '10.1.0.0/24', routed: true };
const created = '2026-06-01T00:00:00Z';
const network = (id: string, change: Partial<NetworkDetail> = {}): NetworkDetail => ({
  id,
  name: 'backend',
  status: 'ACTIVE',
  external: false,
  shared: false,
  isDefault: false,
  projectId: 'p',
  subnetIds: [],
  description: '',
  created,
  subnets: [],
  interfaces: [],
  ...change,
});

/** A project with a finished network of the same name, an external one, and no router; `lost` is carried out without a response. */
function projectWhere(lost: keyof Cloud | null) {
  const networks = new Map([
    ['finished', network('finished')],
    ['external', network('external', { external: true, projectId: 'other' })],
  ]);
  const routers = new Map<string, Router>();
  const change = (id: string, changed: Partial<NetworkDetail>) =>
    networks.set(id, { ...(networks.get(id) ?? network(id)), ...changed });
  const calls: Partial<Cloud> = {
    capabilities: { floatingIps: true, securityGroups: true, keyPairs: true, nativeAccessFlags: false },
    listNetworks: async () => [...networks.values()],
    getNetwork: async (id) => networks.get(id) ?? Promise.reject(new ComputeError('not_found', id)),
    async createNetwork({ description }) {
      change('made', { description });
      return network('made', { description });
    },
    async createSubnet(networkId, cidr) {
      const subnet = { id: 'subnet', cidr, gateway: null };
      change(networkId, { subnetIds: ['subnet'], subnets: [subnet] });
      return subnet;
    },
    listRouters: async () => [...routers.values()],
    async createRouter(name, externalNetworkId, description) {
      const router = { id: 'router', name, externalNetworkId, description, created };
      routers.set(router.id, router);
      return router;
    },
    addRouterInterface: async (one) => void change('made', { interfaces: [one] }),
    removeRouterInterface: async () => void change('made', { interfaces: [] }),
    describeNetwork: async (id, description) => void change(id, { description }),
    deleteNetwork: async (id) => void networks.delete(id),
    deleteRouter: async (id) => void routers.delete(id),
  };
  const cloud = { ...calls, log, detached: () => calls } as unknown as Cloud;
  const carriedOut = lost && (calls[lost] as (...given: unknown[]) => Promise<unknown>);
  const losing = async (...given: unknown[]) => {
    await carriedOut?.(...given);
    throw new ComputeError('timeout', 'no response');
  };
  return { cloud: (lost ? { ...cloud, [lost]: losing } : cloud) as Cloud, networks, routers };
}

test('a complete network has no mark, and the router that was made for it has', async () => {
  const { cloud, routers } = projectWhere(null);
  const made = await createNetwork(cloud, REQUEST, OWNER);
  expect(made).toMatchObject({ id: 'made', description: '', subnetIds: ['subnet'] });
  expect(made.interfaces).toEqual([{ routerId: 'router', subnetId: 'subnet' }]);
  expect(routers.get('router')?.description).not.toBe('');
});

test.each([
  'createNetwork',
  'createSubnet',
  'createRouter',
  'addRouterInterface',
  'describeNetwork',
] as const)(
  'after a lost response of %s everything is undone, and a finished network of the same name stays',
  async (lost) => {
    const { cloud, networks, routers } = projectWhere(lost);
    await expect(createNetwork(cloud, REQUEST, OWNER)).rejects.toMatchObject({ code: 'timeout' });
    expect([...networks.keys()]).toEqual(['finished', 'external']);
    expect([...routers.keys()]).toEqual([]);
  },
);
