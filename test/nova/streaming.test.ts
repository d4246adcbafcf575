import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { sendNova } from '../support/nova-client.ts';
import { exchange, head } from '../support/raw-http.ts';
import { type ImageCloud, startImageCloud } from './image-cloud.ts';

const MEBIBYTE = 1_048_576;
const IMAGE = 100 * MEBIBYTE;
const WARM_UP = 16 * MEBIBYTE;
const CHUNK = Buffer.alloc(65_536, 'x');
const ADMIN_TOKEN = 'admin-token-of-the-tests';

let cloud: ImageCloud;
let gateway: GatewayProcess;
let key: string;
beforeAll(async () => {
  cloud = await startImageCloud();
  gateway = await startProcess({
    OS_AUTH_URL: `${cloud.url}/v3`,
    LINGUANOVA_SECRET: randomBytes(32).toString('base64'),
    LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
    LOG_LEVEL: 'error',
  });
  const made = await sendNova(
    gateway.url,
    'POST /admin/v1/keys',
    { authorization: `Bearer ${ADMIN_TOKEN}` },
    {
      name: 'images',
      application_credential: { id: 'a', secret: 'b' },
    },
  );
  key = made.body.key;
});
afterAll(async () => {
  await gateway.end('SIGTERM');
  await cloud.close();
});

/** Uploads `bytes` of image data, with back-pressure. */
function upload(path: string, bytes: number, headers: Record<string, string | number>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(gateway.url + path, {
      method: 'PUT',
      agent: false,
      headers: { 'x-auth-token': key, 'content-type': 'application/octet-stream', ...headers },
    });
    let status: number | undefined;
    sent.on('response', (response) => {
      status = response.statusCode ?? 0;
      response.resume().on('end', () => resolve(status ?? 0));
    });
    sent.on('error', (error) => (status === undefined ? reject(error) : resolve(status)));
    let left = bytes;
    const more = () => {
      while (left > 0) {
        const chunk = CHUNK.subarray(0, Math.min(left, CHUNK.length));
        left -= chunk.length;
        if (!sent.write(chunk)) {
          sent.once('drain', more);
          return;
        }
      }
      sent.end();
    };
    more();
  });
}

/** Reads and discards an image. */
function download(path: string): Promise<{ status: number; bytes: number; length: string | undefined }> {
  return new Promise((resolve, reject) => {
    request(gateway.url + path, { agent: false, headers: { 'x-auth-token': key } }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, bytes, length: response.headers['content-length'] }),
      );
    })
      .on('error', reject)
      .end();
  });
}

/** The gateway's memory in KiB: current, and peak since `forgetPeak`. */
function memory(): { now: number; peak: number } {
  const status = readFileSync(`/proc/${gateway.child.pid}/status`, 'utf8');
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
  return { now: read('VmRSS'), peak: read('VmHWM') };
}

function forgetPeak(): void {
  writeFileSync(`/proc/${gateway.child.pid}/clear_refs`, '5');
}

describe('image data is streamed, not buffered', () => {
  test('100 MB up and down take less than 64 MiB of memory', async () => {
    // Excludes the one-time cost of a process's first streams.
    await upload('/image/v2/images/warm/file', WARM_UP, { 'content-length': WARM_UP });
    await download(`/image/v2/images/${WARM_UP}/file`);
    forgetPeak();
    const { now } = memory();

    expect(await upload('/image/v2/images/up/file', IMAGE, { 'content-length': IMAGE })).toBe(204);
    expect(cloud.received).toMatchObject({ bytes: IMAGE, complete: true });
    expect(cloud.received.headers).toMatchObject({
      'x-auth-token': 'cloud-token',
      'content-type': 'application/octet-stream',
    });
    const uploaded = memory().peak;

    const { status, bytes, length } = await download(`/image/v2/images/${IMAGE}/file`);
    expect({ status, bytes, length }).toEqual({ status: 200, bytes: IMAGE, length: String(IMAGE) });
    const most = Math.max(uploaded, memory().peak);
    expect((most - now) / 1024, 'MiB').toBeLessThan(64);
  });

  test('also without a Content-Length', async () => {
    expect(await upload('/image/v2/images/up/file', 3 * MEBIBYTE, {})).toBe(204);
    expect(cloud.received.bytes).toBe(3 * MEBIBYTE);
  });

  test('a response that the cloud sends before reading the body is returned', async () => {
    expect(
      await upload('/image/v2/images/refused/file', 20 * MEBIBYTE, { 'content-length': 20 * MEBIBYTE }),
    ).toBe(409);
    expect((await download('/image/v2/images/1000/file')).bytes).toBe(1000);
  });

  test('with Expect: 100-continue the body is requested after authentication', async () => {
    const { status, received } = await exchange(
      gateway.url,
      head(
        'PUT /image/v2/images/up/file HTTP/1.1',
        'Host: gateway.example',
        `X-Auth-Token: ${key}`,
        'Content-Type: application/octet-stream',
        'Content-Length: 5',
        'Expect: 100-continue',
      ),
      { after: 'HTTP/1.1 100 Continue\r\n\r\n', send: 'image' },
    );
    expect(status, received).toBe(204);
  });

  test('JSON bodies of the image service are bounded like any other', async () => {
    const response = await sendNova(
      gateway.url,
      'POST /image/v2/images',
      { 'x-auth-token': key },
      `"${'x'.repeat(2 * MEBIBYTE)}"`,
    );
    expect([response.status, response.body.code]).toEqual([413, '413 Request Entity Too Large']);
  });
});
