import { describe, expect, test } from 'vitest';
import { createClient, LinguanovaError } from './index.ts';

type Answer = (request: {
  url: string;
  headers: Headers;
  signal: AbortSignal;
}) => Response | Promise<Response>;

/** A client whose gateway sends these responses in order, and then repeats the last one. */
function against(...answers: Answer[]) {
  const asked: { method: string; url: string; headers: Headers }[] = [];
  const client = createClient({
    baseUrl: 'https://gateway.example.org',
    apiKey: 'ln_key',
    async fetch(input, init) {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      const request = { url: String(input), headers: new Headers(init?.headers) };
      asked.push({ method: init?.method ?? 'GET', ...request });
      if (answer === undefined || !init?.signal) throw new Error('the test has no answer');
      init.signal.throwIfAborted();
      return answer({ ...request, signal: init.signal });
    },
  });
  return { client, asked };
}

const ok: Answer = () => Response.json({ items: [], next_cursor: null });
const refused =
  (status: number, retryAfter?: string): Answer =>
  () =>
    Response.json(
      { error: { code: 'serviceUnavailable', message: 'no' } },
      { status, ...(retryAfter !== undefined && { headers: { 'Retry-After': retryAfter } }) },
    );
const lost: Answer = () => {
  throw new TypeError('fetch failed');
};
const INSTANCE = { name: 'a', flavor_id: 'f', image_id: 'i' };
const SIGN_UP = { name: 'a', credentials: { username: 'u', password: 'p', project_name: 'x' } };

describe('retries', () => {
  test('a rate-limited request after Retry-After', async () => {
    const { client, asked } = against(refused(429, '0'), refused(503, '0'), ok);
    expect(await client.flavors.list()).toEqual([]);
    expect(asked).toHaveLength(3);
  });

  test('a request without a response, a POST with the same Idempotency-Key', async () => {
    const { client, asked } = against(lost, () => Response.json({ id: '1' }));
    await client.instances.create(INSTANCE);
    await client.instances.create(INSTANCE);
    const keys = asked.map(({ headers }) => headers.get('idempotency-key'));
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect([keys[1] === keys[0], keys[2] === keys[0]]).toEqual([true, false]);
  });

  test('a retried DELETE succeeds on 404, because its first response was lost', async () => {
    const { client } = against(lost, () =>
      Response.json({ error: { code: 'itemNotFound', message: '' } }, { status: 404 }),
    );
    expect(await client.instances.delete('x')).toBeUndefined();
  });

  test('gives up after the retry limit', async () => {
    const { client, asked } = against(refused(503, '0'));
    await expect(client.me()).rejects.toMatchObject({ status: 503, retryAfter: 0 });
    expect(asked).toHaveLength(4);
  });

  test.each<[string, Answer]>([
    ['a defect', refused(500)],
    ['what is to come back after an hour', refused(503, '3600')],
    ['a wrong request', refused(400)],
  ])('not %s', async (_, answer) => {
    const { client, asked } = against(answer);
    await expect(client.instances.create(INSTANCE)).rejects.toBeInstanceOf(LinguanovaError);
    expect(asked).toHaveLength(1);
  });

  test('a sign-up only after 429, because it is not idempotent', async () => {
    for (const answer of [lost, refused(503, '0')]) {
      const { client, asked } = against(answer);
      await expect(client.apiKeys.create(SIGN_UP)).rejects.toBeInstanceOf(LinguanovaError);
      expect([asked.length, asked[0]?.headers.has('idempotency-key')]).toEqual([1, false]);
    }
    const { client, asked } = against(refused(429, '0'), () => Response.json({ id: '1' }));
    await client.apiKeys.create(SIGN_UP);
    expect(asked).toHaveLength(2);
  });
});

describe('errors', () => {
  test('contain code, message, details and request id of the response', async () => {
    const details = [{ field: 'name', message: 'must not be empty' }];
    const { client } = against(() =>
      Response.json(
        { error: { code: 'badRequest', message: 'name: must not be empty', details } },
        { status: 400, headers: { 'X-Request-Id': 'req-1' } },
      ),
    );
    const told = { code: 'badRequest', status: 400, details, requestId: 'req-1', retryAfter: null };
    await expect(client.instances.create(INSTANCE)).rejects.toMatchObject(told);
  });

  test('report a response that is not a gateway’s as invalidResponse', async () => {
    const page = () => new Response('<html>', { status: 404 });
    await expect(against(page).client.me()).rejects.toMatchObject({ code: 'invalidResponse', status: 404 });
    await expect(against(() => new Response('<html>')).client.me()).rejects.toMatchObject({
      code: 'invalidResponse',
    });
  });

  test('config resolves to the text of the response', async () => {
    const { client } = against(() => new Response('LINGUANOVA_KEY=<SECRET>\n'));
    expect(await client.config('env')).toBe('LINGUANOVA_KEY=<SECRET>\n');
  });

  test('an AbortSignal throws its reason before, during and between attempts', async () => {
    const reason = new Error('enough');
    const before = against(ok);
    await expect(before.client.me({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(before.asked).toHaveLength(0);
    const controller = new AbortController();
    const during = against(async ({ signal }) => {
      controller.abort(reason);
      signal.throwIfAborted();
      return new Response();
    });
    await expect(during.client.me({ signal: controller.signal })).rejects.toBe(reason);
    const later = new AbortController();
    const between = against((...args) => {
      queueMicrotask(() => later.abort(reason));
      return refused(503, '30')(...args);
    });
    await expect(between.client.me({ signal: later.signal })).rejects.toBe(reason);
  });

  test.each(['', '.', '..'])('"%s" is rejected as an id, because it would change the path', async (id) => {
    const { client, asked } = against(ok);
    await expect(client.securityGroups.deleteRule('x', id)).rejects.toMatchObject({ code: 'badRequest' });
    expect(asked).toHaveLength(0);
  });
});

test('path parameters and queries are URL-encoded', async () => {
  const { client, asked } = against(ok);
  await client.keypairs.get('a/b ü');
  await client.instances.list({ status: ['ACTIVE', 'SHUTOFF'], name: 'a&b', limit: 2, all_tenants: true });
  expect(asked.map(({ url }) => url)).toEqual([
    'https://gateway.example.org/v1/keypairs/a%2Fb%20%C3%BC',
    'https://gateway.example.org/v1/instances?status=ACTIVE&status=SHUTOFF&name=a%26b&limit=2&all_tenants=true',
  ]);
});

describe('events', () => {
  const EVENT = { instance: { id: 'x' }, previous_state: null, at: '2026-02-12T09:00:00Z' };
  /** A stream of these pieces of text, which then ends. */
  const stream =
    (...pieces: string[]): Answer =>
    () =>
      new Response(
        new ReadableStream({
          start(controller) {
            for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
            controller.close();
          },
        }),
      );

  async function heard(count: number, ...answers: Answer[]) {
    const { client, asked } = against(...answers);
    const events: object[] = [];
    for await (const event of client.events()) {
      events.push(event);
      if (events.length === count) break;
    }
    return { events, asked };
  }

  test('are parsed across chunk boundaries, with heartbeats and any line ending', async () => {
    const text = `: hello\r\n\r\nevent: ready\r\nid: 1\r\ndata: {}\r\n\r\n:\n\nid: 2\nevent: instance.created\ndata: ${JSON.stringify(EVENT)}\n\n`;
    for (const pieces of [[text], [...text], [text.slice(0, 9), text.slice(9, 41), text.slice(41)]]) {
      const { events } = await heard(2, stream(...pieces));
      expect(events).toEqual([
        { type: 'ready', id: '1' },
        { type: 'instance.created', id: '2', ...EVENT },
      ]);
    }
  });

  test('resume after the last event when the connection breaks', async () => {
    const first = stream('id: 7\nevent: ready\ndata: {}\n\n');
    const { events, asked } = await heard(2, first, lost, stream('id: 8\nevent: reset\ndata: {}\n\n'));
    expect(events.map((event) => 'id' in event && event.id)).toEqual(['7', '8']);
    expect(asked.map(({ headers }) => headers.get('last-event-id'))).toEqual([null, '7', '7']);
  });

  test('yield reset after a reconnect without a last event', async () => {
    const { events } = await heard(2, lost, stream('event: ready\ndata: {}\n\n'));
    expect(events[0]).toMatchObject({ type: 'reset' });
  });

  test('throw the error of a rejected request', async () => {
    for (const status of [401, 403, 404, 501]) {
      await expect(heard(1, refused(status))).rejects.toMatchObject({ status });
    }
  });
});

test('waitUntil polls without events and throws the fault of a failed instance', async () => {
  const states = ['provisioning', 'provisioning', 'error'];
  const { client } = against(({ url }) =>
    url.endsWith('/events')
      ? Response.json({ error: { code: 'notImplemented', message: '' } }, { status: 501 })
      : Response.json({ id: 'x', state: states.shift(), fault: { message: 'No valid host was found.' } }),
  );
  await expect(client.instances.waitUntil('x', 'active')).rejects.toMatchObject({
    code: 'instanceFailed',
    message: 'No valid host was found.',
  });
  await expect(
    against(() => Response.json({ id: 'x', state: 'provisioning' })).client.instances.waitUntil(
      'x',
      'active',
      { timeout: 5 },
    ),
  ).rejects.toMatchObject({ code: 'timeout' });
});
