import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deadlineIn } from '../../../src/clock.ts';
import type { StreamedResponse } from './transport.ts';
import { undiciTransport } from './undici.ts';

const PART = new TextEncoder().encode('part');

interface Received {
  readonly target: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly complete: boolean;
}

/** Refuses `/refused` by its head alone; asks for all other bodies. */
const respond: RequestListener = (request, response) => {
  if (request.url?.startsWith('/refused')) return void response.writeHead(412).end('refused');
  response.writeContinue();
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.once('close', () => {
    const { url: target, headers, complete } = request;
    received = { target, headers, body: Buffer.concat(parts).toString(), complete };
    arrived();
  });
  request.once('end', () => response.writeHead(201, { etag: '"x"' }).end());
};

let received: Received | null = null;
let arrived = () => {};
const server = createServer().on('checkContinue', respond);
const transport = undiciTransport();
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(async () => {
  await transport.close();
  server.close();
});

function put(path: string, body: AsyncIterable<Uint8Array>, headers = {}): Promise<StreamedResponse> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const request = { service: 'image', method: 'PUT', url, headers, body, expectsContinue: true } as const;
  return transport.open(request, deadlineIn(30_000));
}

describe('an upload with Expect: 100-continue', () => {
  test('that the service refuses by its head: the body is never read', async () => {
    let reads = 0;
    const body = {
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: ++reads }) as const }),
    };
    const response = await put('/refused', body, { 'content-length': '50000000' });
    const text = await new Response(response.body as ReadableStream).text();
    expect([response.status, text, reads]).toEqual([412, 'refused', 0]);
  });

  test('is sent once the service asks for it, with its length and path as given', async () => {
    const body = (async function* () {
      yield PART;
      yield PART;
    })();
    const { status, headers } = await put('/a//b/../c%252F', body, { 'content-length': '8' });
    expect([status, headers.etag, received?.body, received?.complete]).toEqual([
      201,
      '"x"',
      'partpart',
      true,
    ]);
    expect(received?.target).toBe('/a//b/../c%252F');
    expect(received?.headers).toMatchObject({ 'content-length': '8', expect: '100-continue' });
  });

  test('that its client breaks off ends incomplete at the service, and is no failure of the service', async () => {
    const closed = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const body = (async function* () {
      yield PART;
      throw new Error('the client has left');
    })();
    await expect(put('/cut', body, { 'content-length': '8' })).rejects.toMatchObject({ abandoned: true });
    await closed;
    expect([received?.target, received?.complete]).toEqual(['/cut', false]);
  });
});

test('a streamed body that its client breaks off is no failure of the service', async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const body = (async function* () {
    yield PART;
    throw new Error('the client has left');
  })();
  const call = transport.open(
    { service: 'image', method: 'PUT', url, headers: {}, body },
    deadlineIn(30_000),
  );
  await expect(call).rejects.toMatchObject({ abandoned: true });
});
