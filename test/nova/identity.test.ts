import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import { byCredential, byPassword, keyIdOf, type SignInBody, sendNova } from '../support/nova-client.ts';
import { type RecordedGateway, recordedGateway } from './recorded-gateway.ts';

const UNAUTHORIZED = {
  error: {
    code: 401,
    message: 'The request you have made requires authentication.',
    title: 'Unauthorized',
  },
};

let running: RecordedGateway;
let url: string;
let key: string;
let id: string;
beforeAll(async () => {
  running = await recordedGateway();
  url = running.gateway.url;
  key = await running.keyOf(running.acme);
  id = keyIdOf(key);
});
afterAll(() => running.close());

const signIn = (body: SignInBody | string, headers: Record<string, string> = {}) =>
  sendNova(url, 'POST /identity/v3/auth/tokens', headers, body);
const tokenOf = async (text: string) => {
  const { status, headers } = await signIn(byCredential({ id: keyIdOf(text), secret: text }));
  expect(status).toBe(201);
  return headers.get('x-subject-token') ?? '';
};
const list = (headers: Record<string, string>) => sendNova(url, 'GET /compute/v2.1/servers', headers);

describe('sign-in with an API key', () => {
  const ways = (): Readonly<Record<string, SignInBody>> => ({
    'as an application credential': byCredential({ id, secret: key }),
    'as one by its name': byCredential({ name: 'test', secret: key, user: { id: running.acme.userId } }),
    'as one by its id for a name': byCredential({
      name: id,
      secret: key,
      user: { name: running.acme.userName, domain: { name: 'Default' } },
    }),
    'as a user and password': byPassword({ name: id, domain: { name: 'Default' }, password: key }),
    'as a user’s id and password': byPassword({ id, password: key }),
    'as the cloud’s own user': byPassword({ name: running.acme.userName, password: key }),
    'for its project by id': byPassword({ id, password: key }, { project: { id: running.acme.projectId } }),
    'for its project by name': byPassword(
      { id, password: key },
      { project: { name: 'acme', domain: { id: 'default' } } },
    ),
    'as a token': { auth: { identity: { methods: ['token'], token: { id: key } } } },
  });
  test.each([
    'as an application credential',
    'as one by its name',
    'as one by its id for a name',
    'as a user and password',
    'as a user’s id and password',
    'as the cloud’s own user',
    'for its project by id',
    'for its project by name',
    'as a token',
  ])('%s', async (way) => {
    const { status, headers, body } = await signIn(ways()[way] ?? {});
    expect(status).toBe(201);
    expect(body.token.project.id).toBe(running.acme.projectId);
    expect((await list({ 'x-auth-token': headers.get('x-subject-token') ?? '' })).status).toBe(200);
  });

  test.each(['x-auth-token', 'x-api-key', 'authorization'])('without a sign-in, as %s', async (header) => {
    const value = header === 'authorization' ? `Bearer ${key}` : key;
    expect((await list({ [header]: value })).status).toBe(200);
  });
});

describe('rejected sign-ins, always with the same 401', () => {
  const other = '0123456789abcdef';
  const rows = (): Readonly<Record<string, SignInBody>> => ({
    'another id': byCredential({ id: other, secret: key }),
    'another secret': byCredential({ id, secret: `${key.slice(0, -1)}x` }),
    'no secret': byCredential({ id, secret: '' }),
    'another user': byCredential({ name: 'test', secret: key, user: { name: 'globex-user' } }),
    'another name': byCredential({ name: 'other', secret: key, user: { id: running.acme.userId } }),
    'another password': byPassword({ name: id, password: 'secret' }),
    'the cloud’s own password': byPassword({
      name: running.acme.userName,
      domain: { name: 'Default' },
      password: running.acme.password,
    }),
    'the cloud’s own application credential': byCredential({
      id: running.acme.applicationCredentialId,
      secret: running.acme.applicationCredentialSecret,
    }),
    'another project': byPassword({ id, password: key }, { project: { id: running.globex.projectId } }),
    'another project by name': byPassword({ id, password: key }, { project: { name: 'globex' } }),
    'its user in a domain that does not exist': byPassword({
      name: running.acme.userName,
      domain: { name: 'nowhere' },
      password: key,
    }),
    'its id in a domain that does not exist': byPassword({ name: id, domain: { id: 'x' }, password: key }),
    'its project in a domain that does not exist': byPassword(
      { id, password: key },
      { project: { name: 'acme', domain: { name: 'nowhere' } } },
    ),
    'a domain': byPassword({ id, password: key }, { domain: { id: 'default' } }),
    'the system': byPassword({ id, password: key }, { system: { all: true } }),
    'two methods': {
      auth: {
        identity: {
          methods: ['password', 'token'],
          password: { user: { id, password: key } },
          token: { id: key },
        },
      },
    },
    'no scope': { auth: { ...(byPassword({ id, password: key }).auth as object), scope: 'unscoped' } },
    'no scope, as an object': byPassword({ id, password: key }, { unscoped: {} }),
    'a scope with an application credential': byCredential(
      { id, secret: key },
      { project: { id: running.acme.projectId } },
    ),
    'no method': { auth: { identity: { methods: [] } } },
    'a user without a password': byPassword({ id }),
    'a credential without a secret': byCredential({ id }),
  });
  test.each([
    'another id',
    'another secret',
    'no secret',
    'another user',
    'another name',
    'another password',
    'the cloud’s own password',
    'the cloud’s own application credential',
    'another project',
    'another project by name',
    'its user in a domain that does not exist',
    'its id in a domain that does not exist',
    'its project in a domain that does not exist',
    'a domain',
    'the system',
    'two methods',
    'no scope',
    'no scope, as an object',
    'a scope with an application credential',
    'no method',
    'a user without a password',
    'a credential without a secret',
  ])('%s', async (what) => {
    const { status, headers, body } = await signIn(rows()[what] ?? {});
    expect([status, body]).toEqual([401, UNAUTHORIZED]);
    expect(headers.get('www-authenticate')).toBe(`Keystone uri="${url}/identity/v3"`);
    expect(headers.get('x-subject-token')).toBeNull();
  });

  test.each<[string, (key: string) => SignInBody]>([
    ['an unknown method', () => ({ auth: { identity: { methods: ['totp'] } } })],
    ['a method without its part', () => ({ auth: { identity: { methods: ['password'] } } })],
    [
      'a second method without its part',
      (password) => ({
        auth: { identity: { methods: ['password', 'totp'], password: { user: { id, password } } } },
      }),
    ],
    ['two scopes', (password) => byPassword({ id, password }, { project: { id: 'x' }, domain: { id: 'x' } })],
    ['an empty scope', (password) => byPassword({ id, password }, {})],
    ['a project without a name', (password) => byPassword({ id, password }, { project: {} })],
    ['a user without a name', (password) => byPassword({ password })],
    ['a credential without a name', (secret) => byCredential({ secret })],
    ['a name of a credential without its user', (secret) => byCredential({ name: 'test', secret })],
    [
      'a body of more than 16 KiB',
      (password) => ({ ...byPassword({ id, password }), x: 'x'.repeat(16_384) }),
    ],
  ])('%s is 400 or 413, even with a valid key', async (what, body) => {
    expect((await signIn(body(key))).status).toBe(what.includes('16 KiB') ? 413 : 400);
  });

  test.each(['', 'null', '[]', '{', '{"auth":{}}', '{"auth":{"identity":{"methods":"x"}}}'])(
    'a malformed body is 400: %s',
    async (body) => {
      const response = await signIn(body);
      expect([response.status, response.body.error.code, response.body.error.title]).toEqual([
        400,
        400,
        'Bad Request',
      ]);
    },
  );

  test('a body that is too large is 413', async () => {
    expect((await signIn(`{"auth": "${'x'.repeat(70_000)}"}`)).status).toBe(413);
  });

  test('ten wrong keys a minute block sign-in from an address, but not a valid key', async () => {
    const from = { 'x-forwarded-for': '198.51.100.77' };
    const wrong = byCredential({ id, secret: `${key.slice(0, -1)}x` });
    for (let attempt = 0; attempt < 10; attempt++) expect((await signIn(wrong, from)).status).toBe(401);
    const refused = await signIn(wrong, from);
    expect([refused.status, refused.body.error.code]).toEqual([429, 429]);
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect((await signIn(byCredential({ id, secret: key }), from)).status).toBe(201);
  });
});

describe('a token', () => {
  test('is shown to its owner, with and without a catalog', async () => {
    const token = await tokenOf(key);
    const headers = { 'x-auth-token': token, 'x-subject-token': token };
    const shown = await sendNova(url, 'GET /identity/v3/auth/tokens', headers);
    expect([shown.status, shown.headers.get('x-subject-token')]).toEqual([200, token]);
    expect(shown.body.token.catalog.map(({ type }: { type: string }) => type)).toEqual([
      'identity',
      'compute',
      'image',
      'network',
      'volumev3',
    ]);
    const short = await sendNova(url, 'GET /identity/v3/auth/tokens?nocatalog', headers);
    expect(short.body.token.catalog).toBeUndefined();
    const head = await sendNova(url, 'HEAD /identity/v3/auth/tokens', headers);
    expect([head.status, head.body]).toEqual([200, '']);
    const byKey = await sendNova(url, 'GET /identity/v3/auth/tokens', {
      'x-auth-token': key,
      'x-subject-token': key,
    });
    expect(byKey.status).toBe(200);
  });

  test('of another key is 404', async () => {
    const foreign = await running.keyOf(running.globex);
    for (const subject of [await tokenOf(foreign), foreign, 'lnt_x', '']) {
      for (const method of ['GET', 'HEAD', 'DELETE']) {
        const headers = { 'x-auth-token': key, 'x-subject-token': subject };
        expect((await sendNova(url, `${method} /identity/v3/auth/tokens`, headers)).status).toBe(404);
      }
    }
    expect((await list({ 'x-auth-token': await tokenOf(foreign) })).status).toBe(200);
  });

  test('is invalid once deleted; its key stays valid', async () => {
    const token = await tokenOf(key);
    const headers = { 'x-auth-token': token, 'x-subject-token': token };
    expect((await sendNova(url, 'DELETE /identity/v3/auth/tokens', headers)).status).toBe(204);
    expect((await list({ 'x-auth-token': token })).status).toBe(401);
    expect((await signIn({ auth: { identity: { methods: ['token'], token: { id: token } } } })).status).toBe(
      401,
    );
    expect((await list({ 'x-auth-token': key })).status).toBe(200);
  });

  test('is invalid as soon as its key is revoked', async () => {
    const mortal = await running.keyOf(running.acme);
    const token = await tokenOf(mortal);
    expect((await list({ 'x-auth-token': token })).status).toBe(200);
    const admin = { authorization: `Bearer ${ADMIN_TOKEN}` };
    expect((await sendNova(url, `DELETE /admin/v1/keys/${keyIdOf(mortal)}`, admin)).status).toBe(204);
    const { status, body } = await list({ 'x-auth-token': token });
    expect([status, body.unauthorized.code]).toEqual([401, 401]);
  });

  test('expires with its key, and one issued for a token expires with that token', async () => {
    const soon = new Date(Math.ceil(Date.now() / 1000) * 1000 + 600_000).toISOString();
    const admin = { authorization: `Bearer ${ADMIN_TOKEN}` };
    const short = await running.keyOf(running.acme);
    await sendNova(url, `PATCH /admin/v1/keys/${keyIdOf(short)}`, admin, { expires_at: soon });
    const first = await signIn(byCredential({ id: keyIdOf(short), secret: short }));
    expect(Date.parse(first.body.token.expires_at)).toBe(Date.parse(soon));
    const token = first.headers.get('x-subject-token');
    await sendNova(url, `PATCH /admin/v1/keys/${keyIdOf(short)}`, admin, { expires_at: null });
    const second = await signIn({ auth: { identity: { methods: ['token'], token: { id: token } } } });
    expect(second.body.token.expires_at).toBe(first.body.token.expires_at);
  });

  test('altered, or issued by another gateway, is 401 like a wrong key', async () => {
    const token = await tokenOf(key);
    const last = token.endsWith('A') ? 'B' : 'A';
    const elsewhere = await recordedGateway();
    const theirs = await sendNova(
      elsewhere.gateway.url,
      'POST /identity/v3/auth/tokens',
      {},
      {
        auth: { identity: { methods: ['token'], token: { id: await elsewhere.keyOf(elsewhere.acme) } } },
      },
    );
    await elsewhere.close();
    for (const wrong of [
      token.slice(0, -1) + last,
      theirs.headers.get('x-subject-token') ?? '',
      'gAAAAABx',
    ]) {
      expect((await list({ 'x-auth-token': wrong })).status).toBe(401);
    }
  });
});

describe('projects, users and domains', () => {
  test.each([
    ['GET /identity/v3/auth/catalog', 'catalog', 5],
    ['GET /identity/v3/auth/projects', 'projects', 1],
    ['GET /identity/v3/auth/domains', 'domains', 0],
    ['GET /identity/v3/domains?name=Default', 'domains', 1],
    ['GET /identity/v3/projects?name=acme', 'projects', 1],
    ['GET /identity/v3/projects?name=acme&domain_id=default', 'projects', 1],
  ])('%s', async (target, member, length) => {
    const { status, body } = await sendNova(url, target, { 'x-auth-token': key });
    expect([status, body[member].length]).toEqual([200, length]);
  });

  test('the own project and user are shown, others are 403', async () => {
    const { acme, globex } = running;
    const get = (path: string) => sendNova(url, `GET /identity/v3${path}`, { 'x-auth-token': key });
    expect((await get(`/projects/${acme.projectId}`)).body.project.name).toBe('acme');
    expect((await get(`/users/${acme.userId}`)).body.user.name).toBe(acme.userName);
    expect((await get(`/users/${acme.userId}/projects`)).body.projects).toHaveLength(1);
    expect((await get(`/projects/${globex.projectId}`)).status).toBe(403);
    expect((await get(`/users/${globex.userId}`)).status).toBe(403);
    expect((await get('/users')).status).toBe(403);
    expect((await sendNova(url, 'PUT /identity/v3/auth/tokens', { 'x-auth-token': key })).status).toBe(405);
  });

  test.each([
    'projects',
    'domains',
    'projects?name=globex',
    'projects?name=globex&domain_id=default',
    'projects?name=acme&domain_id=other',
    'projects?domain_id=default',
    'projects?parent_id=default',
    'projects?user_id=x',
    'projects?name=acme&user_id=x',
    'projects?enabled=true',
    'domains?name=other',
    'users?name=x',
    'users',
    'roles',
    'roles?name=member',
    'services',
    'services/x',
    'endpoints',
    'endpoints/x',
    'groups',
    'groups/x',
    'role_assignments?user.id=x',
    'policies',
    'OS-TRUST/trusts',
  ])('a member gets Keystone’s 403 for GET %s', async (path) => {
    const { status, body } = await sendNova(url, `GET /identity/v3/${path}`, { 'x-auth-token': key });
    expect([status, body.error.code, body.error.title]).toEqual([403, 403, 'Forbidden']);
  });

  test.each(['POST projects', 'POST users', 'PATCH projects/x', 'DELETE users/x', 'POST roles'])(
    'a member gets Keystone’s 403 for %s',
    async (line) => {
      const [method, path] = line.split(' ');
      const response = await sendNova(url, `${method} /identity/v3/${path}`, { 'x-auth-token': key }, {});
      expect(response.status).toBe(403);
    },
  );

  test('every route is 401 without a key', async () => {
    for (const path of ['auth/tokens', 'auth/catalog', 'auth/projects', 'projects', 'users/x']) {
      const { status, body } = await sendNova(url, `GET /identity/v3/${path}`);
      expect([status, body]).toEqual([401, UNAUTHORIZED]);
    }
  });
});

test('a configured public URL is in catalog, links and challenges, whatever the Host header', async () => {
  const behind = await recordedGateway({ publicUrl: 'https://api.example.org/cloud/' });
  const own = await behind.keyOf(behind.acme);
  const headers = { 'x-auth-token': own };
  const { body } = await sendNova(behind.gateway.url, 'GET /identity/v3/auth/catalog', headers);
  expect(JSON.stringify(body)).not.toContain('127.0.0.1');
  expect(body.catalog[1].endpoints[0].url).toBe('https://api.example.org/cloud/compute/v2.1');
  const flavors = await sendNova(behind.gateway.url, 'GET /compute/v2.1/flavors', headers);
  expect(flavors.body.flavors[0].links[0].href).toMatch(
    'https://api.example.org/cloud/compute/v2.1/flavors/',
  );
  const refused = await sendNova(behind.gateway.url, 'GET /image/v2/images');
  expect(refused.headers.get('www-authenticate')).toBe(
    'Keystone uri="https://api.example.org/cloud/identity/v3"',
  );
  await behind.close();
});
