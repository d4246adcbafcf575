/**
 * API keys as application credentials: made, listed and deleted by OpenStack's command line through the gateway, against the real
 * OpenStack.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_SCOPES } from '../../src/scopes.ts';
import type { Target } from '../conformance/target.ts';
import { read, section } from '../docs/pages.ts';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import { keyIdOf, sendNova } from '../support/nova-client.ts';
import { type OpenStackCommands, openStackCommands } from '../support/openstack-commands.ts';
import { openStackTarget, requireOpenStack } from './target.ts';

let target: Target;
let key: string;
let commands: OpenStackCommands;
beforeAll(async () => {
  target = await openStackTarget();
  key = (await target.acme.client(DEFAULT_SCOPES)).key;
  commands = openStackCommands(`${target.url}/identity/v3`, { id: keyIdOf(key), secret: key });
});
afterAll(async () => {
  await commands.close();
  await target.close();
});

const send = (secret: string, request: string, body?: unknown) =>
  sendNova(target.url, request, { 'x-auth-token': secret }, body);
const admin = (request: string, body?: unknown) =>
  sendNova(target.url, request, { authorization: `Bearer ${ADMIN_TOKEN}` }, body);
const atCloud = () => target.keystone.applicationCredentialIds(target.acme.userId);
const create = (secret: string, credential: object) =>
  send(secret, `POST /identity/v3/users/${target.acme.userId}/application_credentials`, {
    application_credential: credential,
  });

/** The commands of `docs/api-keys.md`, each as its words. */
function documented(): string[][] {
  const page = section(read('docs/api-keys.md'), 'Application credentials');
  return [...page.matchAll(/```sh\n([\s\S]*?)```/g)]
    .flatMap(([, block = '']) =>
      block
        .replaceAll(/\\\n\s*/g, '')
        .trim()
        .split('\n'),
    )
    .map((line) => [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? ''));
}

describe('the openstack client makes keys of the gateway', () => {
  test('each command of docs/api-keys.md succeeds as printed', async () => {
    const lines = documented();
    expect(lines).toHaveLength(4);
    for (const [program, ...words] of lines) {
      expect(program).toBe('openstack');
      const { code, err } = await commands.run(words);
      expect(code, `${words.join(' ')}: ${err}`).toBe(0);
    }
    await commands.print('application credential delete flavors');
  });

  test('application credential create, list, show, delete', async () => {
    const before = await atCloud();
    const created = await commands.json(
      'application credential create cli --description of-a-test --expiration 2031-01-01T00:00:00',
    );
    expect(created).toMatchObject({
      name: 'cli',
      description: 'of-a-test',
      project_id: target.acme.projectId,
    });
    expect(await atCloud()).toEqual(before);
    const { secret } = created;
    expect(keyIdOf(secret)).toBe(created.id);
    expect((await send(secret, 'GET /compute/v2.1/servers')).status).toBe(200);
    expect(await commands.names('application credential list')).toContain('cli');
    expect(await commands.json('application credential show cli')).toMatchObject({
      id: created.id,
      description: 'of-a-test',
    });
    expect((await commands.run('application credential create cli')).err).toContain('409');
    await commands.print('application credential delete cli');
    expect((await send(secret, 'GET /compute/v2.1/servers')).status).toBe(401);
    expect(await commands.names('application credential list')).not.toContain('cli');
  });

  test('access rule list, show, delete; a key with rules is 403 elsewhere, in both dialects', async () => {
    const rules = [{ service: 'compute', method: 'GET', path: '/v2.1/flavors/detail' }];
    const { id, secret } = await commands.json(
      `application credential create rules --access-rules ${JSON.stringify(rules)}`,
    );
    for (let round = 0; round < 2; round++) {
      const redu = (path: string) => sendNova(target.url, `GET ${path}`, { 'x-api-key': secret });
      expect((await redu('/v1/flavors')).status).toBe(200);
      expect((await redu('/v1/instances')).status).toBe(403);
      expect((await send(secret, 'GET /compute/v2.1/flavors/detail')).status).toBe(200);
      expect((await send(key, 'GET /compute/v2.1/flavors')).status).toBe(200);
      expect((await send(secret, 'GET /compute/v2.1/flavors')).status).toBe(403);
    }
    const [rule] = await commands.json('access rule list');
    expect(rule).toMatchObject({ Service: 'compute', Method: 'GET', Path: '/v2.1/flavors/detail' });
    expect(await commands.json(`access rule show ${rule.ID}`)).toMatchObject({
      path: '/v2.1/flavors/detail',
    });
    expect((await commands.run(`access rule delete ${rule.ID}`)).code).not.toBe(0);
    await commands.print(`application credential delete ${id}`);
    expect(await commands.json('access rule list')).toEqual([]);
  });
});

describe('roles', () => {
  /** A key with an application credential of the customer's own, which may make others. */
  async function unrestrictedKey(): Promise<string> {
    const { OS_AUTH_URL: url = '' } = requireOpenStack();
    const { userName, password, projectName, userId } = target.acme;
    const domain = { name: 'Default' };
    const signIn = await sendNova(
      url,
      'POST /auth/tokens',
      {},
      {
        auth: {
          identity: { methods: ['password'], password: { user: { name: userName, domain, password } } },
          scope: { project: { name: projectName, domain } },
        },
      },
    );
    const token = signIn.headers.get('x-subject-token') ?? '';
    const made = await sendNova(
      url,
      `POST /users/${userId}/application_credentials`,
      { 'x-auth-token': token },
      {
        application_credential: {
          name: crypto.randomUUID(),
          unrestricted: true,
          roles: [{ name: 'reader' }, { name: 'member' }],
        },
      },
    );
    const { id, secret } = made.body.application_credential;
    const issued = await admin('POST /admin/v1/keys', {
      name: 'maker',
      application_credential: { id, secret },
    });
    expect(issued.status).toBe(201);
    return issued.body.key;
  }

  test('fewer than the maker’s are a credential at the cloud, deleted with its last key', async () => {
    const maker = await unrestrictedKey();
    const before = await atCloud();
    const { status, body } = await create(maker, { name: 'reader', roles: [{ name: 'reader' }] });
    expect(status, JSON.stringify(body)).toBe(201);
    const { id, secret } = body.application_credential;
    expect(await atCloud()).toHaveLength(before.length + 1);
    const me = await sendNova(target.url, 'GET /v1/me', { 'x-api-key': secret });
    expect(me.body.roles).toEqual(['reader']);
    expect((await sendNova(target.url, 'GET /v1/me', { 'x-api-key': maker })).body.roles).toContain('member');
    expect((await sendNova(target.url, 'GET /v1/instances', { 'x-api-key': secret })).status).toBe(200);
    expect((await admin(`GET /admin/v1/keys/${id}`)).body).toMatchObject({
      name: 'reader',
      roles: ['reader'],
    });
    expect((await admin(`DELETE /admin/v1/keys/${id}`)).status).toBe(204);
    expect(await atCloud()).toEqual(before);
    expect((await admin(`DELETE /admin/v1/keys/${keyIdOf(maker)}`)).status).toBe(204);
  });

  test('fewer are 403 with a restricted credential, others than the maker has 400', async () => {
    const before = await atCloud();
    expect((await create(key, { name: 'r', roles: [{ name: 'reader' }] })).status).toBe(403);
    const maker = await unrestrictedKey();
    expect((await create(maker, { name: 'a', roles: [{ name: 'admin' }] })).status).toBe(400);
    expect(await atCloud()).toHaveLength(before.length + 1);
  });
});
