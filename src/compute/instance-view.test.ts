import { describe, expect, test } from 'vitest';
import type { Cloud } from './cloud.ts';
import { inNetworkOrder, NO_REACH, withAccess } from './instance-view.ts';
import type { CloudInstance, FloatingIp, Port, Reach, SecurityGroup } from './model.ts';

const INSTANCE: CloudInstance = {
  id: 'i',
  name: 'web',
  status: 'ACTIVE',
  state: 'active',
  task: null,
  inTransition: false,
  imageId: null,
  flavorId: 'f',
  created: '',
  updated: '',
  metadata: {},
  userId: 'u',
  projectId: 'p',
  addresses: [],
  keypairName: null,
  availabilityZone: null,
  securityGroupNames: [],
  locked: false,
  volumes: [],
  fault: null,
  description: null,
  tags: [],
  serverGroupId: null,
};
const IP: FloatingIp = {
  id: 'ip',
  address: '203.0.113.9',
  status: 'ACTIVE',
  description: '',
  externalNetworkId: 'n',
  portId: 'port',
  fixedAddress: '10.0.0.1',
  instanceId: 'i',
  portIsFree: false,
  projectId: 'p',
  created: '',
};
const PORT: Port = {
  id: 'port',
  name: '',
  projectId: 'p',
  networkId: 'n',
  description: '',
  instanceId: 'i',
  inOtherUse: false,
  isOfNetwork: false,
  securityGroupIds: [],
  fixedAddresses: ['10.0.0.1'],
  created: '',
};
const reach = (change: Partial<Reach>): Reach => ({ ...NO_REACH, ...change });
const FIXED = { network: 'n', address: '10.0.0.1', version: 4, type: 'fixed', macAddress: null } as const;
const shown = (address: string) =>
  [{ network: 'n', address, version: 4, type: 'floating', macAddress: null }] as const;

const cloudWith = (listFloatingIps: () => FloatingIp[]): Cloud =>
  ({
    capabilities: { floatingIps: true, securityGroups: true, keyPairs: true, nativeAccessFlags: false },
    listFloatingIps: async () => listFloatingIps(),
  }) as Partial<Cloud> as Cloud;

const group = (name: string, open: boolean, change: Partial<SecurityGroup> = {}): SecurityGroup => ({
  id: name,
  name,
  description: '',
  projectId: 'p',
  stateful: true,
  shared: false,
  created: '',
  rules: open
    ? [
        {
          id: 'r',
          securityGroupId: name,
          direction: 'ingress',
          ethertype: 'IPv4',
          protocol: 'tcp',
          portMin: 22,
          portMax: 22,
          remotePrefix: null,
          remoteGroupId: null,
          description: '',
        },
      ]
    : [],
  ...change,
});

const view = async (
  instance: Partial<CloudInstance>,
  floatingIps: FloatingIp[] = [],
  around: Partial<Reach> = {},
  allProjects = false,
) => {
  let floatingIpLists = 0;
  const cloud = cloudWith(() => {
    floatingIpLists += 1;
    return floatingIps;
  });
  const [view] = await withAccess(cloud, [{ ...INSTANCE, ...instance }], reach(around), allProjects);
  return { address: view?.publicAddress, ssh: view?.sshEnabled, floatingIpLists };
};

describe('the public address', () => {
  const recorded = { isPublic: 'true', floatingIp: '203.0.113.9' };

  test.each<[string, Partial<CloudInstance>, FloatingIp[], string | null, number]>([
    ['no flags, none shown', {}, [], null, 0],
    ['no flags, one shown: made elsewhere', { addresses: shown('203.0.113.9') }, [], '203.0.113.9', 0],
    [
      'flags and addresses agree',
      { metadata: recorded, addresses: shown('203.0.113.9') },
      [],
      '203.0.113.9',
      0,
    ],
    ['private and none shown', { metadata: { isPublic: 'false' } }, [], null, 0],
    ['recorded, not shown yet, but associated', { metadata: recorded }, [IP], '203.0.113.9', 1],
    [
      'recorded, and the port is not the server’s yet',
      { metadata: recorded },
      [{ ...IP, instanceId: null, portIsFree: true }],
      '203.0.113.9',
      1,
    ],
    [
      'recorded, but associated with a load balancer',
      { metadata: recorded },
      [{ ...IP, instanceId: null }],
      null,
      1,
    ],
    [
      'two shown: the recorded one is not the first',
      { metadata: recorded, addresses: [...shown('203.0.113.1'), ...shown('203.0.113.9')] },
      [],
      '203.0.113.9',
      0,
    ],
    [
      'two associated and not shown yet: the recorded one',
      { metadata: recorded },
      [{ ...IP, id: 'a', address: '203.0.113.1' }, IP],
      '203.0.113.9',
      1,
    ],
    [
      'two led here, none recorded: the one of the first network',
      {
        metadata: { isPublic: 'true' },
        addresses: ['10.0.0.1', '10.1.0.1'].map((address) => ({ ...FIXED, address })),
      },
      [{ ...IP, id: 'a', address: '203.0.113.1', fixedAddress: '10.1.0.1' }, IP],
      '203.0.113.9',
      1,
    ],
    [
      'recorded by an instance of another project',
      { metadata: recorded },
      [{ ...IP, projectId: 'q', instanceId: null, portIsFree: true }],
      null,
      1,
    ],
    [
      'recorded, but taken away behind our back',
      { metadata: recorded },
      [{ ...IP, portId: null, instanceId: null }],
      null,
      1,
    ],
    [
      'recorded, but led to another server',
      { metadata: recorded },
      [{ ...IP, instanceId: 'other' }],
      null,
      1,
    ],
    [
      'closed, but Nova shows it still',
      { metadata: { isPublic: 'false' }, addresses: shown('203.0.113.9') },
      [],
      null,
      1,
    ],
    ['flagged by another tool without an address', { metadata: { isPublic: 'true' } }, [], null, 1],
    [
      'exchanged: Nova shows the old one',
      { metadata: recorded, addresses: shown('203.0.113.1') },
      [IP],
      '203.0.113.9',
      1,
    ],
  ])('%s', async (_, instance, floatingIps, address, floatingIpLists) => {
    expect(await view(instance, floatingIps)).toMatchObject({ address, floatingIpLists });
  });
});

describe('an instance on an external network', () => {
  const externalNetworkIds = new Set(['n']);

  test('is public by its own address', async () => {
    const around = { ports: [PORT], externalNetworkIds };
    expect(await view({}, [], around)).toMatchObject({ address: '10.0.0.1', floatingIpLists: 0 });
  });

  test('shows its IPv4 address before IPv6', async () => {
    const ports = [{ ...PORT, fixedAddresses: ['2001:db8::1', '10.0.0.1'] }];
    expect(await view({}, [], { ports, externalNetworkIds })).toMatchObject({ address: '10.0.0.1' });
  });

  test('ignores a port that another project created for it', async () => {
    const ports = [{ ...PORT, projectId: 'q' }];
    expect(await view({}, [], { ports, externalNetworkIds })).toMatchObject({ address: null });
  });
});

test('metadata decides neither address nor SSH in a list of all projects', async () => {
  const metadata = { isPublic: 'true', floatingIp: '8.8.8.8', enableSSH: 'true' };
  expect(await view({ metadata }, [], {}, true)).toMatchObject({ address: null, ssh: false });
  const building = { metadata, status: 'BUILD', securityGroupNames: 'unknown' } as const;
  expect(await view(building, [], {}, true)).toMatchObject({ address: null, ssh: false });
});

test('inNetworkOrder sorts ports by the instance’s addresses, not by id', () => {
  const addresses = ['10.0.0.9', '10.1.0.9'].map((address) => ({ ...FIXED, address }));
  const [first, second] = [
    { ...PORT, id: 'z', fixedAddresses: ['10.0.0.9'] },
    { ...PORT, id: 'a', fixedAddresses: ['10.1.0.9'] },
  ];
  expect(inNetworkOrder({ ...INSTANCE, addresses }, [second, first])).toEqual([first, second]);
});

describe('SSH', () => {
  const on = (...securityGroupIds: string[]) => [{ ...PORT, securityGroupIds }];
  test.each<[string, Partial<CloudInstance>, Partial<Reach>, boolean]>([
    [
      'a group on its port opens it',
      {},
      { ports: on('a', 'b'), groups: [group('a', false), group('b', true)] },
      true,
    ],
    [
      'no group opens it, whatever the flag',
      { metadata: { enableSSH: 'true' } },
      { ports: on('a'), groups: [group('a', false)] },
      false,
    ],
    [
      'another group of the name of its own opens it',
      { securityGroupNames: ['a'] },
      { ports: on('a'), groups: [group('a', false), group('b', true, { name: 'a' })] },
      false,
    ],
    [
      'a group of that name that a stranger shares opens it',
      { securityGroupNames: ['a'] },
      {
        ports: on('a'),
        groups: [group('a', false), group('b', true, { name: 'a', projectId: 'q', shared: true })],
      },
      false,
    ],
    [
      'a shared group that is on its port opens it',
      {},
      { ports: on('b'), groups: [group('b', true, { projectId: 'q', shared: true })] },
      true,
    ],
    [
      'an open group is on a port that another project made for it',
      {},
      {
        ports: [...on('a'), { ...PORT, projectId: 'q', securityGroupIds: ['b'] }],
        groups: [group('b', true)],
      },
      false,
    ],
    [
      'still building: the flag counts',
      { status: 'BUILD', securityGroupNames: 'unknown', metadata: { enableSSH: 'true' } },
      {},
      true,
    ],
    [
      'in error without a port: the flag does not',
      { status: 'ERROR', securityGroupNames: 'unknown', metadata: { enableSSH: 'true' } },
      {},
      false,
    ],
  ])('%s', async (_, instance, around, ssh) => {
    expect((await view(instance, [], around)).ssh).toBe(ssh);
  });
});

describe('a view of an unchanged instance', () => {
  const again = async (instance: CloudInstance, groups: SecurityGroup[], floatingIps: FloatingIp[] = []) =>
    (
      await withAccess(
        cloudWith(() => floatingIps),
        [instance],
        reach({ groups, ports: [{ ...PORT, securityGroupIds: ['a'] }] }),
      )
    )[0];

  test('is the same object until its access changes', async () => {
    const instance = { ...INSTANCE, securityGroupNames: ['a'] };
    const first = await again(instance, [group('a', false)]);
    expect(await again(instance, [group('a', false)])).toBe(first);
    expect(await again(instance, [group('a', false), group('b', true)]), 'a group of others').toBe(first);
    const opened = await again(instance, [group('a', true)]);
    expect(opened).toMatchObject({ sshEnabled: true });
    expect(await again(instance, [group('a', true)])).toBe(opened);
    expect(await again(instance, [group('a', false)])).toMatchObject({ sshEnabled: false });
  });

  test('is derived again each time while flags and addresses disagree', async () => {
    const instance = { ...INSTANCE, metadata: { isPublic: 'true', floatingIp: '203.0.113.9' } };
    expect(await again(instance, [], [IP])).toMatchObject({ publicAddress: '203.0.113.9' });
    expect(await again(instance, [], [])).toMatchObject({ publicAddress: null });
  });
});
