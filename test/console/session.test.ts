import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseKey } from '../../src/access/key-format.ts';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import { keyIdOf } from '../support/nova-client.ts';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';
import { BrowserClient, type HeaderChange } from './browser-client.ts';

let target: SandboxTarget;
let key: string;
beforeAll(async () => {
  target = await sandboxTarget({ withExampleServers: true });
  key = (await target.acme.client()).key;
});
afterAll(() => target.close());

let browsers = 0;
function browser(): BrowserClient {
  browsers += 1;
  return new BrowserClient(target.url, `192.0.2.${browsers}`);
}

async function signedIn(body: object): Promise<BrowserClient> {
  const page = browser();
  const { status, body: answer } = await page.ask('POST', '/console/session', body);
  expect(status, JSON.stringify(answer)).toBe(200);
  return page;
}

/** acme's own user, at the cloud. */
function credentials() {
  const { userName, password, projectName } = target.acme;
  return { username: userName, password, project_name: projectName };
}

describe('a session by API key', () => {
  test('has the permissions of its key, and describes the key', async () => {
    const page = await signedIn({ api_key: key });
    const { body } = await page.ask('GET', '/console/session');
    expect(body.session).toMatchObject({
      as: 'customer',
      owned: false,
      key: { id: keyIdOf(key), name: 'test' },
    });
    const { status, body: instances } = await page.ask('GET', '/v1/instances');
    expect([status, instances.length]).toEqual([200, 2]);
  });

  test('is an HttpOnly, SameSite=Strict cookie that does not reveal the key', async () => {
    const page = browser();
    const { headers, body } = await page.ask('POST', '/console/session', { api_key: key });
    const [cookie = ''] = headers.getSetCookie();
    expect(cookie).toMatch(/^linguanova=[\w-]+; Path=\/; Max-Age=28800; HttpOnly; SameSite=Strict$/);
    const secret = parseKey(key)?.secret ?? '';
    expect(cookie + JSON.stringify(body)).not.toContain(secret);
    expect(Buffer.from(cookie.slice(11, cookie.indexOf(';')), 'base64url').toString('latin1')).not.toContain(
      secret,
    );
  });

  test('is invalid as soon as its key is revoked', async () => {
    const { key: mine } = await target.acme.client();
    const page = await signedIn({ api_key: mine });
    expect((await page.ask('DELETE', `/v1/api_keys/${keyIdOf(mine)}`)).status).toBe(204);
    expect((await page.ask('GET', '/v1/instances')).status).toBe(401);
    expect((await page.ask('GET', '/console/session')).body.session).toBeNull();
    expect(page.cookie, 'the dead cookie is taken back').toBeNull();
  });

  test('signing out deletes the cookie and does not revoke the key', async () => {
    const page = await signedIn({ api_key: key });
    expect((await page.ask('DELETE', '/console/session')).status).toBe(204);
    expect(page.cookie).toBeNull();
    expect((await page.ask('GET', '/v1/instances')).status).toBe(401);
    expect((await page.ask('GET', '/v1/instances', undefined, { 'x-api-key': key })).status).toBe(200);
  });

  test('expires after eight hours', async () => {
    const page = await signedIn({ api_key: key });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 28_801_000 });
    try {
      expect((await page.ask('GET', '/v1/me')).status).toBe(401);
    } finally {
      vi.useRealTimers();
    }
  });

  test('a key in a header takes precedence', async () => {
    const page = await signedIn({ api_key: key });
    const globex = await target.globex.client();
    const { body } = await page.ask('GET', '/v1/me', undefined, { 'x-api-key': globex.key });
    expect(body.project_id).toBe(target.globex.projectId);
  });

  test.each([
    ['altered', (text: string) => text.slice(0, -3) + (text.endsWith('AAA') ? 'BBB' : 'AAA')],
    ['cut short', (text: string) => text.slice(0, 60)],
    ['empty', () => 'linguanova='],
    ['no base64', () => 'linguanova=%00;'],
    ['of one character', () => 'linguanova=A'],
    ['very long', () => `linguanova=${'A'.repeat(9_000)}`],
  ])('a cookie that is %s opens nothing', async (_, change) => {
    const page = await signedIn({ api_key: key });
    page.cookie = change(page.cookie ?? '');
    expect((await page.ask('GET', '/v1/instances')).status).toBe(401);
    expect((await page.ask('GET', '/console/session')).body.session).toBeNull();
  });

  test('a Nova token is not accepted as a session, nor a session as a token', async () => {
    const page = await signedIn({ api_key: key });
    const sealed = page.cookie?.slice('linguanova='.length) ?? '';
    for (const token of [sealed, `lnt_${sealed}`]) {
      const { status } = await page.ask('GET', '/compute/v2.1/servers', undefined, { 'x-auth-token': token });
      expect(status).toBe(401);
    }
    const signIn = await fetch(`${target.url}/identity/v3/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        auth: {
          identity: {
            methods: ['application_credential'],
            application_credential: { id: keyIdOf(key), secret: key },
          },
        },
      }),
    });
    const token = signIn.headers.get('x-subject-token') ?? '';
    expect(token).toMatch(/^lnt_/);
    for (const text of [token, token.slice(4)]) {
      page.cookie = `linguanova=${text}`;
      expect((await page.ask('GET', '/v1/instances')).status).toBe(401);
    }
  });
});

describe('a session of a user of the cloud', () => {
  test('creates an expiring key without the scope admin, and revokes it at sign-out', async () => {
    const page = await signedIn({ credentials: credentials() });
    const { body } = await page.ask('GET', '/console/session');
    const { key: made, owned } = body.session;
    expect(owned).toBe(true);
    expect(made).toMatchObject({ name: 'console', project_id: target.acme.projectId, state: 'active' });
    expect(made.scopes).not.toContain('admin');
    const life = Date.parse(made.expires_at) - Date.now();
    expect(life > 0 && life <= 28_800_000, made.expires_at).toBe(true);
    expect((await page.ask('GET', '/v1/instances')).status).toBe(200);
    const ids = await target.keystone.applicationCredentialIds(target.acme.userId);
    expect(ids).toContain(made.application_credential_id);

    expect((await page.ask('DELETE', '/console/session')).status).toBe(204);
    expect((await target.gateway.keys.find(made.id))?.revokedAt).not.toBeNull();
    const left = await target.keystone.applicationCredentialIds(target.acme.userId);
    expect(left).not.toContain(made.application_credential_id);
  });

  test('a wrong password is 401, an invalid form 400 with the field', async () => {
    const page = browser();
    const wrong = { credentials: { ...credentials(), password: 'wrong' } };
    expect((await page.ask('POST', '/console/session', wrong)).status).toBe(401);
    const { status, body } = await page.ask('POST', '/console/session', { credentials: { username: 'a' } });
    expect(status).toBe(400);
    expect(body.error.details.map(({ field }: { field: string }) => field)).toContain('credentials.password');
    expect(page.cookie).toBeNull();
  });
});

describe('a session of the operator', () => {
  test('is accepted by the admin API, and by no project', async () => {
    const page = await signedIn({ admin_token: ADMIN_TOKEN });
    const { body } = await page.ask('GET', '/console/session');
    expect(body.session).toMatchObject({ as: 'operator', plans: [{ name: 'default' }, { name: 'gold' }] });
    expect(JSON.stringify(body)).not.toContain(ADMIN_TOKEN);
    expect((await page.ask('GET', '/admin/v1/keys')).status).toBe(200);
    expect((await page.ask('GET', '/v1/instances')).status).toBe(401);
  });

  test('a customer’s session is rejected by the admin API', async () => {
    const page = await signedIn({ api_key: key });
    expect((await page.ask('GET', '/admin/v1/keys')).status).toBe(401);
  });
});

const BODIES: readonly (readonly [why: string, body: unknown])[] = [
  ['nothing', {}],
  ['two ways at once', { api_key: 'a', admin_token: 'b' }],
  ['an unknown field', { api_key: 'a', more: 1 }],
  ['a key that is no text', { api_key: 1 }],
  ['a key without end', { api_key: 'a'.repeat(600) }],
  ['a list', []],
];
test.each(BODIES)('signing in with %s is 400', async (_, body) => {
  expect((await browser().ask('POST', '/console/session', body)).status).toBe(400);
});

const WAYS: readonly (readonly [way: string, wrong: () => object])[] = [
  ['keys', () => ({ api_key: `${key.slice(0, -1)}_` })],
  ['passwords', () => ({ credentials: { ...credentials(), password: 'wrong' } })],
  ['admin tokens', () => ({ admin_token: 'wrong' })],
];
test.each(WAYS)('failed sign-ins with %s count: the eleventh is 429', async (_, wrong) => {
  const page = browser();
  const statuses: number[] = [];
  for (let n = 0; n < 11; n++) statuses.push((await page.ask('POST', '/console/session', wrong())).status);
  expect(statuses).toEqual([...Array(10).fill(401), 429]);
});

/** What another site's page, or no page at all, would send with the cookie. */
const FOREIGN: readonly (readonly [who: string, changed: HeaderChange])[] = [
  ['a form or a link, which can set no header', { 'x-linguanova-console': null }],
  ['a script of another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
  [
    'a script of another site, with only its origin',
    { 'sec-fetch-site': null, origin: 'https://evil.example' },
  ],
  ['a script of a sibling domain', { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:1' }],
  [
    'a script of another port, in a browser that says nothing of sites',
    { 'sec-fetch-site': null, origin: 'http://127.0.0.1:1' },
  ],
  ['a sandboxed frame', { 'sec-fetch-site': 'cross-site', origin: 'null' }],
  ['a sandboxed frame in an old browser', { 'sec-fetch-site': null, origin: 'null' }],
  ['a bookmark or an address that was typed', { 'sec-fetch-site': 'none', origin: null }],
  ['an unknown sender', { 'sec-fetch-site': null, origin: null }],
  [
    'a page whose referrer is another site',
    { 'sec-fetch-site': null, origin: null, referer: 'https://evil.example/a' },
  ],
  ['an origin that contradicts', { origin: 'https://evil.example' }],
  ['an origin that is no URL', { origin: '%%%' }],
];

const ATTEMPTS = [
  ['GET', '/v1/instances', undefined],
  ['POST', '/v1/keypairs', { name: 'csrf' }],
  ['DELETE', '/v1/keypairs/csrf', undefined],
  ['POST', '/cloud/v1/compute/keypairs', { name: 'csrf' }],
] as const;

describe.each(FOREIGN)('a request with the cookie that comes from %s', (_, changed) => {
  test.each(ATTEMPTS)('%s %s is refused, and never reaches the cloud', async (method, path, body) => {
    const page = await signedIn({ api_key: key });
    const before = target.requests.length;
    const { status } = await page.ask(method, path, body, changed);
    expect([401, 403]).toContain(status);
    expect(target.requests.slice(before)).toEqual([]);
  });

  test('an operator’s session is rejected too', async () => {
    const page = await signedIn({ admin_token: ADMIN_TOKEN });
    const { status } = await page.ask('POST', '/admin/v1/keys', { name: 'csrf', project_id: 'a' }, changed);
    expect([401, 403]).toContain(status);
  });

  test('neither signs in nor signs out', async () => {
    const page = await signedIn({ api_key: key });
    const { cookie } = page;
    for (const [method, body] of [
      ['POST', { api_key: key }],
      ['DELETE', undefined],
      ['GET', undefined],
    ] as const) {
      const { status, headers } = await page.ask(method, '/console/session', body, changed);
      expect([status, headers.getSetCookie()]).toEqual([403, []]);
    }
    expect(page.cookie).toBe(cookie);
  });
});

test.each<[string, HeaderChange]>([
  ['a browser that says the site', {}],
  ['one that says the origin alone', { 'sec-fetch-site': null }],
  ['one that says both', { 'sec-fetch-site': 'same-origin' }],
])('%s is admitted', async (_, changed) => {
  const page = await signedIn({ api_key: key });
  expect((await page.ask('POST', '/v1/keypairs', { name: 'Not a name!' }, changed)).status).toBe(400);
});

test('over plain HTTP, without Sec-Fetch-Site and Origin, Referer identifies the page', async () => {
  const page = await signedIn({ api_key: key });
  const own = { 'sec-fetch-site': null, referer: `${target.url}/console` };
  expect((await page.ask('GET', '/v1/me', undefined, own)).status).toBe(200);
});

test('other methods of /console/session are 405', async () => {
  const { status, headers } = await browser().ask('PUT', '/console/session', {});
  expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, DELETE']);
});
