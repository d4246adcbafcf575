import { describe, expect, test } from 'vitest';
import type { Logger } from '../telemetry/logger.ts';
import type { Cloud } from './cloud.ts';
import { createInstance } from './create-instance.ts';
import { ComputeError, type ErrorCode } from './errors.ts';
import { NO_REACH } from './instance-view.ts';
import type { CloudInstance } from './model.ts';
import type { CreateInstance } from './requests.ts';

const log: Logger = { info: () => {}, warn: () => {}, error: () => {}, with: () => log };
const REQUEST: CreateInstance = {
  name: 'web',
  flavor: 'small',
  image: 'ubuntu',
  networks: [{ kind: 'network', networkId: 'private' }],
  securityGroupNames: [],
  keypairName: null,
  userData: null,
  availabilityZone: null,
  bootVolume: null,
  serverGroupId: null,
  description: null,
  tags: [],
  metadata: {},
  isPublic: true,
  enableSsh: false,
};
const group = { description: '', projectId: 'p', stateful: true, shared: false, created: '', rules: [] };
const network = {
  status: 'ACTIVE',
  shared: false,
  subnetIds: [],
  description: '',
  created: '',
  projectId: 'p',
};

/** A cloud that records its writes. */
function diaryCloud(change: Partial<Cloud> = {}) {
  const diary: string[] = [];
  const note = <T>(entry: string, result: T) => {
    diary.push(entry);
    return Promise.resolve(result);
  };
  const cloud: Partial<Cloud> = {
    capabilities: { floatingIps: true, securityGroups: true, keyPairs: true, nativeAccessFlags: false },
    log,
    detached: () => cloud as Cloud,
    caller: async () => ({ region: '', userId: 'u', projectId: 'p', roles: ['member'] }),
    listFlavors: async () => [{ id: 'f1', name: 'small', vcpus: 1, ram: 1, disk: 1, isPublic: true }],
    listImages: async () => [
      {
        id: 'i1',
        name: 'ubuntu',
        status: 'active',
        visibility: 'public',
        projectId: null,
        diskFormat: 'raw',
        containerFormat: 'bare',
        tags: [],
        size: 1,
        minDisk: 0,
        minRam: 0,
        created: '',
        updated: '',
      },
    ],
    listNetworks: async () => [
      { ...network, id: 'private', name: 'private', external: false, isDefault: false },
      { ...network, id: 'ext-a', name: 'a', external: true, isDefault: false },
      { ...network, id: 'ext-z', name: 'z', external: true, isDefault: true },
    ],
    listSecurityGroups: async () => [{ ...group, id: 'g1', name: 'default' }],
    listReach: async () => NO_REACH,
    createPort: (port) =>
      note(`port for ${port.description}`, {
        ...port,
        id: 'port1',
        instanceId: null,
        inOtherUse: false,
        isOfNetwork: false,
        projectId: 'p',
        fixedAddresses: [],
        created: '',
      }),
    deletePort: (id) => note(`no ${id}`, undefined),
    createFloatingIp: (from, portId, description) =>
      note(`address from ${from} to ${portId}`, {
        id: 'ip1',
        address: '203.0.113.5',
        status: 'DOWN',
        description,
        externalNetworkId: from,
        portId,
        fixedAddress: null,
        instanceId: null,
        portIsFree: true,
        projectId: 'p',
        created: '',
      }),
    deleteFloatingIp: (id) => note(`no ${id}`, undefined),
    createInstance: (instance) => note(`server on ${JSON.stringify(instance.networks)}`, 'server1'),
    getInstance: () => Promise.reject(new ComputeError('unavailable', 'busy')),
    ...change,
  };
  return { cloud: cloud as Cloud, diary };
}
const failing = (code: ErrorCode) => ({ createInstance: () => Promise.reject(new ComputeError(code, 'no')) });

describe('create with a public address', () => {
  test('creates port, floating IP and server in this order, and succeeds even if the server cannot be read yet', async () => {
    const { cloud, diary } = diaryCloud();
    const instance = await createInstance(cloud, REQUEST, { keyId: 'k1' });
    expect(diary).toEqual([
      expect.stringMatching(/^port for linguanova key=k1 request=[0-9a-f]{16} instance=web$/),
      'address from ext-z to port1',
      'server on [{"kind":"port","portId":"port1"}]',
    ]);
    expect(instance).toMatchObject({
      id: 'server1',
      state: 'provisioning',
      publicAddress: '203.0.113.5',
      imageId: 'i1',
      flavorId: 'f1',
      projectId: 'p',
      metadata: { isPublic: 'true', enableSSH: 'false', floatingIp: '203.0.113.5' },
    });
  });

  test.each<ErrorCode>(['invalid', 'forbidden', 'conflict', 'quota_exceeded', 'rate_limited'])(
    'refused with %s: undone, the last first',
    async (code) => {
      const { cloud, diary } = diaryCloud(failing(code));
      await expect(createInstance(cloud, REQUEST, { keyId: 'k1' })).rejects.toMatchObject({ code });
      expect(diary.slice(2)).toEqual(['no ip1', 'no port1']);
    },
  );

  test.each<ErrorCode>(['timeout', 'bad_gateway', 'unavailable'])(
    'after %s it is unknown whether the server was accepted, so port and floating IP stay',
    async (code) => {
      const { cloud, diary } = diaryCloud(failing(code));
      await expect(createInstance(cloud, REQUEST, { keyId: 'k1' })).rejects.toMatchObject({ code });
      expect(diary.slice(2)).toEqual([]);
    },
  );

  test('undoes port and floating IP when the server request was never sent', async () => {
    const refused = new ComputeError('unavailable', 'refused', { notApplied: true });
    const { cloud, diary } = diaryCloud({ createInstance: () => Promise.reject(refused) });
    await expect(createInstance(cloud, REQUEST, { keyId: 'k1' })).rejects.toBe(refused);
    expect(diary.slice(2)).toEqual(['no ip1', 'no port1']);
  });

  test('marks errors from before the server request as not applied', async () => {
    const lost = new ComputeError('timeout', 'no response', { retryAfter: 7 });
    for (const change of [
      { listFlavors: () => Promise.reject(lost) },
      { createPort: () => Promise.reject(lost) },
      { createFloatingIp: () => Promise.reject(lost) },
    ]) {
      const { cloud } = diaryCloud(change);
      const expected = { code: 'timeout', message: 'no response', retryAfter: 7, notApplied: true };
      await expect(createInstance(cloud, REQUEST, { keyId: 'k1' })).rejects.toMatchObject(expected);
    }
    const { cloud } = diaryCloud({ createInstance: () => Promise.reject(lost) });
    await expect(createInstance(cloud, REQUEST, { keyId: 'k1' })).rejects.toMatchObject({
      notApplied: false,
    });
  });

  test('tries the next external network when one has no route', async () => {
    const reachable = diaryCloud().cloud.createFloatingIp;
    const { cloud } = diaryCloud({
      createFloatingIp: (from, ...rest) =>
        from === 'ext-z'
          ? Promise.reject(new ComputeError('conflict', 'no router'))
          : reachable(from, ...rest),
    });
    expect((await createInstance(cloud, REQUEST, { keyId: 'k1' })).publicAddress).toBe('203.0.113.5');
  });

  test('deletes the port and rejects with conflict when no external network has a route', async () => {
    const { cloud, diary } = diaryCloud({
      createFloatingIp: () => Promise.reject(new ComputeError('conflict', 'no router')),
    });
    await expect(createInstance(cloud, REQUEST, { keyId: 'k1' })).rejects.toMatchObject({
      code: 'conflict',
      message: 'no router',
    });
    expect(diary.at(-1)).toBe('no port1');
  });

  test('rejects with not_implemented before any call on a cloud without floating IPs', async () => {
    const { cloud, diary } = diaryCloud({
      capabilities: { floatingIps: false, securityGroups: false, keyPairs: true, nativeAccessFlags: false },
    });
    await expect(createInstance(cloud, REQUEST, { keyId: 'k1' })).rejects.toMatchObject({
      code: 'not_implemented',
    });
    expect(diary).toEqual([]);
  });
});

describe('names', () => {
  const create = (request: Partial<CreateInstance>, change: Partial<Cloud> = {}) =>
    createInstance(diaryCloud(change).cloud, { ...REQUEST, ...request }, { keyId: 'k1' });

  test.each([
    [{ flavor: 'huge' }, 'flavor', 'there is no flavor "huge"'],
    [{ image: 'beos' }, 'image', 'there is no image "beos"'],
    [{ securityGroupNames: ['web'] }, 'securityGroups.0', 'there is no security group "web"'],
  ])('%o that does not exist is invalid and named by its field', async (request, field, message) => {
    await expect(create(request)).rejects.toMatchObject({ code: 'invalid', details: [{ field, message }] });
  });

  test('an ambiguous name is invalid', async () => {
    const listSecurityGroups = async () => ['g1', 'g2'].map((id) => ({ ...group, id, name: 'web' }));
    await expect(create({ securityGroupNames: ['web'] }, { listSecurityGroups })).rejects.toThrow(
      /2 security groups/,
    );
    await expect(create({ securityGroupNames: ['g2'] }, { listSecurityGroups })).resolves.toMatchObject({
      id: 'server1',
    });
  });

  test('the only network is the default; none or several are invalid, with the choices', async () => {
    await expect(create({ networks: [] })).resolves.toMatchObject({ id: 'server1' });
    await expect(create({ networks: [] }, { listNetworks: async () => [] })).rejects.toThrow(/no network/);
    const several = ['n1', 'n2'].map((id) => ({
      ...network,
      id,
      name: `net-${id}`,
      external: false,
      isDefault: false,
    }));
    await expect(create({ networks: [] }, { listNetworks: async () => several })).rejects.toThrow(
      'n1 (net-n1), n2 (net-n2)',
    );
  });
});

describe('create under a key', () => {
  const attempt = { mark: '0123456789abcdef0123456789abcdef', resumed: false };
  const mark = `linguanova request=${attempt.mark}`;
  const marks: (string | null)[] = [];
  const noting: Partial<Cloud> = {
    createInstance: async (instance) => {
      marks.push(instance.mark);
      return 'server1';
    },
  };

  test('marks the server with the mark of the attempt, and any other create with a random one', async () => {
    const { cloud } = diaryCloud(noting);
    await createInstance(cloud, REQUEST, { keyId: 'k1' }, attempt);
    await createInstance(cloud, REQUEST, { keyId: 'k1' });
    expect(marks).toEqual([mark, expect.stringMatching(/^linguanova request=[0-9a-f]{32}$/)]);
    expect(marks[1]).not.toBe(mark);
  });

  test('a resumed attempt returns the existing instance without a write', async () => {
    const { cloud, diary } = diaryCloud({
      listFloatingIps: async () => [],
      findInstance: async (wanted) => (wanted === mark ? INSTANCE : null),
    });
    const instance = await createInstance(cloud, REQUEST, { keyId: 'k1' }, { ...attempt, resumed: true });
    expect(instance).toMatchObject({ id: 'found', publicAddress: null, sshEnabled: false });
    expect(diary).toEqual([]);
  });

  test('a resumed attempt writes nothing while the search fails', async () => {
    const { cloud, diary } = diaryCloud({
      findInstance: () => Promise.reject(new ComputeError('unavailable', 'busy')),
    });
    const resumed = createInstance(cloud, REQUEST, { keyId: 'k1' }, { ...attempt, resumed: true });
    await expect(resumed).rejects.toMatchObject({ code: 'unavailable' });
    expect(diary).toEqual([]);
  });

  test('a resumed attempt without an instance creates it with the mark', async () => {
    const { cloud, diary } = diaryCloud({ findInstance: async () => null });
    await createInstance(cloud, REQUEST, { keyId: 'k1' }, { ...attempt, resumed: true });
    expect(diary.at(-1)).toMatch(/^server on/);
  });
});

const INSTANCE: CloudInstance = {
  id: 'found',
  name: 'web',
  status: 'ACTIVE',
  state: 'active',
  task: null,
  inTransition: false,
  imageId: 'i1',
  flavorId: 'f1',
  created: '2026-02-12T09:14:22Z',
  updated: '2026-02-12T09:16:03Z',
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
