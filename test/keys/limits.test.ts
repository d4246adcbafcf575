import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { formatKey, generateKey, parseKey } from '../../src/access/key-format.ts';
import { hashKeySecret, importServerSecret } from '../../src/access/server-secret.ts';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import { later, now } from '../support/later.ts';
import { type WatchedGateway, watchedGateway } from './watched-gateway.ts';

const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` };
const MINUTE = 60_000;

let watched: WatchedGateway;
beforeAll(async () => {
  watched = await watchedGateway();
});
afterAll(() => watched.close());
afterEach(() => {
  now();
});

async function serviceKey(more: object = {}): Promise<{ id: string; key: string }> {
  const body = { name: 'limits', project_id: watched.account.projectId, ...more };
  return (await watched.ask('POST', '/admin/v1/keys', ADMIN, body)).body;
}

const me = (key: string, address?: string) =>
  watched.ask('GET', '/v1/me', {
    'x-api-key': key,
    ...(address !== undefined && { 'x-forwarded-for': address }),
  });
const lastUsed = async (id: string) =>
  (await watched.ask('GET', `/admin/v1/keys/${id}`, ADMIN)).body.last_used_at;

describe('last_used_at', () => {
  test('is updated by the next flush, for the operator and the owner', async () => {
    const { id, key } = await serviceKey();
    const started = Date.now();
    expect((await me(key)).status).toBe(200);
    expect(await lastUsed(id)).toBeNull();
    await watched.gateway.flush();
    const shown = await lastUsed(id);
    expect(Date.parse(shown)).toBeGreaterThanOrEqual(started);
    expect(Date.parse(shown)).toBeLessThanOrEqual(Date.now());
    const own = await watched.ask('GET', `/v1/api_keys/${id}`, { 'x-api-key': key });
    expect(own.body.last_used_at).toBe(shown);
  });

  test('is written at most once a minute', async () => {
    const { id, key } = await serviceKey();
    await me(key);
    await watched.gateway.flush();
    const first = await lastUsed(id);
    later(MINUTE / 2);
    await me(key);
    await watched.gateway.flush();
    expect(await lastUsed(id)).toBe(first);
    later(MINUTE / 2 + 1_000);
    await me(key);
    await watched.gateway.flush();
    expect(Date.parse(await lastUsed(id))).toBeGreaterThanOrEqual(Date.parse(first) + MINUTE);
  });

  test('is not updated by a rejected request', async () => {
    const { id, key } = await serviceKey({ allowed_cidrs: ['192.0.2.0/24'] });
    expect((await me(key, '198.51.100.1')).status).toBe(401);
    await me(formatKey({ id, secret: '0'.repeat(33) }), '192.0.2.1');
    await watched.gateway.flush();
    expect(await lastUsed(id)).toBeNull();
  });
});

/** A key whose row is whole but for its seal. */
async function keyWithBrokenSeal(): Promise<string> {
  const row = await watched.keys.find((await serviceKey()).id);
  if (row === null) throw new Error('no such key');
  const parts = generateKey();
  const secretHash = hashKeySecret(await importServerSecret(watched.secret), parts.secret);
  const by = { actor: 'cli', address: null, requestId: null, action: 'key.create', detail: '' } as const;
  const at = new Date().toISOString();
  await watched.keys.insert(
    { ...row, id: parts.id, familyId: parts.id, secretHash },
    { ...by, at, keyId: parts.id },
  );
  return formatKey(parts);
}

/** A key that is refused for each reason there is. */
const REFUSED: Readonly<Record<string, () => Promise<string>>> = {
  missing: async () => '',
  malformed: async () => 'ln_garbage',
  unknown: async () => formatKey(generateKey()),
  wrong_secret: async () => formatKey({ id: (await serviceKey()).id, secret: '0'.repeat(33) }),
  disabled: async () => {
    const { id, key } = await serviceKey();
    await watched.ask('PATCH', `/admin/v1/keys/${id}`, ADMIN, { disabled: true });
    return key;
  },
  revoked: async () => {
    const { id, key } = await serviceKey();
    await watched.ask('DELETE', `/admin/v1/keys/${id}`, ADMIN);
    return key;
  },
  expired: async () => {
    const { key } = await serviceKey({ expires_at: new Date(Date.now() + MINUTE).toISOString() });
    later(2 * MINUTE);
    return key;
  },
  address_not_allowed: async () => (await serviceKey({ allowed_cidrs: ['192.0.2.0/24'] })).key,
  origin_not_allowed: async () => (await serviceKey({ allowed_origins: ['https://app.example.org'] })).key,
  unreadable_credential: keyWithBrokenSeal,
};
const NO_KEY_KNOWN = ['missing', 'malformed', 'unknown'];

/** Attempts to sign in, by result, as Prometheus reads them. */
async function verifications(): Promise<Record<string, number>> {
  const { text } = await watched.ask('GET', '/metrics');
  const lines = text.matchAll(/^linguanova_key_verifications_total\{result="(\w+)"\} (\d+)$/gm);
  const counts = [...lines].map(([, result, count]) => [result, Number(count)] as const);
  // The operator's own requests, by which these tests look, are counted as well.
  return Object.fromEntries(counts.filter(([result]) => result !== 'admin_token'));
}

async function refusalsFrom(address: string) {
  await watched.gateway.flush();
  const { items } = (await watched.ask('GET', '/admin/v1/audit?limit=1000', ADMIN)).body;
  return items.filter(
    (item: { action: string; address: string }) => item.action === 'key.refused' && item.address === address,
  );
}

describe('the reason of a rejection is visible to the operator only', () => {
  test.each(Object.keys(REFUSED).map((reason, n) => [reason, `198.51.100.${n + 10}`] as const))(
    '%s: one audit entry with reason and count, and the metric',
    async (reason, address) => {
      const key = (await REFUSED[reason]?.()) ?? '';
      const before = await verifications();
      for (let n = 0; n < 3; n++) {
        const { status, body } = await me(key, address);
        const message =
          reason === 'missing' ? expect.stringContaining('in the header x-api-key') : 'Invalid API key';
        expect([status, body]).toEqual([401, { error: { code: 'unauthorized', message } }]);
      }
      expect(await refusalsFrom(address)).toEqual([
        {
          sequence: expect.any(Number),
          at: expect.stringMatching(/Z$/),
          actor: 'anonymous',
          action: 'key.refused',
          key_id: NO_KEY_KNOWN.includes(reason) ? null : parseKey(key)?.id,
          address,
          request_id: expect.stringMatching(/^req-/),
          detail: `${reason}, 3 times`,
        },
      ]);
      expect(await verifications()).toEqual({ ...before, [reason]: (before[reason] ?? 0) + 3 });
    },
  );

  test('valid keys are counted too, and the result is the only label', async () => {
    const before = await verifications();
    const { key } = await serviceKey();
    await me(key);
    await me(key);
    expect(await verifications()).toEqual({ ...before, ok: (before.ok ?? 0) + 2 });
  });

  test('wrong credentials of a sign-up and wrong admin tokens are in both too', async () => {
    const before = await verifications();
    const from = { 'x-forwarded-for': '198.51.100.40' };
    const credentials = { application_credential_id: 'x', application_credential_secret: 'y' };
    for (let n = 0; n < 2; n++) {
      await watched.ask('POST', '/v1/api_keys', from, { name: 'x', credentials });
      await watched.ask('GET', '/admin/v1/keys', { ...from, authorization: 'Bearer wrong' });
    }
    const details = (await refusalsFrom('198.51.100.40')).map(({ detail }: { detail: string }) => detail);
    expect(details.sort()).toEqual(['wrong_admin_token, 2 times', 'wrong_credentials, 2 times']);
    expect(await verifications()).toMatchObject({
      wrong_credentials: (before.wrong_credentials ?? 0) + 2,
      wrong_admin_token: (before.wrong_admin_token ?? 0) + 2,
    });
  });
});
