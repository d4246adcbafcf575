import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RecordedGateway, recordedGateway } from '../nova/recorded-gateway.ts';

/** As on Workers: without an SDK, over `fetch`. */
let recorded: RecordedGateway;
let key: string;
beforeAll(async () => {
  recorded = await recordedGateway();
  key = await recorded.keyOf(recorded.acme);
});
afterAll(() => recorded.close());

const HEADERS = {
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  tracestate: 'vendor=value',
};

/** The trace headers of each call that a request causes. */
async function sentFor(path: string, headers: Record<string, string>, init: RequestInit = {}) {
  const before = recorded.arrived.length;
  const response = await fetch(recorded.gateway.url + path, {
    ...init,
    headers: { 'x-api-key': key, 'content-type': 'application/json', ...headers },
  });
  await response.arrayBuffer();
  const sent = recorded.arrived.slice(before).map(({ headers: all }) => ({
    ...(all.traceparent !== undefined && { traceparent: all.traceparent }),
    ...(all.tracestate !== undefined && { tracestate: all.tracestate }),
  }));
  return { status: response.status, cache: response.headers.get('x-cache'), sent };
}

test.each([
  ['/v1/instances', {}],
  ['/compute/v2.1/flavors', {}],
  ['/v1/security_groups', { method: 'POST', body: '{"name": "traced"}' }],
  ['/networking/v2.0/security-groups', { method: 'POST', body: '{"security_group": {"name": "traced"}}' }],
])('the calls of %s have the trace context of the client', async (path, init) => {
  const { status, sent } = await sentFor(path, HEADERS, init);
  expect(status).toBeLessThan(300);
  expect(sent.length).toBeGreaterThan(0);
  expect(sent).toEqual(sent.map(() => HEADERS));
});

test.each([
  ['no traceparent', {}],
  ['an invalid one', { ...HEADERS, traceparent: '00-0-0-00' }],
])('with %s the calls have none', async (_, headers) => {
  const { sent } = await sentFor('/v1/security_groups', headers, {
    method: 'POST',
    body: '{"name": "plain"}',
  });
  expect(sent.length).toBeGreaterThan(0);
  expect(sent).toEqual(sent.map(() => ({})));
});

test.each(['/v1/keypairs', '/compute/v2.1/flavors/detail'])(
  'a cached response of %s is served to another trace',
  async (path) => {
    await sentFor(path, HEADERS);
    const other = { traceparent: HEADERS.traceparent.replace('4bf9', '5cfa') };
    expect(await sentFor(path, other)).toEqual({ status: 200, cache: 'HIT', sent: [] });
  },
);
