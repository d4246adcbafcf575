import { beforeEach, describe, expect, test, vi } from 'vitest';
import { ID, INSTANCE, reduApp } from '../../../test/support/redu-app.ts';
import { createInstance } from '../../compute/create-instance.ts';
import { ComputeError } from '../../compute/errors.ts';
import { listInstances } from '../../compute/instances.ts';

vi.mock('../../compute/create-instance.ts', () => ({ createInstance: vi.fn() }));
vi.mock('../../compute/instances.ts', () => ({ listInstances: vi.fn() }));

const CREATE = '/cloud/v1/compute/instances/create';
const NEW = { name: 'web', image: ID, flavor: 3 };

beforeEach(() => {
  vi.resetAllMocks();
  vi.mocked(createInstance).mockResolvedValue(INSTANCE);
  vi.mocked(listInstances).mockResolvedValue({ instances: [INSTANCE], more: false });
});

test('the list of instances is the current one', async () => {
  const { json } = await reduApp().call('GET', '/cloud/v1/compute/instances/list');
  expect(json).toHaveLength(1);
  expect(Object.keys(json[0])).toHaveLength(11);
});

test('key pairs have the shape of Nova', async () => {
  const keypair = {
    name: 'laptop',
    type: 'ssh' as const,
    publicKey: 'ssh-ed25519 AAAA',
    fingerprint: 'aa:bb',
  };
  const shown = { name: 'laptop', public_key: 'ssh-ed25519 AAAA', fingerprint: 'aa:bb' };
  const createKeyPair = vi.fn(async (_: string, key: string | null) => ({
    ...keypair,
    privateKey: key && null,
  }));
  const { call, problems } = reduApp({ listKeyPairs: async () => [keypair], createKeyPair });
  const path = '/cloud/v1/compute/keypairs';
  expect((await call('GET', path)).json).toEqual([{ keypair: shown }]);
  const made = await call('POST', path, { name: 'laptop', publicKey: 'ssh-ed25519 AAAA' });
  expect([made.status, made.json]).toEqual([200, { keypair: shown }]);
  expect(createKeyPair).toHaveBeenCalledWith('laptop', 'ssh-ed25519 AAAA', 'ssh');
  expect(await problems('POST', path, { name: 'x', public_key: 'y' })).toHaveLength(1);
});

test('security groups have the shape of Neutron', async () => {
  const rule = {
    id: 'r',
    securityGroupId: 'g',
    direction: 'ingress',
    ethertype: 'IPv4',
    protocol: 'tcp',
    portMin: 80,
    portMax: 90,
    remotePrefix: null,
    remoteGroupId: 'g',
    description: '',
  } as const;
  const group = {
    id: 'g',
    name: 'default',
    description: 'd',
    projectId: 'p',
    stateful: true,
    shared: false,
    created: '2026-02-12T09:14:22Z',
    rules: [rule],
  };
  const { call } = reduApp({ listSecurityGroups: async () => [group] });
  expect((await call('GET', '/cloud/v1/network/security_groups/list')).json).toEqual([
    {
      id: 'g',
      name: 'default',
      description: 'd',
      stateful: true,
      shared: false,
      tenant_id: 'p',
      project_id: 'p',
      created_at: '2026-02-12T09:14:22Z',
      security_group_rules: [
        {
          id: 'r',
          security_group_id: 'g',
          direction: 'ingress',
          ethertype: 'IPv4',
          protocol: 'tcp',
          port_range_min: 80,
          port_range_max: 90,
          remote_ip_prefix: null,
          remote_group_id: 'g',
          description: '',
          tenant_id: 'p',
          project_id: 'p',
        },
      ],
    },
  ]);
});

describe('create', () => {
  const asked = () => vi.mocked(createInstance).mock.calls[0]?.[1];

  test('takes what the console sends', async () => {
    const { status, json } = await reduApp().call('POST', CREATE, {
      ...NEW,
      imageName: 'Ubuntu',
      securityGroups: [{ value: 'default', label: 'Default' }, ID, 'default'],
      key_name: 'laptop',
      network: ID,
      is_public: 'shouldbetrue',
      enable_ssh: true,
      user_data: '#cloud-config\n',
      dname: '',
      volume: null,
    });
    expect([status, json]).toEqual([200, { message: 'Instance creation started' }]);
    expect(asked()).toEqual({
      name: 'web',
      flavor: '3',
      image: ID,
      bootVolume: null,
      networks: [{ kind: 'network', networkId: ID }],
      securityGroupNames: ['default', ID],
      keypairName: 'laptop',
      userData: btoa('#cloud-config\n'),
      availabilityZone: null,
      serverGroupId: null,
      description: null,
      tags: [],
      metadata: {},
      isPublic: true,
      enableSsh: true,
    });
  });

  test('takes an unfilled form', async () => {
    const empty = {
      key_name: '',
      network: '',
      user_data: '',
      dname: null,
      enable_ssh: false,
      flavor: 'm1.small',
    };
    expect((await reduApp().call('POST', CREATE, { ...NEW, ...empty })).status).toBe(200);
    expect(asked()).toMatchObject({ networks: [], keypairName: null, userData: null, flavor: 'm1.small' });
  });

  test.each([
    [{ enable_ssh: 'shouldbetrue' }, 'key_name: is required when enable_ssh is true'],
    [{ volume: { name: 'v', size: 1 } }, 'volume: volumes cannot be made here; leave volume out or null'],
    [{ dname: 'example.org' }, 'dname: domains cannot be set up here; leave dname out or empty'],
    [{ image: undefined }, 'image: is required'],
    [{ flavor: 1.5 }, "flavor: must be a flavor's id or name"],
    [{ network: 'private' }, 'network: must be a UUID'],
    [{ securityGroups: [7] }, 'securityGroups.0: must be a security group'],
    [{ flavor_id: 'x' }, 'flavor_id: is unknown'],
  ])('refuses %j', async (change, problem) => {
    const [first, ...more] = await reduApp().problems('POST', CREATE, { ...NEW, ...change });
    expect(first).toContain(problem);
    expect(more).toEqual([]);
  });

  test('names its own fields in what the cloud refuses', async () => {
    vi.mocked(createInstance).mockRejectedValue(ComputeError.input('securityGroups', 'there is none', 1));
    expect(await reduApp().problems('POST', CREATE, NEW)).toEqual(['securityGroups.1: there is none']);
  });
});
