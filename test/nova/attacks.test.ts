import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_SCOPES, SCOPES, type Scope } from '../../src/scopes.ts';
import { keyIdOf, sendNova } from '../support/nova-client.ts';
import { FORGED, PATHS, SMUGGLED } from './attack-rows.ts';
import { type RecordedGateway, recordedGateway } from './recorded-gateway.ts';

const TIMEOUT_MS = 5_000;

let running: RecordedGateway;
let url: string;
let key: string;
let powerful: string;
let foreign: string;
beforeAll(async () => {
  running = await recordedGateway();
  url = running.gateway.url;
  key = await running.keyOf(running.acme);
  powerful = await running.keyOf(running.acme, 'application_credential', SCOPES);
  foreign = await running.keyOf(running.globex);
  // Signs both in, so that all recorded requests from here on belong to the tests.
  for (const one of [key, foreign]) await sendNova(url, 'GET /compute/v2.1/servers', { 'x-auth-token': one });
});
afterAll(() => running.close());

describe('paths', () => {
  test.each(PATHS)('%s', async (path) => {
    const before = running.arrived.length;
    for (const method of ['GET', 'POST', 'DELETE']) {
      const head = `${method} ${path} HTTP/1.1\r\nHost: gateway.example\r\nX-Auth-Token: ${powerful}`;
      const response = await exchange(`${head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      expect(['400', '403', '404', '405'], response.slice(0, 200)).toContain(
        /^HTTP\/1\.1 (\d{3}) /.exec(response)?.[1],
      );
    }
    expect(running.arrived.slice(before)).toEqual([]);
  });
});

describe('request smuggling', () => {
  test.each(SMUGGLED)('$name', async ({ bytes, statuses }) => {
    const before = running.arrived.length;
    const response = await exchange(bytes.replaceAll('{key}', powerful).replaceAll('{other}', foreign));
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(response) ?? [];
    expect(statuses, response.slice(0, 300)).toContain(status === undefined ? null : Number(status));
    expect(response, 'a single response').not.toMatch(/\r\n\r\n[\s\S]*HTTP\/1\.1 [125]/);
    expect(running.arrived.slice(before)).toEqual([]);
  });
});

describe('forged headers', () => {
  const rows = Object.entries(FORGED);
  test.each(rows)('%s: %s', async (name, value) => {
    const { globex, acme } = running;
    const before = running.arrived.length;
    const forged = value
      .replace('{token}', foreign)
      .replace('{user}', globex.userId)
      .replace('{project}', globex.projectId);
    const response = await sendNova(url, `GET /compute/v2.1/os-quota-sets/${acme.projectId}`, {
      'x-auth-token': key,
      [name]: forged,
    });
    expect(response.status).toBe(200);
    const [sent, ...more] = running.arrived.slice(before);
    expect(more).toEqual([]);
    expect(sent?.method).toBe('GET');
    expect(sent?.url).toBe(`http://sandbox.invalid/compute/v2.1/os-quota-sets/${acme.projectId}`);
    expect(Object.keys(sent?.headers ?? {})).not.toContain(name);
    expect(Object.values(sent?.headers ?? {}).join('\n')).not.toContain(forged);
  });

  test('credentials never reach the cloud, whichever header carries them', async () => {
    for (const headers of [
      { 'x-auth-token': key },
      { 'x-api-key': key },
      { authorization: `Bearer ${key}` },
    ]) {
      const before = running.arrived.length;
      expect((await sendNova(url, 'GET /compute/v2.1/servers', headers)).status).toBe(200);
      const [sent] = running.arrived.slice(before);
      const { 'x-auth-token': token = '', ...others } = sent?.headers ?? {};
      expect(token).not.toContain('ln_');
      expect(JSON.stringify(others)).not.toContain(key);
      expect(Object.keys(others)).not.toContain('authorization');
    }
  });

  test('with two different keys only X-Auth-Token counts', async () => {
    const both = { 'x-auth-token': key, 'x-api-key': foreign, authorization: `Bearer ${foreign}` };
    const { body } = await sendNova(url, 'GET /identity/v3/auth/projects', both);
    expect(body.projects.map(({ id }: { id: string }) => id)).toEqual([running.acme.projectId]);
    const wrong = { 'x-auth-token': 'lnt_wrong', 'x-api-key': foreign };
    expect((await sendNova(url, 'GET /compute/v2.1/servers', wrong)).status).toBe(401);
  });

  test('headers are bounded', async () => {
    const huge = await exchange(
      `GET /compute/v2.1/servers HTTP/1.1\r\nHost: g\r\nX-Auth-Token: ${'a'.repeat(70_000)}\r\n\r\n`,
    );
    expect(['401', '431', undefined]).toContain(/^HTTP\/1\.1 (\d{3}) /.exec(huge)?.[1]);
  });
});

type Row = readonly [scopes: readonly Scope[], lacking: Scope, target: string, body: unknown];

describe('missing scopes', () => {
  const ID = '8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11';
  const ROWS: readonly Row[] = [
    [['instances:read'], 'instances:write', 'POST /compute/v2.1/servers', { server: {} }],
    [['instances:read'], 'instances:write', `DELETE /compute/v2.1/servers/${ID}`, undefined],
    [['instances:read'], 'instances:write', `POST /compute/v2.1/servers/${ID}/action`, { 'os-stop': null }],
    [['instances:read', 'instances:write'], 'images:write', `PUT /image/v2/images/${ID}/file`, 'data'],
    [['instances:write', 'images:write'], 'volumes:write', 'POST /volume/v3/volumes', { volume: {} }],
    [
      ['instances:write', 'images:write'],
      'volumes:write',
      `POST /compute/v2.1/servers/${ID}/os-volume_attachments`,
      { volumeAttachment: { volumeId: ID } },
    ],
    [
      ['volumes:write'],
      'images:write',
      `POST /volume/v3/volumes/${ID}/action`,
      { 'os-volume_upload_image': { image_name: 'x' } },
    ],
    [['instances:read'], 'network:write', 'POST /networking/v2.0/ports', { port: {} }],
    [
      ['instances:read', 'instances:write'],
      'network:write',
      `DELETE /networking/v2.0/floatingips/${ID}`,
      undefined,
    ],
    [
      ['instances:read', 'instances:write'],
      'keypairs:write',
      'POST /compute/v2.1/os-keypairs',
      { keypair: {} },
    ],
    [['instances:write'], 'instances:read', 'GET /compute/v2.1/servers', undefined],
    [['network:write'], 'instances:read', 'GET /networking/v2.0/networks', undefined],
    [DEFAULT_SCOPES, 'admin', 'GET /compute/v2.1/os-hypervisors/detail', undefined],
    [DEFAULT_SCOPES, 'admin', 'GET /compute/v2.1/servers/detail?all_tenants=1', undefined],
    [DEFAULT_SCOPES, 'admin', `POST /compute/v2.1/servers/${ID}/action`, { migrate: null }],
    [DEFAULT_SCOPES, 'admin', `POST /compute/v2.1/servers/${ID}/action`, '{"\\u006digrate": null}'],
    [DEFAULT_SCOPES, 'admin', `POST /compute/v2.1/servers/${ID}/action`, { 'os-stop': null, evacuate: {} }],
  ];
  test.each(ROWS)('with %j, without %s, is 403: %s', async (scopes, lacking, target, body) => {
    const weak = await running.keyOf(running.acme, 'application_credential', scopes);
    const before = running.arrived.length;
    const response = await sendNova(url, target, { 'x-auth-token': weak }, body);
    expect(response.status).toBe(403);
    expect(JSON.stringify(response.body)).toContain(`lacks the scope \\"${lacking}\\"`);
    expect(running.arrived.slice(before)).toEqual([]);
  });

  test.each(['{"migrate": NaN}', '{"os-stop": null', '[]', '"x"', '\xff'])(
    'an unparsable action is not forwarded: %s',
    async (body) => {
      const before = running.arrived.length;
      const response = await sendNova(
        url,
        `POST /compute/v2.1/servers/${ID}/action`,
        { 'x-auth-token': key },
        body,
      );
      expect([response.status, response.body.badRequest?.code]).toEqual([400, 400]);
      expect(running.arrived.slice(before)).toEqual([]);
    },
  );

  test('a compressed body is not forwarded', async () => {
    const headers = { 'x-auth-token': key, 'content-encoding': 'gzip' };
    const response = await sendNova(
      url,
      `POST /compute/v2.1/servers/${ID}/action`,
      headers,
      '{"migrate": null}',
    );
    expect([response.status, response.body.badMediaType.code]).toEqual([415, 415]);
  });

  test('a service key reaches no key pair of another project, by path or by body', async () => {
    const { acme, globex } = running;
    const own = { 'x-auth-token': await running.keyOf(acme, 'service') };
    const others = { 'x-auth-token': await running.keyOf(globex, 'service') };
    const keypairs = '/compute/v2.1/os-keypairs';
    const made = await sendNova(url, `POST ${keypairs}`, others, { keypair: { name: 'theirs' } });
    expect(made.status).toBe(200);
    const stored = `ln_${globex.projectId}_theirs`;
    for (const name of ['theirs', stored]) {
      const attempts: readonly (readonly [string, unknown?])[] = [
        [`GET ${keypairs}/${name}`],
        [`DELETE ${keypairs}/${name}`],
        [`GET /compute/v2.1/os%2Dkeypairs/${name}`],
        [`DELETE /compute/v2.1/${acme.projectId}/os-keypairs/${name}`],
        ['POST /compute/v2.1/servers', { server: { name: 'x', key_name: name } }],
        ['POST /compute/v2.1/servers', `{"server": {"name": "x", "key\\u005fname": "${name}"}}`],
        ['POST /compute/v2.1/servers', `{"server": {}, "server": {"name": "x", "key_name": "${name}"}}`],
        ['POST /compute/v2.1/os-volumes_boot', { server: { name: 'x', key_name: name } }],
        ['POST /compute/v2.1/servers', { server: { name: 'x', key_name: [name] } }],
        [`POST /compute/v2.1/servers/${ID}/action`, { rebuild: { key_name: name } }],
      ];
      for (const [target, body] of attempts) {
        const { status, body: refusal } = await sendNova(url, target, own, body);
        expect([400, 404], `${target} ${status}`).toContain(status);
        expect(JSON.stringify(refusal)).not.toContain(acme.projectId);
      }
    }
    const list = async (headers: typeof own) =>
      (await sendNova(url, `GET ${keypairs}?user_id=${globex.userId}`, headers)).body.keypairs;
    expect(await list(own)).toEqual([]);
    expect(await list(others)).toMatchObject([{ keypair: { name: 'theirs' } }]);
  });

  test('a key of an administrator without the scope admin is 403', async () => {
    const hidden = await running.keyOf(running.acme, 'administrator');
    const before = running.arrived.length;
    const response = await sendNova(url, 'GET /compute/v2.1/servers', { 'x-auth-token': hidden });
    expect([response.status, response.body.forbidden.message]).toEqual([
      403,
      expect.stringContaining('"admin"'),
    ]);
    expect(running.arrived.slice(before)).toEqual([]);
    const meant = await running.keyOf(running.acme, 'administrator', SCOPES);
    expect((await sendNova(url, 'GET /compute/v2.1/os-hypervisors', { 'x-auth-token': meant })).status).toBe(
      200,
    );
  });
});

describe('limits', () => {
  test('are 429 in each service’s format, with whole seconds', async () => {
    const plans = [{ name: 'default', points: 2, projectPoints: 2, seconds: 60 }];
    const limited = await recordedGateway({ limits: { mode: 'enforce', plans } });
    const own = await limited.keyOf(limited.acme);
    const get = (path: string) => sendNova(limited.gateway.url, `GET ${path}`, { 'x-auth-token': own });
    await Promise.all([get('/compute/v2.1/servers'), get('/compute/v2.1/servers')]);
    const before = limited.arrived.length;
    const compute = await get('/compute/v2.1/servers');
    const wait = compute.headers.get('retry-after') ?? '';
    expect(wait).toMatch(/^[1-9]\d*$/);
    expect([compute.status, compute.body]).toEqual([
      429,
      { overLimit: { code: 429, message: expect.any(String), retryAfter: wait } },
    ]);
    expect(compute.headers.get('ratelimit-policy')).toBe('"default";q=2;w=60');
    const network = await get('/networking/v2.0/networks');
    expect([network.status, network.body.NeutronError.type]).toEqual([429, 'OverLimit']);
    const image = await get('/image/v2/images');
    expect([image.status, image.body.code]).toEqual([429, '429 Too Many Requests']);
    const identity = await get('/identity/v3/auth/projects');
    expect([identity.status, identity.body.error.code]).toEqual([429, 429]);
    for (const response of [network, image, identity])
      expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
    const signIn = await sendNova(
      limited.gateway.url,
      'POST /identity/v3/auth/tokens',
      {},
      {
        auth: {
          identity: {
            methods: ['application_credential'],
            application_credential: { id: keyIdOf(own), secret: own },
          },
        },
      },
    );
    expect(signIn.status).toBe(429);
    expect(limited.arrived.slice(before)).toEqual([]);
    await limited.close();
  });
});

/** Sends bytes (Latin-1) and returns the bytes received until a complete response or the end of the connection. */
function exchange(bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let response = '';
    const socket = connect(Number(port), hostname, () => {
      socket.write(Buffer.from(bytes, 'latin1'));
    });
    socket.setTimeout(TIMEOUT_MS, () => {
      socket.destroy();
      reject(new Error(`no complete response in time: ${response.slice(0, 200)}`));
    });
    const finish = () => {
      socket.destroy();
      resolve(response);
    };
    socket.on('data', (chunk) => {
      response += chunk.toString('latin1');
      const [, length] = /\r\ncontent-length: (\d+)\r\n/i.exec(response) ?? [];
      const end = response.indexOf('\r\n\r\n');
      if (end >= 0 && length !== undefined && response.length >= end + 4 + Number(length)) finish();
    });
    socket.on('error', finish);
    socket.on('close', finish);
  });
}
