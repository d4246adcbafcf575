import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BrowserClient } from '../console/browser-client.ts';
import { byCredential, keyIdOf, sendNova } from '../support/nova-client.ts';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';

let target: SandboxTarget;
let key: string;
let browsers = 0;
beforeAll(async () => {
  target = await sandboxTarget();
  key = (await target.acme.client()).key;
});
afterAll(() => target.close());

async function tokenOf(of: string): Promise<string> {
  const body = byCredential({ id: keyIdOf(of), secret: of });
  const { status, headers } = await sendNova(target.url, 'POST /identity/v3/auth/tokens', {}, body);
  expect(status).toBe(201);
  return headers.get('x-subject-token') ?? '';
}

const TOKENS = '/identity/v3/auth/tokens';
const servers = async (url: string, token: string) =>
  (await sendNova(url, 'GET /compute/v2.1/servers', { 'x-auth-token': token })).status;
const revoke = async (token: string, by = token) =>
  (await sendNova(target.url, `DELETE ${TOKENS}`, { 'x-auth-token': by, 'x-subject-token': token })).status;
/** Within the bound of the documentation, the time of the machine on top. */
const soon = { timeout: 2_000, interval: 50 };

describe('a token revoked on one node', () => {
  test('is rejected by that node immediately, and by a node with the cached key within 500 ms', async () => {
    const token = await tokenOf(key);
    for (const url of [target.url, target.secondUrl]) expect(await servers(url, token)).toBe(200);
    expect(await revoke(token)).toBe(204);
    expect(await servers(target.url, token)).toBe(401);
    await expect.poll(() => servers(target.secondUrl, token), soon).toBe(401);
  });

  test('is rejected by a node without it in its cache, as after a restart', async () => {
    const mine = (await target.acme.client()).key;
    const token = await tokenOf(mine);
    expect(await revoke(token)).toBe(204);
    expect(await servers(target.secondUrl, token)).toBe(401);
    const headers = { 'x-auth-token': mine, 'x-subject-token': token };
    expect((await sendNova(target.secondUrl, `GET ${TOKENS}`, headers)).status).toBe(404);
    const again = { auth: { identity: { methods: ['token'], token: { id: token } } } };
    expect((await sendNova(target.secondUrl, `POST ${TOKENS}`, {}, again)).status).toBe(401);
  });

  test('does not affect the key and its other tokens', async () => {
    const [one, other] = [await tokenOf(key), await tokenOf(key)];
    expect(await revoke(one, other)).toBe(204);
    expect(await servers(target.url, one)).toBe(401);
    for (const url of [target.url, target.secondUrl]) {
      expect(await servers(url, other)).toBe(200);
      expect(await servers(url, key)).toBe(200);
    }
    expect(await revoke(one, other), 'it is gone').toBe(404);
  });

  test('stays revoked when many revocations are merged into one mark; later tokens are valid', async () => {
    const mine = (await target.acme.client()).key;
    const first = await tokenOf(mine);
    for (let n = 0; n < 200; n++) {
      await target.keys.revokeDerived(
        keyIdOf(mine),
        `other-${n}`,
        new Date(Date.now() + 60_000).toISOString(),
      );
    }
    await expect.poll(() => revoke(first)).toBe(204);
    expect(await servers(target.url, first)).toBe(401);
    await expect
      .poll(async () => servers(target.url, await tokenOf(mine)), { timeout: 5_000, interval: 300 })
      .toBe(200);
  });
});

async function signedIn(body: object): Promise<BrowserClient> {
  browsers += 1;
  const page = new BrowserClient(target.url, `192.0.2.${browsers}`);
  expect((await page.ask('POST', '/console/session', body)).status).toBe(200);
  return page;
}

/** The same cookie, shown to a node. */
function copyOf(page: BrowserClient, url: string): BrowserClient {
  browsers += 1;
  const copy = new BrowserClient(url, `192.0.2.${browsers}`);
  copy.cookie = page.cookie;
  return copy;
}

describe('a signed-out session of the console', () => {
  test('is rejected by every node, while its key is valid', async () => {
    const page = await signedIn({ api_key: key });
    const copies = [copyOf(page, target.url), copyOf(page, target.secondUrl)];
    for (const copy of copies) expect((await copy.ask('GET', '/v1/me')).status).toBe(200);
    expect((await page.ask('DELETE', '/console/session')).status).toBe(204);
    for (const copy of copies) {
      await expect.poll(async () => (await copy.ask('GET', '/v1/me')).status, soon).toBe(401);
      expect((await copy.ask('GET', '/console/session')).body.session).toBeNull();
    }
    expect((await sendNova(target.secondUrl, 'GET /v1/me', { 'x-api-key': key })).status).toBe(200);
  });

  test('is revoked even if its key was not usable at sign-out', async () => {
    const { key: mine } = await target.acme.client();
    const page = await signedIn({ api_key: mine });
    const copy = copyOf(page, target.url);
    const disable = (disabled: boolean) =>
      sendNova(
        target.url,
        `PATCH /admin/v1/keys/${keyIdOf(mine)}`,
        { authorization: `Bearer ${target.adminToken}` },
        { disabled },
      );
    await disable(true);
    expect((await page.ask('DELETE', '/console/session')).status).toBe(204);
    await disable(false);
    expect((await copy.ask('GET', '/v1/me')).status).toBe(401);
  });

  test('of an operator is rejected by every node', async () => {
    const page = await signedIn({ admin_token: target.adminToken });
    const copies = [copyOf(page, target.url), copyOf(page, target.secondUrl)];
    for (const copy of copies) expect((await copy.ask('GET', '/admin/v1/keys')).status).toBe(200);
    expect((await page.ask('DELETE', '/console/session')).status).toBe(204);
    for (const copy of copies) {
      await expect.poll(async () => (await copy.ask('GET', '/admin/v1/keys')).status, soon).toBe(401);
      expect((await copy.ask('GET', '/console/session')).body.session).toBeNull();
    }
    const admin = { authorization: `Bearer ${target.adminToken}` };
    expect((await sendNova(target.secondUrl, 'GET /admin/v1/keys', admin)).status).toBe(200);
  });
});
