import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fetchTransport } from '../../adapters/openstack/http/fetch.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { type Account, createSandbox } from '../../adapters/sandbox/index.ts';
import { upstreamCallsOf } from '../../src/dialects/redu/upstream-calls.ts';
import { DEFAULT_SCOPES, type Scope } from '../../src/scopes.ts';
import { ADMIN_TOKEN, type RunningGateway, startGateway } from '../support/gateway.ts';
import { byCredential, keyIdOf, sendNova } from '../support/nova-client.ts';
import { byPassword, type Send } from '../support/sandbox-client.ts';

const FLAVORS = { service: 'compute', method: 'GET', path: '/v2.1/flavors/detail' };
const SERVERS = { service: 'compute', method: 'GET', path: '/v2.1/servers/*' };
const LATER = '2031-01-01T00:00:00.000000';
const READS: readonly Scope[] = ['instances:read', 'keys:write'];

let gateway: RunningGateway;
let acme: Account;
let user: Send;
/** Requests that the cloud has received, without sign-ins. */
let arrived: string[];
beforeAll(async () => {
  const sandbox = createSandbox({ bootMilliseconds: 60, projects: [{ name: 'acme' }, { name: 'globex' }] });
  const [account] = sandbox.accounts;
  if (account === undefined) throw new Error('the sandbox has no account');
  acme = account;
  arrived = [];
  const clouds = openStackDriver({
    transport: fetchTransport((request) => {
      if (!request.url.endsWith('/auth/tokens')) {
        arrived.push(`${request.method} ${new URL(request.url).pathname}`);
      }
      return sandbox.fetch(request);
    }),
    authUrl: sandbox.authUrl,
    endpoints: { region: null, interface: 'public' },
    serviceAccount: null,
  });
  gateway = await startGateway(clouds);
  user = await byPassword(sandbox, acme);
});
afterAll(() => gateway.stop());

/** The user's application credentials at the cloud, by name. */
const atCloud = async () => {
  const { body } = await user('GET', `/identity/v3/users/${acme.userId}/application_credentials`);
  return body.application_credentials.map(({ id }: { id: string }) => id) as string[];
};
async function keyWith(more: object = {}, scopes: readonly Scope[] = DEFAULT_SCOPES): Promise<string> {
  const { body } = await user('POST', `/identity/v3/users/${acme.userId}/application_credentials`, {
    application_credential: { name: crypto.randomUUID(), ...more },
  });
  const { id, secret } = body.application_credential;
  return gateway.keyFor({ kind: 'application_credential', id, secret }, scopes);
}
const base = () => `/identity/v3/users/${acme.userId}`;
const send = (key: string, target: string, body?: unknown) => {
  const [method, path = ''] = target.split(' ');
  const full = path.startsWith('/') ? path : `${base()}/${path}`;
  return sendNova(gateway.url, `${method} ${full}`, { 'x-auth-token': key }, body);
};
const create = (key: string, credential: object) =>
  send(key, 'POST application_credentials', { application_credential: credential });
async function made(key: string, credential: object = {}) {
  const { status, body } = await create(key, { name: crypto.randomUUID(), ...credential });
  expect(status, JSON.stringify(body)).toBe(201);
  return body.application_credential;
}
const redu = (key: string, path: string, method = 'GET') =>
  sendNova(gateway.url, `${method} ${path}`, { 'x-api-key': key });
const admin = (target: string) => sendNova(gateway.url, target, { authorization: `Bearer ${ADMIN_TOKEN}` });

describe('an application credential made with a key', () => {
  test('is a key, shown by the identity service and the admin API as what it is', async () => {
    const key = await keyWith();
    const credentials = await atCloud();
    const { secret, ...shown } = await made(key, { name: 'ci', description: 'for CI', expires_at: LATER });
    expect(shown).toEqual({
      id: keyIdOf(secret),
      name: 'ci',
      description: 'for CI',
      user_id: acme.userId,
      project_id: acme.projectId,
      system: null,
      expires_at: LATER,
      unrestricted: false,
      roles: [expect.objectContaining({ name: 'reader' }), expect.objectContaining({ name: 'member' })],
      links: { self: `${gateway.url}${base()}/application_credentials/${shown.id}` },
    });
    expect(await atCloud()).toEqual(credentials);
    expect((await redu(secret, '/v1/instances')).status).toBe(200);
    const token = await sendNova(
      gateway.url,
      'POST /identity/v3/auth/tokens',
      {},
      byCredential({ name: 'ci', secret, user: { id: acme.userId } }),
    );
    expect(token.status).toBe(201);
    expect(token.body.token.application_credential).toEqual({ id: shown.id, name: 'ci', restricted: true });
    expect((await send(key, `GET application_credentials/${shown.id}`)).body).toEqual({
      application_credential: shown,
    });
    expect((await send(key, 'GET application_credentials?name=ci')).body).toMatchObject({
      application_credentials: [shown],
      links: { next: null, previous: null },
    });
    expect((await admin(`GET /admin/v1/keys/${shown.id}`)).body).toMatchObject({
      name: 'ci',
      description: 'for CI',
      kind: 'application_credential',
      roles: ['reader', 'member'],
      access_rules: null,
      scopes: DEFAULT_SCOPES.filter((scope) => scope !== 'keys:write'),
    });
    const { body: audit } = await admin(`GET /admin/v1/audit?key_id=${shown.id}&action=key.create`);
    expect(audit.items).toMatchObject([{ actor: `key:${keyIdOf(key)}` }]);
  });

  test('has at most the scopes and expiry of its maker, and keys:write only if it is unrestricted', async () => {
    const maker = await made(await keyWith({}, READS), { unrestricted: true, expires_at: LATER });
    expect(maker.unrestricted).toBe(true);
    const restricted = await made(maker.secret);
    // It ends with its maker, without an expiry of its own.
    expect(restricted).toMatchObject({ unrestricted: false, expires_at: null });
    const { body: shown } = await admin(`GET /admin/v1/keys/${restricted.id}`);
    expect(shown.expires_at).toBe('2031-01-01T00:00:00.000Z');
    const scopesOf = async ({ id }: { id: string }) => (await admin(`GET /admin/v1/keys/${id}`)).body.scopes;
    expect(await scopesOf(maker)).toEqual(READS);
    expect(await scopesOf(restricted)).toEqual(['instances:read']);
    expect((await create(restricted.secret, { name: 'further' })).status).toBe(403);
    expect((await create(maker.secret, { name: 'late', expires_at: '2031-01-01T00:00:01' })).status).toBe(
      400,
    );
    const operator = await keyWith({}, [...DEFAULT_SCOPES, 'admin']);
    expect(await scopesOf(await made(operator, { unrestricted: true }))).toEqual(DEFAULT_SCOPES);
    expect((await create(await keyWith({}, ['keys:write']), { name: 'nothing' })).status).toBe(403);
  });

  test.each<[problem: string, credential: object, field: string]>([
    ['no name', {}, 'name'],
    ['an empty name', { name: '' }, 'name'],
    ['a secret', { name: 'x', secret: 'foo' }, 'secret'],
    ['no time', { name: 'x', expires_at: 'tomorrow' }, 'expires_at'],
    ['a time in the past', { name: 'x', expires_at: '2020-01-01T00:00:00' }, 'expires_at'],
    ['a role without a name', { name: 'x', roles: [{}] }, 'roles'],
    ['a rule without a slash', { name: 'x', access_rules: [{ ...FLAVORS, path: 'v2.1' }] }, 'access_rules'],
    [
      'a rule with another method',
      { name: 'x', access_rules: [{ ...FLAVORS, method: 'ANY' }] },
      'access_rules',
    ],
    ['many rules', { name: 'x', access_rules: Array.from({ length: 65 }, () => FLAVORS) }, 'access_rules'],
  ])('%s is 400 and names the field', async (_, credential, field) => {
    const key = await keyWith();
    arrived.length = 0;
    const { status, body } = await create(key, credential);
    expect(status).toBe(400);
    expect(body.error.message).toContain(`application_credential.${field}`);
    expect(arrived).toEqual([]);
  });

  test('its name is unique among the user’s live keys', async () => {
    const key = await keyWith();
    const { id } = await made(key, { name: 'unique' });
    const outcomes = await Promise.all([1, 2, 3].map(() => create(key, { name: 'unique' })));
    expect(outcomes.map(({ status }) => status)).toEqual([409, 409, 409]);
    const concurrent = await Promise.all([1, 2, 3].map(() => create(key, { name: 'at once' })));
    expect(concurrent.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    expect((await send(key, `DELETE application_credentials/${id}`)).status).toBe(204);
    await made(key, { name: 'unique' });
  });

  test('needs keys:write to be made or deleted, which is 403 before anything is requested of the cloud', async () => {
    const maker = await keyWith();
    const { id } = await made(maker);
    const key = await keyWith(
      {},
      DEFAULT_SCOPES.filter((scope) => scope !== 'keys:write'),
    );
    arrived.length = 0;
    for (const { status, body } of [
      await create(key, { name: 'x' }),
      await send(key, `DELETE application_credentials/${id}`),
    ]) {
      expect(status).toBe(403);
      expect(body.error.message).toContain('"keys:write"');
    }
    expect(arrived).toEqual([]);
    expect((await send(key, `GET application_credentials/${id}`)).status).toBe(200);
  });

  test.each<readonly [name: string, credential: object]>([
    ['a year of five digits in UTC', { expires_at: '9999-12-31T23:59:59-05:00' }],
    ['a day that is in no calendar', { expires_at: '2030-02-31T00:00:00' }],
    ['NUL in the description', { description: 'a\0b' }],
    ['half of a character in the description', { description: '\ud800' }],
    ['NUL in the name', { name: 'a\0b' }],
  ])('with %s is 400, before it is stored', async (_, credential) => {
    const { status, body } = await create(await keyWith(), { name: crypto.randomUUID(), ...credential });
    expect(status, JSON.stringify(body)).toBe(400);
    expect(body.error.message).toContain(Object.keys(credential)[0]);
  });

  test('has any other text as its description, and the last second of the year 9999 as its expiry', async () => {
    const odd = { description: 'für CI 🚀\n\ttwo lines', expires_at: '9999-12-31T23:59:59.000000' };
    expect(await made(await keyWith(), odd)).toMatchObject(odd);
  });

  test.each(['%00', 'a%00b', '%F0%9F%9A%80', ''])(
    'listed by the name "%s", which none has, is 400',
    async (name) => {
      expect((await send(await keyWith(), `GET application_credentials?name=${name}`)).status).toBe(400);
    },
  );

  test('of more scopes than the key that deletes it has is 403; one that does not exist, 404', async () => {
    const { id } = await made(await keyWith());
    const narrow = await keyWith({}, READS);
    expect((await send(narrow, `DELETE application_credentials/${id}`)).status).toBe(403);
    for (const method of ['GET', 'DELETE']) {
      const { status, body } = await send(narrow, `${method} application_credentials/0123456789abcdef`);
      expect(status).toBe(404);
      expect(body.error.message).toBe('Could not find Application Credential: 0123456789abcdef.');
    }
  });

  test('ends when it is deleted; another user’s are 403', async () => {
    const key = await keyWith();
    const { id, secret } = await made(key);
    expect((await send(key, `DELETE application_credentials/${id}`)).status).toBe(204);
    expect((await redu(secret, '/v1/instances')).status).toBe(401);
    expect((await send(key, `GET application_credentials/${id}`)).status).toBe(404);
    expect((await send(key, 'GET /identity/v3/users/other/application_credentials')).status).toBe(403);
  });
});

describe('roles of keys that store none', () => {
  test('are shown as the cloud has them, and a key ends no sibling that has more', async () => {
    const [whole, reader] = [await keyWith(), await keyWith({ roles: [{ name: 'reader' }] })];
    const rolesOf = async (key: string, id: string) => {
      const { body } = await send(key, `GET application_credentials/${id}`);
      return body.application_credential.roles.map(({ name }: { name: string }) => name);
    };
    expect(await rolesOf(whole, keyIdOf(reader))).toEqual(['reader']);
    expect(await rolesOf(reader, keyIdOf(whole))).toEqual(['reader', 'member']);
    const refused = await redu(reader, `/v1/api_keys/${keyIdOf(whole)}`, 'DELETE');
    expect([refused.status, refused.body.error.message]).toEqual([
      403,
      'This API key lacks roles of the key to revoke.',
    ]);
    expect((await redu(whole, `/v1/api_keys/${keyIdOf(reader)}`, 'DELETE')).status).toBe(204);
  });
});

test('roles that the cloud does not show are shown as none, never as those of the caller', async () => {
  const [ruled, other] = [await keyWith({ access_rules: [FLAVORS] }), await keyWith()];
  const { status, body } = await send(ruled, `GET application_credentials/${keyIdOf(other)}`);
  expect([status, body.application_credential?.roles]).toEqual([200, []]);
});

test('a key that was not made with the caller is shown with its expiry, though it is that of the caller', async () => {
  const { userName: username, password, projectId: project_id } = acme;
  const [one, other] = await Promise.all(
    ['one', 'other'].map(async (name) => {
      const wish = {
        name,
        expires_at: '2031-01-01T00:00:00Z',
        credentials: { username, password, project_id },
      };
      return (await sendNova(gateway.url, 'POST /v1/api_keys', {}, wish)).body;
    }),
  );
  const { body } = await send(one.key, `GET application_credentials/${other.id}`);
  expect(body.application_credential.expires_at).toBe(LATER);
});

describe('roles', () => {
  test('of the maker need no other credential, named in any way', async () => {
    const key = await keyWith();
    const credentials = await atCloud();
    for (const roles of [[{ name: 'member' }], [{ name: 'member' }, { name: 'reader' }], []]) {
      await made(key, { roles });
    }
    expect(await atCloud()).toEqual(credentials);
  });

  test('fewer are a credential of their own at the cloud, deleted with the last key that uses it', async () => {
    const key = await keyWith({ unrestricted: true });
    const credentials = await atCloud();
    const reader = await made(key, { roles: [{ name: 'reader' }], unrestricted: true });
    expect(reader.roles).toMatchObject([{ name: 'reader' }]);
    expect(await atCloud()).toHaveLength(credentials.length + 1);
    expect((await redu(reader.secret, '/v1/me')).body.roles).toEqual(['reader']);
    const further = await made(reader.secret);
    expect(further.roles).toMatchObject([{ name: 'reader' }]);
    // The user has the role, its credential does not.
    arrived.length = 0;
    expect((await create(reader.secret, { name: 'more', roles: [{ name: 'member' }] })).status).toBe(400);
    expect(arrived).toEqual([]);
    expect(await atCloud()).toHaveLength(credentials.length + 1);
    const member = await made(key);
    expect((await send(reader.secret, `DELETE application_credentials/${member.id}`)).status).toBe(403);
    expect((await redu(reader.secret, `/v1/api_keys/${member.id}`, 'DELETE')).status).toBe(403);
    expect((await send(key, `DELETE application_credentials/${reader.id}`)).status).toBe(204);
    expect((await redu(further.secret, '/v1/me')).status).toBe(200);
    expect((await send(key, `DELETE application_credentials/${further.id}`)).status).toBe(204);
    expect(await atCloud()).toEqual(credentials);
  });

  test('fewer are 403 with a restricted credential; ones that the maker lacks 400; neither leaves anything', async () => {
    const credentials = await atCloud();
    const restricted = await keyWith();
    const unrestricted = await keyWith({ unrestricted: true });
    expect((await create(restricted, { name: 'r', roles: [{ name: 'reader' }] })).status).toBe(403);
    expect((await create(unrestricted, { name: 'a', roles: [{ name: 'admin' }] })).status).toBe(400);
    await made(unrestricted, { name: 'taken' });
    expect((await create(unrestricted, { name: 'taken', roles: [{ name: 'reader' }] })).status).toBe(409);
    expect(await atCloud()).toHaveLength(credentials.length + 2);
  });
});

describe('access rules', () => {
  test('allow requests of the Nova dialect that match one, also cached ones', async () => {
    const key = await keyWith();
    const { secret, access_rules: rules } = await made(key, { access_rules: [FLAVORS, SERVERS] });
    expect(rules).toEqual([
      { id: expect.any(String), ...FLAVORS },
      { id: expect.any(String), ...SERVERS },
    ]);
    for (let round = 0; round < 3; round++) {
      expect((await send(key, 'GET /compute/v2.1/flavors/detail')).status).toBe(200);
      expect((await send(secret, 'GET /compute/v2.1/flavors/detail?limit=9')).status).toBe(200);
      expect((await send(key, 'GET /compute/v2.1/flavors')).status).toBe(200);
      expect((await send(secret, 'GET /compute/v2.1/flavors')).status).toBe(403);
      expect((await send(secret, 'GET /compute/v2.1/servers/detail')).status).toBe(200);
    }
    arrived.length = 0;
    for (const target of [
      'GET /compute/v2.1/servers/detail/x',
      'HEAD /compute/v2.1/flavors/detail',
      'DELETE /compute/v2.1/servers/0d3f2f4e-0000-4000-8000-000000000000',
      'GET /image/v2/images',
      'GET /networking/v2.0/networks',
      `GET ${base()}`,
      'GET application_credentials',
    ]) {
      expect((await send(secret, target)).status, target).toBe(403);
    }
    expect((await create(secret, { name: 'x' })).status).toBe(403);
    expect(arrived).toEqual([]);
  });

  test('allow a redu route only if every call that it would make matches, also cached ones', async () => {
    const key = await keyWith();
    const server = '/v2.1/servers/*';
    const reads = ['/v2.1/servers/detail', '/v2.1/os-server-groups', server, `${server}/os-instance-actions`];
    const detail = reads.map((path) => ({ ...FLAVORS, path }));
    const network = ['security-groups', 'ports', 'networks', 'floatingips'].map((name) => ({
      ...{ service: 'network', method: 'GET' },
      path: `/v2.0/${name}`,
    }));
    const lists = await made(key, { access_rules: [...detail, ...network] });
    const some = await made(key, { access_rules: [...detail, ...network.slice(1)] });
    for (let round = 0; round < 3; round++) {
      expect((await redu(key, '/v1/instances')).status).toBe(200);
      expect((await redu(lists.secret, '/v1/instances')).status).toBe(200);
      expect((await redu(some.secret, '/v1/instances')).status).toBe(403);
    }
    arrived.length = 0;
    for (const path of [
      '/v1/instances?flavor=m1.tiny',
      '/v1/me',
      '/v1/keypairs',
      '/v1/api_keys',
      '/v1/events',
    ]) {
      expect((await redu(some.secret, path)).status, path).toBe(403);
    }
    const creating = await sendNova(
      gateway.url,
      'POST /v1/instances',
      { 'x-api-key': some.secret },
      { name: 'x', flavor_id: 'm1.tiny', image_id: 'ubuntu-22.04-amd64' },
    );
    expect(creating.status).toBe(403);
    expect(creating.body.error.message).toContain('access rules');
    expect(arrived).toEqual([]);
  });

  test('every redu route has its upstream calls, but the one without a key', () => {
    const routes = gateway.routes
      .filter(({ method, path }) => method !== 'ALL' && /^\/(cloud\/)?v1\//.test(path) && !path.endsWith('*'))
      .map(({ method, path }) => ({ method: method as 'GET', path: path.replaceAll(/:(\w+)/g, '{$1}') }));
    expect(routes.length).toBeGreaterThan(50);
    const missing = routes.filter(
      ({ method, path }) => upstreamCallsOf({ method, path: path as '/' }) === null,
    );
    expect(new Set(missing.map(({ method, path }) => `${method} ${path}`))).toEqual(
      new Set(['POST /v1/api_keys']),
    );
  });

  test('are listed and shown while a key has them, and may be named by their id', async () => {
    const key = await keyWith();
    const rule = { ...FLAVORS, path: `/v2.1/${crypto.randomUUID()}` };
    const { id, access_rules: rules } = await made(key, { access_rules: [rule] });
    const [{ id: ruleId }] = rules;
    const shown = { id: ruleId, ...rule, links: { self: `${gateway.url}${base()}/access_rules/${ruleId}` } };
    expect((await send(key, `GET access_rules/${ruleId}`)).body).toEqual({ access_rule: shown });
    const filter = `path=${encodeURIComponent(rule.path)}`;
    expect((await send(key, `GET access_rules?${filter}`)).body.access_rules).toEqual([shown]);
    expect((await send(key, `GET access_rules?${filter}&method=PUT`)).body.access_rules).toEqual([]);
    const second = await made(key, { access_rules: [{ id: ruleId }] });
    expect(second.access_rules).toEqual(rules);
    expect((await create(key, { name: 'x', access_rules: [{ id: 'unknown' }] })).status).toBe(404);
    expect((await send(key, `DELETE access_rules/${ruleId}`)).status).toBe(403);
    for (const one of [id, second.id]) await send(key, `DELETE application_credentials/${one}`);
    expect((await send(key, `DELETE access_rules/${ruleId}`)).status).toBe(404);
  });

  test('are passed on, and never widened', async () => {
    const identity = { service: 'identity', path: '/v3/users/*/application_credentials' };
    const own = [
      { ...identity, method: 'POST' },
      { ...identity, method: 'DELETE', path: `${identity.path}/*` },
    ];
    const maker = await made(await keyWith(), { unrestricted: true, access_rules: [...own, FLAVORS] });
    expect((await made(maker.secret)).access_rules).toEqual(maker.access_rules);
    const narrow = await made(maker.secret, { access_rules: [FLAVORS] });
    expect(narrow.access_rules).toEqual([maker.access_rules[2]]);
    expect((await create(maker.secret, { name: 'x', access_rules: [SERVERS] })).status).toBe(403);
    const wide = keyIdOf(await keyWith());
    arrived.length = 0;
    const refused = await send(maker.secret, `DELETE application_credentials/${wide}`);
    expect([refused.status, refused.body.error.message]).toEqual([
      403,
      'This API key lacks access rules of the key to revoke.',
    ]);
    expect(arrived).toEqual([]);
    const readsRoles = await redu(maker.secret, `/v1/api_keys/${narrow.id}`, 'DELETE');
    expect(readsRoles.status, 'redu’s route may list the credentials').toBe(403);
    expect((await send(maker.secret, `DELETE application_credentials/${narrow.id}`)).status).toBe(204);
  });

  test('stay with a key that is rotated', async () => {
    const identity = { service: 'identity', method: 'POST', path: '/v3/users/*/application_credentials' };
    const { id, secret } = await made(await keyWith(), { access_rules: [identity, FLAVORS] });
    const path = `POST /v1/api_keys/${id}/rotate`;
    const { body } = await sendNova(gateway.url, path, { 'x-api-key': secret }, {});
    expect((await redu(body.key, '/v1/flavors')).status).toBe(200);
    expect((await redu(body.key, '/v1/keypairs')).status).toBe(403);
  });
});
