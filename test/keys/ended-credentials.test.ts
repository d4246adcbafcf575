import { afterEach, describe, expect, test } from 'vitest';
import { fetchTransport } from '../../adapters/openstack/http/fetch.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { createSandbox } from '../../adapters/sandbox/index.ts';
import type { KeyStore } from '../../src/access/key-store.ts';
import { DEFAULT_SCOPES } from '../../src/scopes.ts';
import { auditEntry } from '../conformance/key-store/samples.ts';
import { ADMIN_TOKEN, type RunningGateway, startGateway } from '../support/gateway.ts';
import { memoryKeyStore } from '../support/memory-key-store.ts';
import { keyIdOf, sendNova } from '../support/nova-client.ts';
import { byPassword } from '../support/sandbox-client.ts';

const PAST = new Date(Date.now() - 60_000).toISOString();
const SECRET = Buffer.alloc(32, 7).toString('base64');

const running: RunningGateway[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((gateway) => gateway.stop()));
});

/** A cloud, and gateways on one store in front of it. */
async function setUp({ hasServiceAccount = true } = {}) {
  const sandbox = createSandbox({ projects: [{ name: 'acme' }, { name: 'globex' }] });
  const [acme, globex] = sandbox.accounts;
  if (acme === undefined || globex === undefined) throw new Error('the sandbox lacks accounts');
  const domain = { name: 'Default' };
  const cloud = { deletes: true, answers: true };
  const clouds = openStackDriver({
    transport: fetchTransport((request) =>
      !cloud.answers || (request.method === 'DELETE' && !cloud.deletes)
        ? Promise.reject(new TypeError('fetch failed'))
        : sandbox.fetch(request),
    ),
    authUrl: sandbox.authUrl,
    endpoints: { region: null, interface: 'public' },
    serviceAccount: hasServiceAccount
      ? {
          kind: 'password',
          user: { name: sandbox.admin.userName, domain },
          password: sandbox.admin.password,
          project: { name: sandbox.admin.projectName, domain },
        }
      : null,
  });
  const keys = memoryKeyStore();
  const start = async () => {
    const gateway = await startGateway(clouds, { keys, secret: SECRET });
    running.push(gateway);
    return gateway;
  };
  const user = await byPassword(sandbox, acme);
  const path = `/identity/v3/users/${acme.userId}/application_credentials`;
  const atCloud = async () => {
    const { body } = await user('GET', path);
    return body.application_credentials.map(({ id }: { id: string }) => id) as string[];
  };
  const restricted = async () => {
    const wish = { application_credential: { name: crypto.randomUUID(), roles: [{ name: 'reader' }] } };
    return (await user('POST', path, wish)).body.application_credential as { id: string; secret: string };
  };
  /** A key of acme’s user that carries a credential of the user’s own. */
  const keyWith = async (gateway: RunningGateway, by = user, userId = acme.userId) => {
    const wish = { application_credential: { name: crypto.randomUUID(), unrestricted: true } };
    const { body } = await by('POST', `/identity/v3/users/${userId}/application_credentials`, wish);
    const { id, secret } = body.application_credential;
    return gateway.keyFor({ kind: 'application_credential', id, secret }, DEFAULT_SCOPES);
  };
  const signUp = async (gateway: RunningGateway, more: object = {}) => {
    const { userName: username, password, projectId: project_id } = acme;
    const credentials = { username, password, project_id };
    const { body } = await sendNova(
      gateway.url,
      'POST /v1/api_keys',
      {},
      { name: 'own', credentials, ...more },
    );
    return body as { id: string; key: string; application_credential_id: string };
  };
  const byGlobex = await byPassword(sandbox, globex);
  return { keys, start, atCloud, signUp, restricted, keyWith, byGlobex, globex, cloud };
}

const expire = (keys: KeyStore, id: string) => keys.update(id, { expiresAt: PAST }, auditEntry());
const admin = (gateway: RunningGateway, target: string, body?: unknown) =>
  sendNova(gateway.url, target, { authorization: `Bearer ${ADMIN_TOKEN}` }, body);

test('the credential of an expired key is deleted at the cloud, by a gateway that was started later', async () => {
  const { keys, start, atCloud, signUp } = await setUp();
  const { id, application_credential_id: credential } = await signUp(await start());
  await (await start()).flush();
  expect(await atCloud()).toContain(credential);
  await expire(keys, id);
  const next = await start();
  await next.flush();
  expect(await atCloud()).not.toContain(credential);
  const prolonged = await admin(next, `PATCH /admin/v1/keys/${id}`, { expires_at: '2031-01-01T00:00:00Z' });
  expect(prolonged.status).toBe(409);
  expect(prolonged.body.error.message).toContain('issue a new key');
});

test('a credential that a revocation could not delete is deleted later', async () => {
  const { keys, start, atCloud, signUp, cloud } = await setUp();
  const gateway = await start();
  const { id, application_credential_id: credential } = await signUp(gateway);
  cloud.deletes = false;
  expect((await admin(gateway, `DELETE /admin/v1/keys/${id}`)).status).toBe(204);
  const [entry] = await keys.listAudit({ limit: 1, before: null });
  expect(entry).toMatchObject({
    action: 'key.credential_left',
    detail: `application credential ${credential}`,
  });
  cloud.deletes = true;
  await gateway.flush();
  expect(await atCloud(), 'not before the pause is over').toContain(credential);
  await keys.ownedCredentials.postpone(credential, PAST);
  await (await start()).flush();
  expect(await atCloud()).not.toContain(credential);
});

test('without a service account, the next request of the same user deletes it', async () => {
  const { keys, start, atCloud, signUp, keyWith, byGlobex, globex } = await setUp({
    hasServiceAccount: false,
  });
  const gateway = await start();
  const { id, key, application_credential_id: credential } = await signUp(gateway);
  const [own, other] = [await keyWith(gateway), await keyWith(gateway, byGlobex, globex.userId)];
  await sendNova(gateway.url, 'GET /v1/me', { 'x-api-key': key });
  await expire(keys, id);
  await gateway.flush();
  expect((await sendNova(gateway.url, 'GET /v1/me', { 'x-api-key': other })).status).toBe(200);
  expect(await atCloud()).toContain(credential);
  expect((await sendNova(gateway.url, 'GET /v1/me', { 'x-api-key': own })).status).toBe(200);
  await expect.poll(atCloud).not.toContain(credential);
});

test('revoking a key with its family ends the keys that it made; alone it leaves them, as at Keystone', async () => {
  const { start, keyWith } = await setUp();
  const gateway = await start();
  const maker = await keyWith(gateway);
  const make = async (by: string) => {
    const { body: token } = await sendNova(gateway.url, 'GET /identity/v3/auth/tokens', {
      'x-auth-token': by,
      'x-subject-token': by,
    });
    const path = `/identity/v3/users/${token.token.user.id}/application_credentials`;
    const wish = { application_credential: { name: crypto.randomUUID(), unrestricted: true } };
    const { body } = await sendNova(gateway.url, `POST ${path}`, { 'x-auth-token': by }, wish);
    return body.application_credential.secret as string;
  };
  const first = await make(maker);
  const second = await make(first);
  const status = async (key: string) =>
    (await sendNova(gateway.url, 'GET /v1/me', { 'x-api-key': key })).status;
  const { body } = await admin(gateway, `GET /admin/v1/keys/${keyIdOf(first)}`);
  expect(body.maker_id).toBe(keyIdOf(maker));
  await admin(gateway, `DELETE /admin/v1/keys/${keyIdOf(first)}`);
  expect([await status(first), await status(second)]).toEqual([401, 200]);
  await admin(gateway, `DELETE /admin/v1/keys/${keyIdOf(maker)}?family=true`);
  expect([await status(maker), await status(second)]).toEqual([401, 401]);
});

describe('while the cloud is down', () => {
  const revoke = (gateway: RunningGateway, by: string, key: string) =>
    sendNova(gateway.url, `DELETE /v1/api_keys/${keyIdOf(key)}`, { 'x-api-key': by });
  const isValid = async ({ keys }: RunningGateway, key: string) =>
    (await keys.find(keyIdOf(key)))?.revokedAt === null;

  test('a key revokes a sibling with its roles or fewer, and none with more', async () => {
    const { start, signUp, keyWith, cloud } = await setUp();
    const gateway = await start();
    const [own, leaked, reader] = [
      await signUp(gateway),
      await signUp(gateway),
      await signUp(gateway, { roles: ['reader'] }),
    ];
    expect(reader).toMatchObject({ roles: ['reader'] });
    const issued = await keyWith(gateway);
    cloud.answers = false;
    expect((await revoke(gateway, reader.key, own.key)).status).toBe(403);
    expect((await revoke(gateway, reader.key, issued)).status, 'its roles are not known').toBe(503);
    for (const { key } of [leaked, reader]) {
      expect((await revoke(gateway, own.key, key)).status).toBe(204);
      expect(await isValid(gateway, key)).toBe(false);
    }
    expect(await isValid(gateway, own.key)).toBe(true);
    expect(await isValid(gateway, issued)).toBe(true);
  });

  test('a key revokes a sibling when the roles of neither are known', async () => {
    const { start, keyWith, cloud } = await setUp();
    const gateway = await start();
    const [own, leaked] = [await keyWith(gateway), await keyWith(gateway)];
    cloud.answers = false;
    expect((await revoke(gateway, own, leaked)).status).toBe(204);
    expect(await isValid(gateway, leaked)).toBe(false);
  });
});

test('a key made from a restricted credential has the roles of that credential', async () => {
  const { start, restricted } = await setUp();
  const gateway = await start();
  const credential = await restricted();
  const { body } = await sendNova(
    gateway.url,
    'POST /v1/api_keys',
    {},
    {
      name: 'own',
      credentials: {
        application_credential_id: credential.id,
        application_credential_secret: credential.secret,
      },
    },
  );
  expect(body).toMatchObject({ application_credential_id: credential.id, roles: ['reader'] });
});
