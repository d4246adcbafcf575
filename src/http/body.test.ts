import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { reduErrorResponse } from '../dialects/redu/errors.ts';
import { MAX_BODY_BYTES, readBytes, readJsonObject } from './body.ts';

const app = new Hono();
app.post('/', async (c) => c.json(Object.keys(await readJsonObject(c))));
app.onError((error) => reduErrorResponse(error, 'req-1'));

async function post(body: BodyInit | null, type: string | null = 'application/json', headers = {}) {
  const init = {
    method: 'POST',
    body,
    duplex: 'half',
    headers: { ...(type && { 'Content-Type': type }), ...headers },
  };
  const response = await app.request('/', init as RequestInit);
  return { status: response.status, json: await response.json() };
}

/** Sends 64 KiB at a time and counts what was taken. */
function endless(): { stream: ReadableStream<Uint8Array>; taken: () => number; cancelled: () => boolean } {
  let taken = 0;
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      taken += 65_536;
      controller.enqueue(new Uint8Array(65_536).fill(0x20));
    },
    cancel() {
      cancelled = true;
    },
  });
  return { stream, taken: () => taken, cancelled: () => cancelled };
}

test.each(['application/json', 'Application/JSON; charset=UTF-8', 'application/json;charset="utf-8"'])(
  'reads %s',
  async (type) => {
    expect(await post(new TextEncoder().encode('{"a":1}'), type)).toEqual({ status: 200, json: ['a'] });
  },
);

test.each([
  'text/plain',
  'application/json; charset=latin1',
  'application/xml',
  'application/jsonp',
  'multipart/form-data',
])('refuses %s', async (type) => {
  const { status, json } = await post('{}', type);
  expect([status, json.error.code]).toEqual([415, 'badMediaType']);
});

test('rejects a body without a type, and a compressed one', async () => {
  expect((await post(new TextEncoder().encode('{}'), null)).status).toBe(415);
  expect((await post('{}', 'application/json', { 'Content-Encoding': 'gzip' })).status).toBe(415);
});

test.each([
  ['', 'is required: a JSON object'],
  ['{', 'is not valid JSON'],
  ['{"a":1}}', 'is not valid JSON'],
  ['[]', 'must be a JSON object'],
  ['null', 'must be a JSON object'],
  ['"text"', 'must be a JSON object'],
  ['['.repeat(500_000), 'is not valid JSON'],
  [`${'['.repeat(500_000)}${']'.repeat(500_000)}`, 'must be a JSON object'],
])('refuses %.10s', async (body, message) => {
  const { status, json } = await post(body);
  expect([status, json.error.code]).toEqual([400, 'badRequest']);
  expect(json.error.details).toEqual([{ field: 'body', message }]);
});

test('reports a missing body before a missing type', async () => {
  expect((await post(null, null)).status).toBe(400);
});

test('rejects invalid UTF-8', async () => {
  const bytes = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
  expect((await post(bytes)).json.error.details[0].message).toBe('is not valid UTF-8');
});

test('reads a body that an earlier stage has read', async () => {
  const staged = new Hono();
  staged.use(async (c, next) => {
    await c.req.text();
    await next();
  });
  staged.route('/', app);
  const send = (body: string) =>
    staged.request('/', { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
  expect(await (await send('{"a":1}')).json()).toEqual(['a']);
  expect((await send(`{"a":"${'x'.repeat(MAX_BODY_BYTES)}"}`)).status).toBe(413);
});

describe('size', () => {
  const padded = (size: number) => `{"a":"${'x'.repeat(size - 8)}"}`;

  test('accepts exactly the limit and not a byte more', async () => {
    expect((await post(padded(MAX_BODY_BYTES))).status).toBe(200);
    expect((await post(padded(MAX_BODY_BYTES + 1))).json.error.code).toBe('entityTooLarge');
  });

  test('stops reading a body of unknown length', async () => {
    const { stream, taken, cancelled } = endless();
    expect((await post(stream)).status).toBe(413);
    expect(taken()).toBeLessThan(MAX_BODY_BYTES + 3 * 65_536);
    expect(cancelled()).toBe(true);
  });

  test('trusts a Content-Length above the limit, and none below', async () => {
    const told = endless();
    expect((await post(told.stream, 'application/json', { 'Content-Length': '1048577' })).status).toBe(413);
    expect(told.taken()).toBeLessThanOrEqual(65_536);
    expect((await post(endless().stream, 'application/json', { 'Content-Length': '2' })).status).toBe(413);
  });

  test('joins chunks, and reports a client that aborts', async () => {
    const chunks = (parts: string[], end: (c: ReadableStreamDefaultController) => void) =>
      new ReadableStream({
        start(controller) {
          for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
          end(controller);
        },
      });
    const request = (body: ReadableStream) =>
      new Request('http://gateway/', { method: 'POST', body, duplex: 'half' } as RequestInit);
    const joined = await readBytes(request(chunks(['{"a"', ':1', '}'], (c) => c.close())), 100);
    expect(new TextDecoder().decode(joined)).toBe('{"a":1}');
    const broken = request(new ReadableStream({ pull: (c) => c.error(new Error('reset')) }));
    await expect(readBytes(broken, 100)).rejects.toMatchObject({ code: 'invalid' });
  });
});
