import fc from 'fast-check';
import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { deadlineIn } from '../../src/clock.ts';
import { CallTrace } from '../../src/compute/call-trace.ts';
import type { Cloud, CloudCredential } from '../../src/compute/cloud.ts';
import { ComputeError, ERROR_CODES, type ErrorCode } from '../../src/compute/errors.ts';
import { NO_REACH, withAccess } from '../../src/compute/instance-view.ts';
import { QUOTA_NAMES, type Quotas } from '../../src/compute/model.ts';
import { decodeInstance } from '../../src/dialects/redu/decode-responses.ts';
import { encodeInstance, encodeInstanceDetail } from '../../src/dialects/redu/encode-instance.ts';
import { RequestSpan } from '../../src/telemetry/request-spans.ts';
import { anyInstance } from '../../test/support/any-instance.ts';
import { INSTANCE, reduApp, SILENT } from '../../test/support/redu-app.ts';
import { reduDriver } from './index.ts';

const CREDENTIAL: CloudCredential = { kind: 'redu_key', key: 'their-key' };
const NETWORK = 'f1a2b3c4-0000-4000-8000-000000000001';

/** A redu API that this handler is, seen through the adapter. */
function cloudOver(fetch: (request: Request) => Response | Promise<Response>, deadline = 5_000): Cloud {
  const driver = reduDriver({ url: 'http://redu.example', fetch: async (request) => fetch(request) });
  return driver.open(CREDENTIAL, {
    region: '',
    deadline: deadlineIn(deadline),
    requestId: 'req-test',
    log: SILENT,
    trace: new CallTrace(),
  });
}

test('a call has the trace context of its request', async () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const sent: (string | null)[] = [];
  const driver = reduDriver({
    url: 'http://redu.example',
    async fetch({ headers }) {
      sent.push(headers.get('traceparent'));
      return Response.json([]);
    },
  });
  const trace = new CallTrace(new RequestSpan(new Headers({ traceparent })).spans);
  const call = { region: '', deadline: deadlineIn(5_000), requestId: 'req-test', log: SILENT, trace };
  await driver.open(CREDENTIAL, call).listKeyPairs();
  expect(sent).toEqual([traceparent]);
});

/** A cloud behind this gateway's own redu dialect, seen through the adapter. */
const beyond = (methods: Partial<Cloud>) => cloudOver(reduApp(methods).app.fetch);

describe('responses of the gateway decode to what they encode', () => {
  const overTheWire = <T>(body: T): T => JSON.parse(JSON.stringify(body));
  const flags = (all: Readonly<Record<string, string>>) => {
    const { isPublic: _public, enableSSH: _ssh, floatingIp: _address, ...items } = all;
    return items;
  };
  const byFlags = { capabilities: { nativeAccessFlags: true } } as Cloud;

  test('a single instance', async () => {
    await fc.assert(
      fc.asyncProperty(anyInstance, async (original) => {
        const [decoded] = await withAccess(
          byFlags,
          [decodeInstance(overTheWire(encodeInstanceDetail(original)))],
          NO_REACH,
        );
        expect({ ...decoded, metadata: flags(decoded?.metadata ?? {}) }).toEqual({
          ...original,
          metadata: flags(original.metadata),
        });
      }),
    );
  });

  test('an instance in a list, with the eleven fields and the flags', async () => {
    await fc.assert(
      fc.asyncProperty(anyInstance, async (original) => {
        const [decoded] = await withAccess(
          byFlags,
          [decodeInstance(overTheWire(encodeInstance(original)))],
          NO_REACH,
        );
        expect(encodeInstance({ ...INSTANCE, ...decoded })).toEqual(encodeInstance(original));
      }),
    );
  });

  test('all other resources', async () => {
    const created = '2026-02-12T09:14:22Z';
    const rule = {
      id: 'r',
      securityGroupId: 'g',
      direction: 'ingress',
      ethertype: 'IPv6',
      protocol: 'tcp',
      portMin: 80,
      portMax: 90,
      remotePrefix: '2001:db8::/32',
      remoteGroupId: null,
      description: '',
    } as const;
    const group = { stateful: true, shared: false, created: '', projectId: 'p', rules: [rule] };
    const quotas = Object.fromEntries(
      QUOTA_NAMES.map((name, index) => [name, { limit: index === 0 ? null : index, used: index }]),
    ) as Quotas;
    const original: Partial<Cloud> = {
      identity: async () => ({
        userId: 'u',
        username: 'ada',
        email: null,
        roles: ['member'],
        projectId: 'p',
        projectName: 'p',
      }),
      listFlavors: async () => [{ id: '1', name: 'small', vcpus: 1, ram: 2, disk: 3, isPublic: true }],
      listImages: async () => [
        {
          id: 'i',
          name: 'ubuntu',
          status: 'active',
          visibility: 'public',
          projectId: 'p',
          diskFormat: 'raw',
          containerFormat: 'bare',
          tags: ['lts'],
          size: null,
          minDisk: 1,
          minRam: 2,
          created,
          updated: created,
        },
      ],
      listNetworks: async () => [
        {
          id: NETWORK,
          name: 'private',
          status: 'ACTIVE',
          external: false,
          shared: true,
          isDefault: false,
          projectId: 'p',
          subnetIds: ['s'],
          description: '',
          created: '',
        },
      ],
      listAvailabilityZones: async () => [{ name: 'nova', available: true }],
      listKeyPairs: async () => [
        { name: 'laptop', type: 'x509', publicKey: 'CERTIFICATE', fingerprint: 'aa:bb' },
      ],
      listSecurityGroups: async () => [{ id: 'g', name: 'web', description: 'd', ...group }],
      listVolumes: async () => [
        {
          id: 'v',
          name: 'data',
          description: '',
          sizeGb: 2,
          status: 'in-use',
          volumeType: 'fast',
          isBootable: true,
          availabilityZone: null,
          snapshotId: null,
          imageId: 'i',
          attachments: [{ instanceId: 'a', device: '/dev/vdb' }],
          created,
        },
      ],
      listVolumeSnapshots: async () => [
        { id: 'vs', name: 's', description: 'd', volumeId: 'v', sizeGb: 2, status: 'available', created },
      ],
      listServerGroups: async () => [{ id: 'sg', name: 'apart', policy: 'anti-affinity', memberIds: ['a'] }],
      listFloatingIps: async () => [
        {
          id: 'f',
          address: '203.0.113.9',
          status: 'ACTIVE',
          description: '',
          externalNetworkId: 'n',
          portId: null,
          fixedAddress: null,
          instanceId: null,
          portIsFree: false,
          projectId: '',
          created,
        },
      ],
      quotas: async () => quotas,
    };
    const decoded = beyond(original);
    expect(await decoded.identity()).toEqual(await original.identity?.());
    for (const list of [
      'listFlavors',
      'listImages',
      'listNetworks',
      'listAvailabilityZones',
      'listSecurityGroups',
      'listServerGroups',
      'listVolumes',
      'listVolumeSnapshots',
      'listFloatingIps',
      'quotas',
    ] as const) {
      expect(await decoded[list](), list).toEqual(await original[list]?.());
    }
    expect(await decoded.listKeyPairs()).toMatchObject((await original.listKeyPairs?.()) as object);
  });
});

describe('an error of the gateway decodes to the same code', () => {
  /** What cannot, and why. */
  const BECOMES: Partial<Record<ErrorCode, ErrorCode>> = {
    // The key that is refused there is not the one the customer gave here.
    unauthenticated: 'forbidden',
    // A defect of the other system.
    internal: 'bad_gateway',
    // One code for both there.
    body_too_large: 'quota_exceeded',
    // The gateway sends no precondition.
    precondition_failed: 'bad_gateway',
    // The connection between two gateways.
    request_timeout: 'bad_gateway',
    expectation_failed: 'bad_gateway',
    headers_too_large: 'bad_gateway',
  };

  test.each(ERROR_CODES)('%s', async (code) => {
    const original = new ComputeError(code, 'What to change.', { retryAfter: 7 });
    const cloud = beyond({
      getInstance: () => Promise.reject(original),
      listInstances: async () => ({ instances: [], more: false }),
      capabilities: { floatingIps: false, securityGroups: false, keyPairs: true, nativeAccessFlags: false },
    });
    const decoded = await cloud.getInstance(INSTANCE.id).catch((error: unknown) => error);
    const kinds = { method_not_allowed: 'not_found', not_implemented: 'not_found', ...BECOMES };
    expect(decoded).toMatchObject({ code: kinds[code as keyof typeof kinds] ?? code });
    if (code === 'rate_limited' || code === 'unavailable') expect(decoded).toMatchObject({ retryAfter: 7 });
  });
});

describe('a cloud that supports only what redu documents', () => {
  const listed = encodeInstance(INSTANCE);
  const keypair = { name: 'laptop', public_key: 'ssh-rsa AAA', fingerprint: 'aa:bb' };
  const me = { id: 'usr_1', username: 'ada', email: 'ada@example.org', roles: ['user'] };

  function documented() {
    const requested: string[] = [];
    const app = new Hono()
      .use(async (c, next) => {
        requested.push(`${c.req.method} ${c.req.path}`);
        await next();
      })
      .get('/v1/me', (c) => c.json(me))
      .get('/v1/instances', (c) => c.json([listed]))
      .get('/v1/keypairs', (c) => c.json({ items: [keypair], next_cursor: null }))
      .get('/v1/security_groups', (c) => c.json({ items: [], next_cursor: null }));
    return { requested, cloud: cloudOver(app.fetch) };
  }

  test('serves its reads, single instances from the list', async () => {
    const { cloud } = documented();
    expect(await cloud.getInstance(INSTANCE.id)).toMatchObject({ id: INSTANCE.id, state: 'active' });
    expect(await cloud.getKeyPair('laptop')).toMatchObject({ fingerprint: 'aa:bb' });
    expect(await cloud.caller()).toEqual({
      region: '',
      userId: 'usr_1',
      projectId: 'usr_1',
      roles: ['user'],
    });
    expect(await cloud.listInstances({ statuses: ['SHUTOFF'] }, {})).toEqual({ instances: [], more: false });
    const unknown = cloud.getInstance('c3a29e87-5e7f-4f88-b8a2-44d6e8f19abc');
    await expect(unknown).rejects.toMatchObject({ code: 'not_found' });
  });

  test('requests lists with all fields until the parameter is rejected', async () => {
    const requested: string[] = [];
    const cloud = cloudOver((request) => {
      const { search } = new URL(request.url);
      requested.push(search);
      const message = 'detail: is unknown';
      if (search === '') return Response.json([listed]);
      return Response.json({ error: { code: 'badRequest', message } }, { status: 400 });
    });
    expect((await cloud.listInstances({}, {})).instances).toHaveLength(1);
    expect((await cloud.listInstances({}, {})).instances).toHaveLength(1);
    expect(requested).toEqual(['?detail=true', '', '']);
  });

  test.each<[operation: string, call: (cloud: Cloud) => Promise<unknown>]>([
    ['GET /v1/flavors', (cloud) => cloud.listFlavors()],
    ['GET /v1/quotas', (cloud) => cloud.quotas()],
    ['POST /v1/keypairs', (cloud) => cloud.createKeyPair('new', null, 'ssh')],
    ['PATCH /v1/instances/{id}', (cloud) => cloud.changeInstance(INSTANCE.id, { name: 'other' })],
    ['POST /v1/instances/{id}/actions', (cloud) => cloud.act(INSTANCE.id, { action: 'stop' })],
    ['DELETE /v1/instances/{id}', (cloud) => cloud.deleteInstance(INSTANCE.id)],
  ])('%s is 501, and not tried again', async (operation, call) => {
    const { requested, cloud } = documented();
    const refused = {
      code: 'not_implemented',
      message: expect.stringContaining(operation.split(' ')[0] ?? ''),
    };
    await expect(call(cloud)).rejects.toMatchObject(refused);
    const before = requested.length;
    await expect(call(cloud)).rejects.toMatchObject(refused);
    expect(requested.length - before).toBe(0);
  });

  test('is no redu cloud where neither path of the caller is served', async () => {
    const cloud = cloudOver(new Hono().fetch);
    await expect(cloud.caller()).rejects.toMatchObject({ code: 'bad_gateway' });
  });

  test('falls back to the older paths', async () => {
    let made = false;
    const app = new Hono()
      .get('/cloud/v1/me', (c) => c.json(me))
      .get('/cloud/v1/compute/instances/list', (c) => c.json(made ? [listed] : []))
      .post('/cloud/v1/compute/instances/create', async (c) => {
        const body = await c.req.json();
        made = body.name === INSTANCE.name && body.is_public === true;
        return c.json({ message: 'Instance creation started' });
      })
      .get('/cloud/v1/compute/keypairs', (c) => c.json([{ keypair }]))
      .get('/cloud/v1/network/security_groups/list', (c) => c.json([]));
    const cloud = cloudOver(app.fetch);
    expect((await cloud.caller()).userId).toBe('usr_1');
    expect(await cloud.listKeyPairs()).toMatchObject([{ name: 'laptop' }]);
    expect(await cloud.listSecurityGroups()).toEqual([]);
    const id = await cloud.createInstance({
      name: INSTANCE.name,
      flavorId: 'm1.small',
      imageId: 'ubuntu',
      bootVolume: null,
      networks: [],
      securityGroupIds: [],
      keypairName: null,
      userData: null,
      availabilityZone: null,
      serverGroupId: null,
      metadata: { isPublic: 'true', enableSSH: 'false' },
      description: null,
      tags: [],
      mark: null,
    });
    expect(id).toBe(INSTANCE.id);
  });
});

describe('a failing cloud', () => {
  test('an invalid response is bad_gateway, and not shown', async () => {
    for (const body of ['<html>', '{}', '[{"id": 1}]', '']) {
      const error = await cloudOver(() => new Response(body))
        .listInstances({}, {})
        .catch((error: unknown) => error);
      expect(error).toMatchObject({ code: 'bad_gateway' });
      expect(String(error)).not.toContain('html');
    }
  });

  test('retries reads, not writes, when the connection breaks', async () => {
    let tries = 0;
    const breaking = cloudOver(() => {
      tries += 1;
      throw new TypeError('fetch failed');
    });
    await expect(breaking.listFlavors()).rejects.toMatchObject({ code: 'unavailable' });
    expect(tries).toBe(2);
    await expect(breaking.createKeyPair('new', null, 'ssh')).rejects.toMatchObject({ code: 'unavailable' });
    expect(tries).toBe(3);
  });

  test('a missing response is a timeout at the deadline', async () => {
    const silent = cloudOver(
      (request) =>
        new Promise((_, reject) => {
          request.signal.addEventListener('abort', () => reject(request.signal.reason));
        }),
      50,
    );
    await expect(silent.listFlavors()).rejects.toMatchObject({ code: 'timeout' });
  });

  test('a list that does not terminate is bad_gateway', async () => {
    const endless = cloudOver(() => Response.json({ items: [], next_cursor: 'again' }));
    await expect(endless.listFlavors()).rejects.toMatchObject({ code: 'bad_gateway' });
  });

  test('does not follow redirects with the key', async () => {
    const requested: string[] = [];
    const moved = cloudOver((request) => {
      requested.push(request.url);
      return new Response(null, { status: 302, headers: { location: 'http://elsewhere.example/' } });
    });
    await expect(moved.listFlavors()).rejects.toMatchObject({ code: 'bad_gateway' });
    expect(requested).toEqual(['http://redu.example/v1/flavors']);
  });
});
