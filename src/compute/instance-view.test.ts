import { describe, expect, test } from 'vitest';
import type { Cloud } from './cloud.ts';
import { withAccess } from './instance-view.ts';
import type { CloudInstance, FloatingIp, SecurityGroup } from './model.ts';

const INSTANCE: CloudInstance = {
  id: 'i',
  name: 'web',
  status: 'ACTIVE',
  state: 'active',
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
  fault: null,
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
  created: '',
};
const shown = (address: string) =>
  [{ network: 'n', address, version: 4, type: 'floating', macAddress: null }] as const;

const cloudWith = (listFloatingIps: () => FloatingIp[]): Cloud =>
  ({
    capabilities: { floatingIps: true, securityGroups: true, keyPairs: true, accessByFlags: false },
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

const look = async (
  instance: Partial<CloudInstance>,
  floatingIps: FloatingIp[] = [],
  groups: SecurityGroup[] = [],
) => {
  let asked = 0;
  const cloud = cloudWith(() => {
    asked += 1;
    return floatingIps;
  });
  const [view] = await withAccess(cloud, [{ ...INSTANCE, ...instance }], groups);
  return { address: view?.publicAddress, ssh: view?.sshEnabled, asked };
};

describe('the public address', () => {
  const promised = { isPublic: 'true', floatingIp: '203.0.113.9' };

  test.each<[string, Partial<CloudInstance>, FloatingIp[], string | null, number]>([
    ['no flags, none shown', {}, [], null, 0],
    ['no flags, one shown: made elsewhere', { addresses: shown('203.0.113.9') }, [], '203.0.113.9', 0],
    [
      'flags and addresses agree',
      { metadata: promised, addresses: shown('203.0.113.9') },
      [],
      '203.0.113.9',
      0,
    ],
    ['private and none shown', { metadata: { isPublic: 'false' } }, [], null, 0],
    ['promised, not shown yet, but led here', { metadata: promised }, [IP], '203.0.113.9', 1],
    [
      'promised, and the port is not the server’s yet',
      { metadata: promised },
      [{ ...IP, instanceId: null }],
      '203.0.113.9',
      1,
    ],
    [
      'promised, but taken away behind our back',
      { metadata: promised },
      [{ ...IP, portId: null, instanceId: null }],
      null,
      1,
    ],
    [
      'promised, but led to another server',
      { metadata: promised },
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
      { metadata: promised, addresses: shown('203.0.113.1') },
      [IP],
      '203.0.113.9',
      1,
    ],
  ])('%s', async (_, instance, floatingIps, address, asked) => {
    expect(await look(instance, floatingIps)).toMatchObject({ address, asked });
  });
});

describe('SSH', () => {
  test.each<[string, Partial<CloudInstance>, SecurityGroup[], boolean]>([
    ['a group opens it', { securityGroupNames: ['a', 'b'] }, [group('a', false), group('b', true)], true],
    [
      'no group opens it, whatever the flag says',
      { securityGroupNames: ['a'], metadata: { enableSSH: 'true' } },
      [group('a', false)],
      false,
    ],
    [
      'an open group of that name in another project',
      { securityGroupNames: ['a'] },
      [group('a', true, { projectId: 'q' })],
      false,
    ],
    [
      'an open group that another project shares',
      { securityGroupNames: ['a'] },
      [group('a', true, { projectId: 'q', shared: true })],
      true,
    ],
    [
      'still building: the flag counts',
      { securityGroupNames: 'unknown', metadata: { enableSSH: 'true' } },
      [],
      true,
    ],
  ])('%s', async (_, instance, groups, ssh) => {
    expect((await look(instance, [], groups)).ssh).toBe(ssh);
  });
});

describe('an instance that is kept from list to list', () => {
  const again = async (instance: CloudInstance, groups: SecurityGroup[], floatingIps: FloatingIp[] = []) =>
    (
      await withAccess(
        cloudWith(() => floatingIps),
        [instance],
        groups,
      )
    )[0];

  test('is the same object while nothing about it is different, and another one when something is', async () => {
    const instance = { ...INSTANCE, securityGroupNames: ['a'] };
    const first = await again(instance, [group('a', false)]);
    expect(await again(instance, [group('a', false)])).toBe(first);
    expect(await again(instance, [group('a', false), group('b', true)]), 'a group of others').toBe(first);
    const opened = await again(instance, [group('a', true)]);
    expect(opened).toMatchObject({ sshEnabled: true });
    expect(await again(instance, [group('a', true)])).toBe(opened);
    expect(await again(instance, [group('a', false)])).toMatchObject({ sshEnabled: false });
  });

  test('is looked at each time while its flags and addresses disagree', async () => {
    const instance = { ...INSTANCE, metadata: { isPublic: 'true', floatingIp: '203.0.113.9' } };
    expect(await again(instance, [], [IP])).toMatchObject({ publicAddress: '203.0.113.9' });
    expect(await again(instance, [], [])).toMatchObject({ publicAddress: null });
  });
});
