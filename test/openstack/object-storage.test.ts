import { execFileSync } from 'node:child_process';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { read as readPage, section } from '../docs/pages.ts';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { sendNova } from '../support/nova-client.ts';
import { requireOpenStack } from './target.ts';

const ADMIN_TOKEN = 'admin-token-of-the-tests';
const MEBIBYTE = 1_048_576;
const BIG = Number(process.env.TEST_OBJECT_MEBIBYTES ?? '128') * MEBIBYTE;

const variables = requireOpenStack();
const read = (name: string) => variables[name] ?? '';
const swift = read('SWIFT_URL');

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends a target as written, which no URL parser has seen. */
function sendTo(
  base: string,
  target: string,
  { method = 'GET', headers = {}, body }: Sent = {},
): Promise<Answer> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path: target, method, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers as Answer['headers'],
          body: Buffer.concat(parts).toString('latin1'),
        }),
      );
    });
    sent.on('error', reject);
    // A text would take the head along into its encoding.
    sent.end(body === undefined ? undefined : Buffer.from(body));
  });
}

let gateway: GatewayProcess;
let acme: string;
let reader: string;
let globex: string;
const account = `AUTH_${read('ACME_PROJECT_ID')}`;
const own = `/object-store/v1/${account}`;
const container = `test-${randomBytes(4).toString('hex')}`;
const data = `${own}/${container}`;

const keyFor = async (customer: 'ACME' | 'GLOBEX', scopes?: readonly string[]): Promise<string> => {
  const secret = { id: read(`${customer}_APP_CRED_ID`), secret: read(`${customer}_APP_CRED_SECRET`) };
  const body = { name: 'objects', application_credential: secret, ...(scopes && { scopes }) };
  const authorization = `Bearer ${ADMIN_TOKEN}`;
  return (await sendNova(gateway.url, 'POST /admin/v1/keys', { authorization }, body)).body.key;
};

const send = (target: string, { headers = {}, ...sent }: Sent = {}, key = acme) =>
  sendTo(gateway.url, target, { ...sent, headers: { 'x-auth-token': key, ...headers } });
const put = (name: string, body: string, headers = {}) => send(data + name, { method: 'PUT', body, headers });

beforeAll(async () => {
  gateway = await startProcess({
    OS_AUTH_URL: read('OS_AUTH_URL'),
    OS_REGION_NAME: read('OS_REGION_NAME'),
    LINGUANOVA_SERVICES: 'compute,image,network,object-store',
    LINGUANOVA_ANONYMOUS_OBJECTS: '1',
    LINGUANOVA_SECRET: randomBytes(32).toString('base64'),
    LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
    LINGUANOVA_LIMITS: 'off',
    LOG_LEVEL: 'error',
  });
  acme = await keyFor('ACME');
  globex = await keyFor('GLOBEX');
  reader = await keyFor('ACME', ['object-store:read']);
  expect((await send(data, { method: 'PUT' })).status).toBe(201);
});

afterAll(async () => {
  try {
    const names = (await send(`${data}?format=json`)).body;
    for (const { name } of JSON.parse(Buffer.from(names, 'latin1').toString())) {
      await send(`${data}/${encodeURIComponent(name)}`, { method: 'DELETE' });
    }
    await send(data, { method: 'DELETE' });
  } finally {
    await gateway.end('SIGTERM');
  }
});

describe('names', () => {
  const NAMES: readonly (readonly [written: string, name: string])[] = [
    ['a//b', 'a//b'],
    ['a/../b', 'a/../b'],
    ['a/./b', 'a/./b'],
    ['../../../climb', '../../../climb'],
    ['a/%2e%2e/c', 'a/../c'],
    ['x%2Fy', 'x/y'],
    ['x%252Fy', 'x%2Fy'],
    ['q%3Fz', 'q?z'],
    ['semi;colon+plus', 'semi;colon+plus'],
    ['dot.', 'dot.'],
    ['%C3%A9', 'é'],
    ['back%5Cslash', 'back\\slash'],
  ];

  test('each spelling is the object of that name, and none another', async () => {
    for (const [written] of NAMES) {
      const { status } = await put(`/${written}`, written);
      expect([written, status]).toEqual([written, 201]);
    }
    for (const [written] of NAMES) expect((await send(`${data}/${written}`)).body).toBe(written);
    const listed = JSON.parse(Buffer.from((await send(`${data}?format=json`)).body, 'latin1').toString());
    expect(listed.map(({ name }: { name: string }) => name).sort()).toEqual(
      NAMES.map(([, name]) => name).sort(),
    );
    for (const [written] of NAMES) await send(`${data}/${written}`, { method: 'DELETE' });
    expect((await send(data)).status).toBe(204);
  });

  test.each([
    `/object-store/v1/${account}/../x/o`,
    `/object-store/v1/${account}/%2e%2e/o`,
    `/object-store/v1//${container}/o`,
    `/object-store/../v1/${account}/c/o`,
    `/object-store/v1/${account}/a%2Fb/o`,
    `/object-store/v2/${account}/c/o`,
    '/object-store/endpoints/v2/x',
  ])('before the name of an object %s is 404', async (target) => {
    expect((await send(target)).status).toBe(404);
  });
});

describe('requests and responses', () => {
  test('metadata, conditions, ranges and encodings are those of the cloud', async () => {
    const body = 'The quick brown fox';
    const etag = createHash('md5').update(body).digest('hex');
    const headers = {
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      'content-disposition': 'attachment',
      'x-object-meta-colour': Buffer.from('grün').toString('latin1'),
      'x-delete-after': '3600',
      etag,
    };
    expect((await put('/fox', body, headers)).status).toBe(201);
    expect((await put('/fox', body, { etag: 'd41d8cd98f00b204e9800998ecf8427e' })).status).toBe(422);
    expect((await put('/fox', body, { 'if-none-match': '*' })).status).toBe(412);

    const head = await send(`${data}/fox`, { method: 'HEAD' });
    expect([head.status, head.headers]).toMatchObject([
      200,
      {
        'content-length': String(body.length),
        'content-encoding': 'gzip',
        'content-disposition': 'attachment',
        'x-object-meta-colour': headers['x-object-meta-colour'],
        etag,
      },
    ]);
    expect(Number(head.headers['x-delete-at'])).toBeGreaterThan(Date.now() / 1000);
    const conditional = async (given: Record<string, string>) =>
      (await send(`${data}/fox`, { headers: given })).status;
    expect(await conditional({ 'if-none-match': etag })).toBe(304);
    expect(await conditional({ 'if-match': '"other"' })).toBe(412);
    expect(await conditional({ range: 'bytes=100-200' })).toBe(416);
    const part = await send(`${data}/fox`, { headers: { range: 'bytes=4-8' } });
    expect([part.status, part.body, part.headers['content-range']]).toEqual([206, 'quick', 'bytes 4-8/19']);
    const parts = await send(`${data}/fox`, { headers: { range: 'bytes=0-2,4-8' } });
    expect(parts.status).toBe(206);
    expect(parts.headers['content-type']).toMatch(/^multipart\/byteranges;/);
    expect(parts.body).toMatch(/\r\n\r\nThe\r\n[\s\S]*\r\n\r\nquick\r\n/);
  });

  test('copies by COPY and by X-Copy-From', async () => {
    await put('/from', 'copied');
    const copied = await send(`${data}/from`, {
      method: 'COPY',
      headers: { destination: `/${container}/by//copy` },
    });
    expect(copied.status).toBe(201);
    expect((await put('/by-put', '', { 'x-copy-from': `/${container}/from` })).status).toBe(201);
    for (const name of ['by//copy', 'by-put']) expect((await send(`${data}/${name}`)).body).toBe('copied');
  });

  test('a body is data: forms, JSON with addresses, chunks, no bytes at all', async () => {
    const json = JSON.stringify({ here: `${swift}/x`, there: 'http://127.0.0.1:8774/v2.1/servers' });
    const bodies: readonly (readonly [string, string])[] = [
      ['application/json', json],
      ['application/x-www-form-urlencoded', '_method=DELETE'],
      ['multipart/form-data; boundary=b', '--b\r\n\r\nx\r\n--b--'],
      ['text/plain', ''],
    ];
    for (const [type, body] of bodies) {
      const stored = await send(`${data}/body?_method=DELETE`, {
        method: 'PUT',
        body,
        headers: { 'content-type': type },
      });
      expect([type, stored.status]).toEqual([type, 201]);
      const chunked = await send(`${data}/chunked`, {
        method: 'PUT',
        body,
        headers: { 'transfer-encoding': 'chunked' },
      });
      expect(chunked.status).toBe(201);
      for (const name of ['body', 'chunked']) {
        const found = await send(`${data}/${name}`);
        expect([type, found.body, found.headers['content-length']]).toEqual([
          type,
          body,
          String(body.length),
        ]);
      }
    }
  });

  test('a static large object, whose result is in the body, and its deletion', async () => {
    const segment = 'x'.repeat(1000);
    for (const number of [1, 2]) await put(`/segment${number}`, segment);
    const manifest = [1, 2].map((number) => ({ path: `/${container}/segment${number}` }));
    const made = await send(`${data}/large?multipart-manifest=put&heartbeat=on`, {
      method: 'PUT',
      body: JSON.stringify(manifest),
      headers: { accept: 'application/json' },
    });
    expect([made.status, JSON.parse(made.body)['Response Status']]).toEqual([202, '201 Created']);
    expect((await send(`${data}/large`)).body).toBe(segment + segment);
    const gone = await send(`${data}/large?multipart-manifest=delete`, {
      method: 'DELETE',
      headers: { accept: 'application/json' },
    });
    expect([gone.status, JSON.parse(gone.body)]).toMatchObject([
      200,
      { 'Number Deleted': 3, 'Response Status': '200 OK' },
    ]);
    const bulk = await send(`${own}?bulk-delete`, {
      method: 'POST',
      body: `/${container}/by-put\n`,
      headers: { 'content-type': 'text/plain', accept: 'application/json' },
    });
    expect([bulk.status, JSON.parse(bulk.body)]).toMatchObject([200, { 'Number Deleted': 1 }]);
  });

  test('what the cloud refuses with Expect: 100-continue is refused before any byte of the body', async () => {
    const answers = await Promise.all(
      [
        ['PUT', `${own}/no-such-container/o`, acme, 404],
        ['PUT', `${data}/o`, reader, 403],
        ['PUT', `${data}/o`, 'ln_wrong', 401],
        ['PUT', `/object-store/v1/AUTH_${read('GLOBEX_PROJECT_ID')}/c/o`, acme, 403],
        ['PUT', `${data}/o`, acme, 201],
      ].map(async ([method, target, key, status]) => {
        const answer = await expecting(`${method} ${target}`, String(key));
        return { wanted: status, ...answer };
      }),
    );
    for (const { wanted, status, wasAsked } of answers)
      expect({ status, wasAsked }).toEqual({ status: wanted, wasAsked: wanted === 201 });
  });
});

/** Sends a head with an expectation, and its body only when it is asked for. */
function expecting(line: string, key: string): Promise<{ status: number; wasAsked: boolean }> {
  const { hostname, port } = new URL(gateway.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let received = '';
    socket.on('data', (part) => {
      received += part;
      if (received === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write('12345');
    });
    socket.on('error', reject);
    socket.on('close', () => {
      const statuses = [...received.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status));
      resolve({ status: statuses.at(-1) ?? 0, wasAsked: statuses.includes(100) });
    });
    socket.write(
      `${line} HTTP/1.1\r\nHost: gateway\r\nX-Auth-Token: ${key}\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`,
    );
  });
}

describe('who may', () => {
  test('a key without the scope, another tenant and a request without a key are refused', async () => {
    await put('/closed', 'secret');
    expect((await send(`${data}/closed`, {}, reader)).body).toBe('secret');
    for (const method of ['PUT', 'POST', 'DELETE', 'COPY'])
      expect((await send(`${data}/closed`, { method }, reader)).status).toBe(403);
    const compute = await keyFor('ACME', ['instances:read', 'instances:write']);
    expect((await send(`${data}/closed`, {}, compute)).status).toBe(403);
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE'])
      expect((await send(`${data}/closed`, { method }, globex)).status).toBe(403);
    expect((await sendTo(gateway.url, `${data}/closed`)).status).toBe(401);
    expect((await send(`${data}/closed`)).body).toBe('secret');
  });

  test('a key that may only read sees no secret that would let it write', async () => {
    const secrets = { 'x-container-meta-temp-url-key': 'k'.repeat(20), 'x-container-meta-colour': 'blue' };
    expect((await send(data, { method: 'POST', headers: secrets })).status).toBe(204);
    expect((await send(data, { method: 'HEAD' })).headers).toMatchObject(secrets);
    const seen = (await send(data, { method: 'HEAD' }, reader)).headers;
    expect(seen['x-container-meta-colour']).toBe('blue');
    expect(seen).not.toHaveProperty('x-container-meta-temp-url-key');
  });

  test('without a key: temporary URLs, signed without the prefix, and public containers', async () => {
    await put('/shared', 'for a while');
    const key = 'k'.repeat(20);
    await send(data, { method: 'POST', headers: { 'x-container-meta-temp-url-key': key } });
    const path = `/v1/${account}/${container}/shared`;
    const signed = (method: string, expires: number) => {
      const signature = createHmac('sha256', key).update(`${method}\n${expires}\n${path}`).digest('hex');
      return `/object-store${path}?temp_url_sig=${signature}&temp_url_expires=${expires}`;
    };
    const soon = Math.floor(Date.now() / 1000) + 60;
    expect((await sendTo(gateway.url, signed('GET', soon))).body).toBe('for a while');
    expect((await sendTo(gateway.url, signed('GET', 1))).status).toBe(401);
    expect((await sendTo(gateway.url, signed('GET', soon), { method: 'PUT', body: 'x' })).status).toBe(401);
    const [, script = ''] =
      /```python\n([^`]*)```/.exec(section(readPage('docs/object-storage.md'), 'Without a key')) ?? [];
    const documented = script
      .replace('AUTH_PROJECT/photos/2026/cat.jpg', `${account}/${container}/shared`)
      .replace('https://api.example.org', gateway.url)
      .replace('b"KEY"', `b"${key}"`);
    const printed = execFileSync('/usr/bin/python3', ['-c', documented], { encoding: 'utf8' });
    expect((await fetch(printed.trim())).status).toBe(200);
    const upload = await sendTo(gateway.url, signed('PUT', soon), { method: 'PUT', body: 'from outside' });
    expect(upload.status).toBe(201);
    expect((await send(`${data}/shared`)).body).toBe('from outside');

    await send(data, { method: 'POST', headers: { 'x-container-read': '.r:*,.rlistings' } });
    expect((await sendTo(gateway.url, `${data}/shared`)).body).toBe('from outside');
    expect((await sendTo(gateway.url, data)).status).toBe(200);
    expect((await sendTo(gateway.url, `${data}/shared`, { method: 'DELETE' })).status).toBe(401);
    expect((await sendTo(gateway.url, own)).status).toBe(401);
    await send(data, {
      method: 'POST',
      headers: { 'x-remove-container-read': 'x', 'x-remove-container-meta-temp-url-key': 'x' },
    });
    expect((await sendTo(gateway.url, `${data}/shared`)).status).toBe(401);
  });

  test('without a key: a form post, signed without the prefix, makes an object, and one with a wrong signature none', async () => {
    const key = 'f'.repeat(20);
    await send(data, { method: 'POST', headers: { 'x-container-meta-temp-url-key': key } });
    const expires = `${Math.floor(Date.now() / 1000) + 60}`;
    const text = [`/v1/${account}/${container}/form-`, '', '1000', '1', expires].join('\n');
    const post = async (signature: string, name: string) => {
      const form = new FormData();
      const fields = { redirect: '', max_file_size: '1000', max_file_count: '1', expires, signature };
      for (const [field, value] of Object.entries(fields)) form.set(field, value);
      form.set('file1', new Blob([`posted as ${name}`]), name);
      return (await fetch(`${gateway.url}${data}/form-`, { method: 'POST', body: form })).status;
    };
    expect(await post(createHmac('sha256', key).update(text).digest('hex'), 'a')).toBe(201);
    expect((await send(`${data}/form-a`)).body).toBe('posted as a');
    expect(await post('0'.repeat(64), 'b')).toBe(401);
    expect((await send(`${data}/form-b`)).status).toBe(404);
    await send(data, { method: 'POST', headers: { 'x-remove-container-meta-temp-url-key': 'x' } });
  });

  test('the preflight of a browser is the container’s to allow, with a key and without', async () => {
    const origin = 'https://app.example.org';
    const allow = { 'x-container-meta-access-control-allow-origin': origin };
    await send(data, { method: 'POST', headers: allow });
    const headers = { origin, 'access-control-request-method': 'GET' };
    for (const answer of [
      await send(`${data}/closed`, { method: 'OPTIONS', headers }),
      await sendTo(gateway.url, `${data}/closed`, { method: 'OPTIONS', headers }),
    ]) {
      expect(answer.status).toBe(200);
      expect(answer.headers['access-control-allow-origin']).toBe(origin);
    }
    const other = { ...headers, origin: 'https://evil.example.org' };
    expect((await sendTo(gateway.url, data, { method: 'OPTIONS', headers: other })).status).toBe(401);
    await send(data, {
      method: 'POST',
      headers: { 'x-remove-container-meta-access-control-allow-origin': 'x' },
    });
  });

  test('what object storage can do is at /info, without a key', async () => {
    const { status, body } = await sendTo(gateway.url, '/object-store/info');
    expect([status, Object.keys(JSON.parse(body))]).toEqual([200, expect.arrayContaining(['swift', 'slo'])]);
  });

  test('static pages: the redirect of a public container leads back to the gateway', async () => {
    const headers = { 'x-container-read': '.r:*,.rlistings', 'x-container-meta-web-index': 'index.html' };
    await send(data, { method: 'POST', headers });
    await put('/index.html', '<p>hello</p>');
    const { status, headers: found } = await sendTo(gateway.url, data);
    expect([status, found.location]).toEqual([301, `${gateway.url}${data}/`]);
    expect((await sendTo(gateway.url, `${data}/`)).body).toBe('<p>hello</p>');
    await send(data, {
      method: 'POST',
      headers: { 'x-remove-container-read': 'x', 'x-remove-container-meta-web-index': 'x' },
    });
  });
});

describe('streams', () => {
  const CHUNK = randomBytes(65_536);

  function memory(): { now: number; peak: number } {
    const status = readFileSync(`/proc/${gateway.child.pid}/status`, 'utf8');
    const readKib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
    return { now: readKib('VmRSS'), peak: readKib('VmHWM') };
  }

  function upload(name: string, bytes: number, cutAfter = bytes): Promise<number> {
    const { hostname, port } = new URL(gateway.url);
    return new Promise((resolve, reject) => {
      const sent = request({
        hostname,
        port,
        path: `${data}/${name}`,
        method: 'PUT',
        agent: false,
        headers: { 'x-auth-token': acme, 'content-length': bytes },
      });
      sent.on('response', (response) => response.resume().on('end', () => resolve(response.statusCode ?? 0)));
      sent.on('error', (error) => (cutAfter < bytes ? resolve(0) : reject(error)));
      let left = bytes;
      const more = () => {
        while (left > 0) {
          if (bytes - left >= cutAfter) return void sent.destroy();
          const chunk = CHUNK.subarray(0, Math.min(left, CHUNK.length));
          left -= chunk.length;
          if (!sent.write(chunk)) return void sent.once('drain', more);
        }
        sent.end();
      };
      more();
    });
  }

  function download(name: string): Promise<number> {
    const { hostname, port } = new URL(gateway.url);
    const headers = { 'x-auth-token': acme };
    return new Promise((resolve, reject) => {
      request({ hostname, port, path: `${data}/${name}`, agent: false, headers }, (response) => {
        let bytes = 0;
        response.on('data', (part: Buffer) => {
          bytes += part.length;
        });
        response.on('error', reject);
        response.on('end', () => resolve(bytes));
      })
        .on('error', reject)
        .end();
    });
  }

  test(`${BIG / MEBIBYTE} MiB up and down take less than 96 MiB of memory`, {
    timeout: 600_000,
  }, async () => {
    await upload('warm', 8 * MEBIBYTE);
    await download('warm');
    writeFileSync(`/proc/${gateway.child.pid}/clear_refs`, '5');
    const { now } = memory();
    const started = performance.now();
    expect(await upload('big', BIG)).toBe(201);
    const uploaded = performance.now();
    expect(await download('big')).toBe(BIG);
    const grown = (memory().peak - now) / 1024;
    console.info(
      `up ${Math.round(uploaded - started)} ms, down ${Math.round(performance.now() - uploaded)} ms, ${Math.round(grown)} MiB more than ${Math.round(now / 1024)} MiB`,
    );
    expect(grown).toBeLessThan(96);
  });

  test('an upload that is cut off half-way leaves nothing, and the next one is served', async () => {
    for (let attempt = 0; attempt < 3; attempt++) await upload('cut', 8 * MEBIBYTE, 4 * MEBIBYTE);
    expect((await send(`${data}/cut`)).status).toBe(404);
    expect((await send(`${data}?prefix=cut`)).status).toBe(204);
    expect(await upload('cut', MEBIBYTE)).toBe(201);
  });
});
