import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCOPES } from '../../src/scopes.ts';
import { sendNova } from '../support/nova-client.ts';
import { type RecordedGateway, recordedGateway } from './recorded-gateway.ts';

const CLOUD = 'sandbox.invalid';

let running: RecordedGateway;
let url: string;
let member: string;
let administrator: string;
beforeAll(async () => {
  running = await recordedGateway();
  url = running.gateway.url;
  member = await running.keyOf(running.acme);
  administrator = await running.keyOf(running.acme, 'administrator', SCOPES);
});
afterAll(() => running.close());

const send = (key: string, line: string, body?: unknown) =>
  sendNova(url, line.replace(' ', ' /identity/v3/'), { 'x-auth-token': key }, body);
/** Whether a request with this key reached Keystone, and its response. */
async function reached(key: string, line: string, body?: unknown) {
  const before = running.arrived.length;
  const response = await send(key, line, body);
  return { ...response, isPassed: running.arrived.length > before };
}

describe('an administrator’s key with the scope admin', () => {
  test('manages projects, users, groups and roles at Keystone', async () => {
    const { project } = (await send(administrator, 'POST projects', { project: { name: 'new' } })).body;
    expect(project.links.self).toBe(`${url}/identity/v3/projects/${project.id}`);
    const renamed = await send(administrator, `PATCH projects/${project.id}`, {
      project: { name: 'newer', description: `http://${CLOUD}/identity of ours` },
    });
    expect(renamed.body.project.name).toBe('newer');
    const { user } = (await send(administrator, 'POST users', { user: { name: 'somebody' } })).body;
    const { group } = (await send(administrator, 'POST groups', { group: { name: 'team' } })).body;
    const membership = `groups/${group.id}/users/${user.id}`;
    const statuses = [];
    for (const method of ['HEAD', 'PUT', 'HEAD', 'DELETE', 'HEAD'])
      statuses.push((await send(administrator, `${method} ${membership}`)).status);
    expect(statuses).toEqual([404, 204, 204, 204, 404]);
    const { roles } = (await send(administrator, 'GET roles?name=member')).body;
    const grant = `projects/${project.id}/users/${user.id}/roles`;
    expect((await send(administrator, `PUT ${grant}/${roles[0].id}`)).status).toBe(204);
    expect((await send(administrator, `GET ${grant}`)).body.roles).toHaveLength(1);
    expect((await send(administrator, `GET users/${user.id}/application_credentials`)).status).toBe(200);
    for (const made of [`users/${user.id}`, `groups/${group.id}`, `projects/${project.id}`])
      expect((await send(administrator, `DELETE ${made}`)).status).toBe(204);
    const found = await send(administrator, 'GET projects?name=globex');
    expect(found.body.projects.map(({ id }: { id: string }) => id)).toEqual([running.globex.projectId]);
  });

  test('reads an endpoint’s address as it was written, with links of the gateway', async () => {
    const service = await send(administrator, 'POST services', { service: { type: 'metering' } });
    const address = `http://${CLOUD}/identity/v3`;
    const { endpoint } = (
      await send(administrator, 'POST endpoints', {
        endpoint: { service_id: service.body.service.id, interface: 'public', url: address },
      })
    ).body;
    expect(endpoint.url).toBe(address);
    expect(endpoint.links.self).toBe(`${url}/identity/v3/endpoints/${endpoint.id}`);
    const { endpoints, links } = (await send(administrator, 'GET endpoints')).body;
    expect([endpoints[0].url, links.self]).toEqual([address, `${url}/identity/v3/endpoints`]);
  });

  test('its errors are Keystone’s', async () => {
    const missing = await send(administrator, 'GET projects/none');
    expect([missing.status, missing.body.error.message]).toEqual([404, 'Could not find project: none.']);
    expect((await send(administrator, 'POST groups', {})).status).toBe(400);
  });

  test.each([
    'POST auth/OS-FEDERATION/saml2',
    'POST ec2tokens',
    'POST s3tokens',
    'POST OS-OAUTH2/token',
    'GET OS-FEDERATION/identity_providers/x/protocols/y/auth',
    'POST OS-OAUTH1/access_token',
    'GET nonsense',
  ])('where Keystone would issue its own token, nothing reaches it: %s', async (line) => {
    const { status, isPassed } = await reached(administrator, line);
    expect([[403, 404], isPassed]).toEqual([expect.arrayContaining([status]), false]);
  });

  test('never works on its user’s application credentials at Keystone, in whatever spelling', async () => {
    const shown = await sendNova(url, 'GET /identity/v3/auth/tokens', {
      'x-auth-token': administrator,
      'x-subject-token': administrator,
    });
    const id = shown.body.token.user.id as string;
    for (const spelling of [
      id,
      id.toUpperCase(),
      `${id}%20`,
      `${id}%C2%A0`,
      `%${id.charCodeAt(0).toString(16)}${id.slice(1)}`,
    ]) {
      for (const part of ['application_credentials', 'access_rules'])
        expect((await reached(administrator, `GET users/${spelling}/${part}`)).isPassed).toBe(false);
    }
  });
});

describe('nothing of an administrator reaches Keystone', () => {
  const LINES = ['GET users', 'GET projects?name=globex', 'POST projects', 'DELETE users/x', 'GET regions'];
  test.each(LINES)('with an administrator’s key that lacks the scope: %s', async (line) => {
    const key = await running.keyOf(running.acme, 'administrator', ['instances:read', 'instances:write']);
    const { status, isPassed } = await reached(key, line, line.startsWith('POST') ? {} : undefined);
    expect([status, isPassed]).toEqual([403, false]);
  });

  test.each(LINES.slice(0, 4))('with a member’s key that has the scope: %s', async (line) => {
    const key = await running.keyOf(running.acme, 'application_credential', SCOPES);
    const { status, isPassed } = await reached(key, line, line.startsWith('POST') ? {} : undefined);
    expect([status, isPassed]).toEqual([403, false]);
  });
});

describe('a member', () => {
  const paths = () => {
    const { projectId, userId } = running.acme;
    return {
      regions: 'regions',
      'one region': 'regions/RegionOne',
      limits: 'limits',
      'the model of limits': 'limits/model',
      'registered limits': 'registered_limits',
      'the own project': `projects/${projectId}`,
      'its tags': `projects/${projectId}/tags`,
      'the own domain': 'domains/default',
      'the own user': `users/${userId}`,
      'the own groups': `users/${userId}/groups`,
    };
  };
  const NAMES = [
    'regions',
    'one region',
    'limits',
    'the model of limits',
    'registered limits',
    'the own project',
    'its tags',
    'the own domain',
    'the own user',
    'the own groups',
  ] as const;
  test.each(NAMES)('reads at Keystone, without the cloud’s address: %s', async (name) => {
    const { status, body, headers, isPassed } = await reached(member, `GET ${paths()[name]}`);
    expect([status, isPassed]).toEqual([200, true]);
    expect(JSON.stringify([body, ...headers])).not.toContain(CLOUD);
  });

  test.each(['auth', 'OS-FEDERATION'])(
    'has the key’s project alone, and asks no Keystone: %s/projects',
    async (group) => {
      const { body, isPassed } = await reached(member, `GET ${group}/projects`);
      expect([body.projects.map(({ id }: { id: string }) => id), isPassed]).toEqual([
        [running.acme.projectId],
        false,
      ]);
      expect((await send(member, `GET ${group}/domains`)).body.domains).toEqual([]);
    },
  );

  test.each(NAMES)('reads with a service key, without the operator’s account: %s', async (name) => {
    const service = await running.keyOf(running.acme, 'service');
    const { status, body } = await send(service, `GET ${paths()[name]}`);
    expect(status).toBe(name.endsWith('user') || name.endsWith('groups') ? 403 : 200);
    expect(JSON.stringify(body)).not.toContain(CLOUD);
  });
});

describe('a service key', () => {
  test('passes on all its roles to a service key; others are 403 and reach nothing of the operator’s account', async () => {
    const key = await running.keyOf(running.acme, 'service');
    const headers = { 'x-auth-token': key, 'x-subject-token': key };
    const { token } = (await sendNova(url, 'GET /identity/v3/auth/tokens', headers)).body;
    const line = `POST users/${token.user.id}/application_credentials`;
    const create = (more: object) =>
      reached(key, line, {
        application_credential: { name: crypto.randomUUID(), unrestricted: true, ...more },
      });
    for (const role of ['reader', 'admin', 'nonsense']) {
      const { status, body, isPassed } = await create({ roles: [{ name: role }] });
      expect([status, body.error.message, isPassed]).toEqual([
        403,
        'roles: this API key can pass on only all of its roles.',
        false,
      ]);
    }
    for (const roles of [undefined, token.roles.map(({ id }: { id: string }) => ({ id }))]) {
      const made = await create({ roles });
      expect([made.status, made.isPassed]).toEqual([201, false]);
      const { id, secret } = made.body.application_credential;
      const me = await sendNova(url, 'GET /v1/me', { 'x-api-key': secret });
      expect(me.body).toMatchObject({ id, project_id: running.acme.projectId });
      const item = `users/${token.user.id}/application_credentials/${id}`;
      expect((await send(key, `GET ${item}`)).status).toBe(200);
      expect((await send(key, `DELETE ${item}`)).status).toBe(204);
      expect((await sendNova(url, 'GET /v1/me', { 'x-api-key': secret })).status).toBe(401);
    }
  });
});
