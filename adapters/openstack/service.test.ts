import { describe, expect, test, vi } from 'vitest';
import { deadlineIn } from '../../src/clock.ts';
import { CallTrace } from '../../src/compute/call-trace.ts';
import { CREDENTIAL, type Reply, scriptedCloud } from '../../test/support/mock-transport.ts';

const SERVER = '00000000-0000-4000-8000-000000000001';
const UNAUTHORIZED: Reply = {
  status: 401,
  body: { error: { code: 401, message: 'no', title: 'Unauthorized' } },
};
const isSignIn = (request: { url: string }) => request.url.endsWith('/auth/tokens');
const EMPTY_LIST: Reply = { status: 200, body: { servers: [] } };

describe('tokens', () => {
  test('concurrent requests share one sign-in, and later ones its token', async () => {
    const cloud = scriptedCloud(({ url }) => (url.includes('/servers') ? EMPTY_LIST : undefined));
    await Promise.all(Array.from({ length: 20 }, () => cloud.open().listInstances({}, {})));
    await cloud.open().listInstances({}, {});
    expect(cloud.requests.filter(isSignIn)).toHaveLength(1);
  });

  test('another secret of the same credential id gets a sign-in of its own', async () => {
    const cloud = scriptedCloud((request) => {
      if (isSignIn(request) && String(request.body).includes('"wrong"')) return UNAUTHORIZED;
      return request.url.includes('/servers') ? EMPTY_LIST : undefined;
    });
    await cloud.open().listInstances({}, {});
    const impostor = cloud.open({ kind: 'application_credential', id: 'ac', secret: 'wrong' });
    await expect(impostor.listInstances({}, {})).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('a rejected token is replaced once, and the call repeated, even a write', async () => {
    let refused = 0;
    const cloud = scriptedCloud((request) => {
      if (request.method !== 'DELETE') return undefined;
      refused += 1;
      return refused === 1 ? UNAUTHORIZED : { status: 204 };
    });
    await cloud.open().deleteInstance(SERVER);
    expect(cloud.requests.filter(isSignIn)).toHaveLength(2);
    const [first, second] = cloud.requests.filter(({ method }) => method === 'DELETE');
    expect(first?.headers['x-auth-token']).not.toBe(second?.headers['x-auth-token']);
  });

  test('a rejected new token is 403 for a key, 503 for the service account', async () => {
    const cloud = scriptedCloud((request) => (request.method === 'DELETE' ? UNAUTHORIZED : undefined));
    await expect(cloud.open().deleteInstance(SERVER)).rejects.toMatchObject({ code: 'forbidden' });
    const service = cloud.open({ kind: 'service', projectId: 'p1' });
    await expect(service.deleteInstance(SERVER)).rejects.toMatchObject({
      code: 'unavailable',
      retryAfter: 30,
    });
  });

  test.each([401, 404])('a credential that Keystone rejects with %i is 403', async (status) => {
    const cloud = scriptedCloud((request) => (isSignIn(request) ? { ...UNAUTHORIZED, status } : undefined));
    await expect(cloud.open(CREDENTIAL).listFlavors()).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('a token is replaced two minutes before it expires', async () => {
    const cloud = scriptedCloud((request) => {
      if (request.url.includes('/servers')) return EMPTY_LIST;
      if (!isSignIn(request)) return undefined;
      const body = {
        token: {
          ...tokenBody(),
          issued_at: new Date().toISOString(),
          expires_at: new Date(Date.now() + 119_000).toISOString(),
        },
      };
      return { status: 201, body, headers: { 'x-subject-token': 't' } };
    });
    await cloud.open().listInstances({}, {});
    await cloud.open().listInstances({}, {});
    expect(cloud.requests.filter(isSignIn)).toHaveLength(2);
  });

  test('a token in use is confirmed in the background, and dropped when Keystone rejects its owner', async () => {
    let refused = false;
    const cloud = scriptedCloud(
      (request) => {
        if (isSignIn(request) && refused) return UNAUTHORIZED;
        return request.url.includes('/servers') ? EMPTY_LIST : undefined;
      },
      { confirmAfterMs: -1 },
    );
    const list = () => cloud.open().listInstances({}, {});
    await list();
    refused = true;
    await list();
    await vi.waitFor(() => expect(list()).rejects.toMatchObject({ code: 'forbidden' }));
    refused = false;
    const back = async () => expect(await list()).toEqual({ instances: [], more: false });
    await vi.waitFor(back, { timeout: 5_000 });
  });

  test('a rejected credential is not retried immediately', async () => {
    const cloud = scriptedCloud((request) => (isSignIn(request) ? UNAUTHORIZED : undefined));
    for (let n = 0; n < 10; n++) {
      await expect(cloud.open().listFlavors()).rejects.toMatchObject({ code: 'forbidden' });
    }
    expect(cloud.requests).toHaveLength(1);
  });

  test('a valid token stays in use while Keystone is down', async () => {
    let away = false;
    const cloud = scriptedCloud(
      (request) => {
        if (isSignIn(request) && away) return { breaks: 'before sending' };
        return request.url.includes('/servers') ? EMPTY_LIST : undefined;
      },
      { confirmAfterMs: -1 },
    );
    await cloud.open().listInstances({}, {});
    away = true;
    for (let n = 0; n < 5; n++) await cloud.open().listInstances({}, {});
  });

  test('a service key signs in with the service account, scoped to its project', async () => {
    const cloud = scriptedCloud(({ url }) => (url.includes('/servers') ? EMPTY_LIST : undefined));
    await cloud.open({ kind: 'service', projectId: 'p1' }).listInstances({}, {});
    const body = JSON.parse(String(cloud.requests.find(isSignIn)?.body));
    expect(body.auth.scope).toEqual({ project: { id: 'p1' } });
    expect(body.auth.identity.password.user.name).toBe('gateway');
  });
});

describe('an administrator’s credential', () => {
  const ADMIN = { ...tokenBody(), roles: [{ name: 'admin' }] };
  const foreign = { id: SERVER, name: 'x', status: 'ACTIVE', tenant_id: 'another', user_id: 'u' };
  const body = {
    server: {
      ...foreign,
      created: '',
      updated: '',
      metadata: {},
      description: null,
      image: '',
      flavor: { id: 'f' },
      addresses: {},
    },
  };

  const signedIn: Reply = {
    status: 201,
    body: { token: { ...ADMIN, issued_at: '2026-01-01T00:00:00Z', expires_at: '2099-01-01T00:00:00Z' } },
    headers: { 'x-subject-token': 't' },
  };

  test.each([
    ['p', { vcpus: 2, isPublic: false }],
    ['another', { code: 'not_found' }],
  ])('has a private flavor only with the access of its project: %s', async (tenant_id, outcome) => {
    const flavor = { id: 'f', name: 'f', vcpus: 2, ram: 1, disk: 1, 'os-flavor-access:is_public': false };
    const cloud = scriptedCloud((request) => {
      if (isSignIn(request)) return signedIn;
      if (request.url.endsWith('/os-flavor-access'))
        return { status: 200, body: { flavor_access: [{ flavor_id: 'f', tenant_id }] } };
      return request.url.endsWith('/flavors/f') ? { status: 200, body: { flavor } } : undefined;
    });
    const found = cloud.open().getFlavor('f');
    expect(await found.catch((error) => error)).toMatchObject(outcome);
  });

  test('reads and changes resources of its own project only', async () => {
    const cloud = scriptedCloud((request) => {
      if (isSignIn(request)) return signedIn;
      if (request.url.endsWith('/v2.1')) return undefined;
      return request.method === 'GET' ? { status: 200, body } : { status: 202 };
    });
    const admin = cloud.open();
    const attempts = [
      admin.getInstance(SERVER),
      admin.deleteInstance(SERVER),
      admin.changeInstance(SERVER, { name: 'mine' }),
      admin.changeInstance(SERVER, { description: 'mine' }),
      admin.setInstanceTags(SERVER, ['mine']),
      admin.mergeMetadata(SERVER, { a: 'b' }),
      admin.deleteMetadata(SERVER, 'a'),
      admin.act(SERVER, { action: 'stop' }),
      admin.snapshot(SERVER, 's', {}),
    ];
    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: 'not_found' });
    expect(cloud.requests.filter((request) => request.method !== 'GET' && !isSignIn(request))).toEqual([]);
  });
});

describe('a service key', () => {
  test('a name that is too long with its prefix is refused before any request', async () => {
    const cloud = scriptedCloud(() => undefined);
    const service = cloud.open({ kind: 'service', projectId: 'p1' });
    await expect(service.createKeyPair('k'.repeat(255), null, 'ssh')).rejects.toMatchObject({
      code: 'invalid',
    });
    expect(cloud.requests.filter((request) => request.url.includes('keypairs'))).toEqual([]);
  });
});

describe('a path', () => {
  test('with dot segments is never sent', async () => {
    const cloud = scriptedCloud(() => undefined);
    await expect(cloud.open().deleteMetadata(SERVER, '..')).rejects.toMatchObject({ code: 'not_found' });
    await expect(cloud.open().getKeyPair('.')).rejects.toMatchObject({ code: 'not_found' });
    expect(cloud.requests.filter((request) => request.method === 'DELETE')).toEqual([]);
  });
});

describe('retries', () => {
  const attempts = (cloud: ReturnType<typeof scriptedCloud>, method: string) =>
    cloud.requests.filter((request) => request.method === method && request.url.includes('/servers')).length;

  test('a read is retried when the connection breaks or the service restarts', async () => {
    const replies: Reply[] = [{ breaks: 'after sending' }, { status: 503 }, EMPTY_LIST];
    const cloud = scriptedCloud(({ url }) => (url.includes('/servers') ? replies.shift() : undefined));
    expect(await cloud.open().listInstances({}, {})).toEqual({ instances: [], more: false });
    expect(attempts(cloud, 'GET')).toBe(3);
  });

  test('gives up after three attempts', async () => {
    const cloud = scriptedCloud(({ url }) => (url.includes('/servers') ? { status: 503 } : undefined));
    await expect(cloud.open().listInstances({}, {})).rejects.toMatchObject({ code: 'unavailable' });
    expect(attempts(cloud, 'GET')).toBe(3);
  });

  test('a create is retried only if nothing of it was sent', async () => {
    const instance = {
      name: 'a',
      flavorId: 'f',
      imageId: 'i',
      bootVolume: null,
      networks: [],
      securityGroupIds: [],
      keypairName: null,
      userData: null,
      availabilityZone: null,
      serverGroupId: null,
      metadata: {},
      description: null,
      tags: [],
      mark: null,
    };
    const isCreate = ({ method, url }: { method: string; url: string }) =>
      method === 'POST' && url.endsWith('/servers');
    for (const reply of [{ breaks: 'after sending' }, { status: 502 }, { status: 503 }] as Reply[]) {
      const cloud = scriptedCloud((request) => (isCreate(request) ? reply : undefined));
      await expect(cloud.open().createInstance(instance)).rejects.toThrow();
      expect(attempts(cloud, 'POST')).toBe(1);
    }
    const replies: Reply[] = [
      { breaks: 'before sending' },
      { status: 202, body: { server: { id: SERVER } } },
    ];
    const cloud = scriptedCloud((request) => (isCreate(request) ? replies.shift() : undefined));
    expect(await cloud.open().createInstance(instance)).toBe(SERVER);
  });

  test('a delete that finds nothing after a lost response has succeeded', async () => {
    const replies: Reply[] = [{ breaks: 'after sending' }, { status: 404, body: {} }];
    const cloud = scriptedCloud(({ method }) => (method === 'DELETE' ? replies.shift() : undefined));
    await expect(cloud.open().deleteInstance(SERVER)).resolves.toBeUndefined();
  });

  test('the deadline of the request ends the retries', async () => {
    const cloud = scriptedCloud(({ url }) =>
      url.includes('/servers') ? { breaks: 'after sending' } : undefined,
    );
    const late = cloud.driver.open(CREDENTIAL, {
      region: '',
      deadline: deadlineIn(-1),
      requestId: 'r',
      trace: new CallTrace(),
      log: cloud.open().log,
    });
    await expect(late.listInstances({}, {})).rejects.toMatchObject({ code: 'timeout' });
    expect(attempts(cloud, 'GET')).toBe(0);
  });
});

describe('invalid responses', () => {
  test.each([
    ['no JSON', { status: 200 }],
    ['another shape', { status: 200, body: { servers: 'many' } }],
    ['an item without id', { status: 200, body: { servers: [{ name: 'x' }] } }],
    ['a redirect', { status: 302, headers: { location: 'http://elsewhere.test/' } }],
  ] as [string, Reply][])('%s is bad_gateway, and not quoted in the message', async (_, reply) => {
    const cloud = scriptedCloud(({ url }) => (url.includes('/servers') ? reply : undefined));
    await expect(cloud.open().listInstances({}, {})).rejects.toMatchObject({ code: 'bad_gateway' });
  });

  test('a token without catalog or project is bad_gateway', async () => {
    const cloud = scriptedCloud((request) =>
      isSignIn(request)
        ? { status: 201, body: { token: {} }, headers: { 'x-subject-token': 't' } }
        : undefined,
    );
    await expect(cloud.open().listFlavors()).rejects.toMatchObject({ code: 'bad_gateway' });
  });
});

function tokenBody() {
  const endpoint = (url: string) => [{ interface: 'public', region: 'r', region_id: 'r', url }];
  return {
    user: { id: 'u', name: 'u' },
    project: { id: 'p', name: 'p' },
    roles: [],
    catalog: [{ type: 'compute', endpoints: endpoint('http://nova.test/v2.1') }],
  };
}
