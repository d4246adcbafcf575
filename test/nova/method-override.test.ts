import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sendNova } from '../support/nova-client.ts';
import { type RecordedGateway, recordedGateway } from './recorded-gateway.ts';

let running: RecordedGateway;
let url: string;
let key: string;
let reader: string;
beforeAll(async () => {
  running = await recordedGateway();
  url = running.gateway.url;
  key = await running.keyOf(running.acme);
  reader = await running.keyOf(running.acme, 'application_credential', ['instances:read']);
  for (const one of [key, reader]) await sendNova(url, 'GET /compute/v2.1/servers', { 'x-auth-token': one });
});
afterAll(() => running.close());

const ID = '8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11';
const PLACES = [
  `/compute/v2.1/servers/${ID}`,
  '/compute/v2.1/',
  '/compute',
  `/image/v2/images/${ID}/tags/x`,
  `/networking/v2.0/security-groups/${ID}`,
  `/volume/v3/volumes/${ID}`,
  '/identity/v3/auth/tokens',
  '/identity/v3/projects',
];
const SPELLINGS = [
  '_method=DELETE',
  '_method=delete',
  'limit=1&_method=PUT',
  '_method=DELETE&limit=1',
  '_method=GET&_method=DELETE',
  '_method',
  'limit=1;_method=DELETE',
  '%5fmethod=DELETE&x=_method',
  '%5Fmeth%6fd=DELETE',
  '_method%20=DELETE',
  '+_method=DELETE',
  '%ff_method=DELETE',
  '_method[]=DELETE',
  '_METHOD=DELETE',
  '&&_method=DELETE',
];

describe('_method in the query', () => {
  test.each(PLACES)('is 400 for every method and spelling, and reaches no service: %s', async (path) => {
    const before = running.arrived.length;
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      for (const spelling of SPELLINGS) {
        const response = await sendNova(url, `${method} ${path}?${spelling}`, { 'x-auth-token': key });
        expect(response.status, `${method} ${spelling}`).toBe(400);
      }
    }
    expect(running.arrived.slice(before)).toEqual([]);
  });

  test("is refused in the service's own envelope", async () => {
    const headers = { 'x-auth-token': key };
    const refused = async (path: string) => (await sendNova(url, `GET ${path}?_method=DELETE`, headers)).body;
    const message = expect.stringContaining('_method');
    expect(await refused('/compute/v2.1/servers')).toEqual({ badRequest: { code: 400, message } });
    expect(await refused('/image/v2/images')).toMatchObject({ code: '400 Bad Request', message });
    expect(await refused('/networking/v2.0/ports')).toEqual({
      NeutronError: { type: 'BadRequest', message, detail: '' },
    });
    expect(await refused('/identity/v3/projects')).toMatchObject({ error: { code: 400, message } });
  });

  test('a read-only key deletes neither a server nor a security group nor an image', async () => {
    const made = await sendNova(
      url,
      'POST /networking/v2.0/security-groups',
      { 'x-auth-token': key },
      {
        security_group: { name: 'kept' },
      },
    );
    const group = `/networking/v2.0/security-groups/${made.body.security_group.id}`;
    expect((await sendNova(url, `GET ${group}?_method=DELETE`, { 'x-auth-token': reader })).status).toBe(400);
    expect((await sendNova(url, `GET ${group}?x=1;_method=DELETE`, { 'x-auth-token': reader })).status).toBe(
      400,
    );
    expect((await sendNova(url, `GET ${group}`, { 'x-auth-token': reader })).status).toBe(200);
  });

  test.each(['limit=1&sort_key=id', 'name=_methods', 'name=_method', 'my_method=x', 'name=a%5fmethod'])(
    'other parameters and values are forwarded: %s',
    async (query) => {
      const before = running.arrived.length;
      const response = await sendNova(url, `GET /image/v2/images?${query}`, { 'x-auth-token': key });
      expect(response.status).not.toBe(403);
      expect(running.arrived.slice(before).map((one) => one.url)).toEqual([
        `http://sandbox.invalid/image/v2/images?${query}`,
      ]);
    },
  );
});

describe('forms', () => {
  const TYPES = [
    'application/x-www-form-urlencoded',
    'Application/X-WWW-Form-URLencoded; charset=utf-8',
    'application/json, application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'multipart/mixed; boundary=x',
  ];
  test.each(TYPES)('a form is 415 and reaches no service: %s', async (type) => {
    const before = running.arrived.length;
    const headers = { 'x-auth-token': key, 'content-type': type };
    for (const path of PLACES.filter((one) => !one.startsWith('/identity'))) {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        const response = await sendNova(url, `${method} ${path}`, headers, '_method=DELETE');
        expect(response.status, `${method} ${path}`).toBe(415);
      }
    }
    for (const path of ['/v1/instances', '/v1/keypairs', `/v1/instances/${ID}/actions`]) {
      const redu = { 'x-api-key': key, 'content-type': type };
      expect((await sendNova(url, `POST ${path}`, redu, '_method=DELETE')).status, path).toBe(415);
    }
    expect(running.arrived.slice(before)).toEqual([]);
  });
});

test('a method override header is not forwarded', async () => {
  for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
    const before = running.arrived.length;
    const headers = { 'x-auth-token': reader, [name]: 'DELETE' };
    const response = await sendNova(url, `GET /networking/v2.0/security-groups/${ID}`, headers);
    expect(response.status).toBe(404);
    const [sent] = running.arrived.slice(before);
    expect(sent?.method).toBe('GET');
    expect(Object.keys(sent?.headers ?? {})).not.toContain(name);
  }
});
