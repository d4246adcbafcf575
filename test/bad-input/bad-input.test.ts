import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatKey, parseKey } from '../../src/access/key-format.ts';
import { OPERATIONS } from '../openapi/document.ts';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';
import { ACTION_ROWS } from './action-rows.ts';
import { ADMIN_KEY_ROWS } from './admin-key-rows.ts';
import { ADMIN_ROUTE_ROWS } from './admin-route-rows.ts';
import { ADMIN_ROWS } from './admin-rows.ts';
import { AUTH_ROWS } from './auth-rows.ts';
import { BODY_ROWS } from './body-rows.ts';
import { IDEMPOTENCY_ROWS } from './idempotency-rows.ts';
import { IMAGE_ROWS } from './image-rows.ts';
import { INSTANCE_ROWS } from './instance-rows.ts';
import { LEGACY_ROWS } from './legacy-rows.ts';
import { METHOD_ROWS } from './method-rows.ts';
import { NETWORK_ROWS } from './network-rows.ts';
import { PATH_ROWS } from './path-rows.ts';
import { QUERY_ROWS } from './query-rows.ts';
import { RESOURCE_ROWS } from './resource-rows.ts';
import type { BadRequest, Sender } from './row.ts';
import { SELF_SERVICE_ROWS } from './self-service-rows.ts';
import { type RawResponse, send } from './send.ts';
import { VOLUME_ROWS } from './volume-rows.ts';

const TABLES: Readonly<Record<string, readonly BadRequest[]>> = {
  authentication: AUTH_ROWS,
  paths: PATH_ROWS,
  methods: METHOD_ROWS,
  'query strings': QUERY_ROWS,
  bodies: BODY_ROWS,
  instances: INSTANCE_ROWS,
  actions: ACTION_ROWS,
  images: IMAGE_ROWS,
  'key pairs and groups': RESOURCE_ROWS,
  volumes: VOLUME_ROWS,
  'networks and floating IPs': NETWORK_ROWS,
  'the older paths': LEGACY_ROWS,
  'requests under a key': IDEMPOTENCY_ROWS,
  'the admin API': ADMIN_ROWS,
  'routes of the admin API': ADMIN_ROUTE_ROWS,
  'keys by the operator': ADMIN_KEY_ROWS,
  'keys by the customers': SELF_SERVICE_ROWS,
};

let target: SandboxTarget;
let key: string;
beforeAll(async () => {
  target = await sandboxTarget();
  key = (await target.acme.client()).key;
});
afterAll(() => target.close());

for (const [table, rows] of Object.entries(TABLES)) {
  describe(`bad input: ${table} (${rows.length})`, () => {
    test.each(rows.map((row) => [row.name, row] as const))('%s', async (_, row) => {
      const own = await credentials(row.from);
      const before = target.requests.length;
      const written = await lastWritten();
      const response = await sendRow(row, own);
      expect(target.requests.slice(before), 'requests to the cloud').toEqual([]);
      expect(await lastWritten(), 'something was written').toEqual(written);
      assertRefused(response, row);
    });
  });
}

test('the contract has each of these refusals at its operation', () => {
  const paths = OPERATIONS.map(({ path, ...one }) => ({
    ...one,
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  }));
  const missing = Object.values(TABLES).flatMap((rows) =>
    rows.flatMap(({ method, path, refusal }) => {
      const [plain = ''] = path.split('?');
      const found = paths.filter((one) => one.method === method && one.pattern.test(plain));
      const isListed =
        found.length === 0 || found.some(({ operation }) => refusal.status in operation.responses);
      return isListed ? [] : [`${method} ${path}: ${refusal.status}`];
    }),
  );
  expect(missing).toEqual([]);
});

/** Every change of a key writes an audit entry. */
async function lastWritten() {
  return target.gateway.keys.listAudit({ limit: 1, before: null });
}

function sendRow(row: BadRequest, own: Record<string, string>): Promise<RawResponse> {
  const headers = { ...own, ...row.headers };
  return send(target.url, {
    ...row,
    path: filledIn(row.path),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        typeof value === 'string' ? filledIn(value) : value.map(filledIn),
      ]),
    ),
  });
}

async function credentials(from: Sender): Promise<Record<string, string>> {
  if (from === 'anonymous') return {};
  if (from === 'operator') return { authorization: `Bearer ${ADMIN_TOKEN}` };
  return { 'x-api-key': from === 'customer' ? key : (await target.acme.client(from)).key };
}

function filledIn(text: string): string {
  return text
    .replaceAll('{key}', key)
    .replaceAll('{key id}', parseKey(key)?.id ?? '')
    .replaceAll('{KEY ID}', parseKey(key)?.id.toUpperCase() ?? '')
    .replaceAll('{admin token}', ADMIN_TOKEN)
    .replaceAll('{wrong secret}', keyWithWrongSecret());
}

function keyWithWrongSecret(): string {
  return formatKey({ id: parseKey(key)?.id ?? '', secret: '0'.repeat(33) });
}

function assertRefused(response: RawResponse, { method, refusal }: BadRequest): void {
  expect.soft(response.status, response.text.slice(0, 500)).toBe(refusal.status);
  expect.soft(response.headers['x-request-id']).toMatch(/^req-[0-9a-f-]{36}$/);
  expect.soft(response.headers['content-type']).toBe('application/json');
  if (refusal.allow !== undefined) {
    expect.soft(String(response.headers.allow).split(', ').sort()).toEqual([...refusal.allow].sort());
  }
  if (method === 'HEAD') {
    expect(response.text).toBe('');
    return;
  }
  const body = JSON.parse(response.text);
  expect(body).toEqual({
    error: {
      code: refusal.code,
      message: expect.stringContaining(refusal.message ?? ''),
      ...(refusal.fields !== undefined && { details: expect.any(Array) }),
    },
  });
  expect(body.error.message).not.toBe('');
  if (refusal.fields === undefined) return;
  const problems: { field: string; message: string }[] = body.error.details;
  expect([...new Set(problems.map(({ field }) => field))].sort()).toEqual([...refusal.fields].sort());
  for (const problem of problems) {
    expect(problem).toEqual({ field: expect.any(String), message: expect.stringMatching(/./) });
  }
}
