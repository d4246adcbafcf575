import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ComputeError } from '../compute/errors.ts';
import { formatKey, generateKey, parseKey } from './key-format.ts';
import type { FoundKey, KeyStore } from './key-store.ts';
import { KeyVerifier } from './key-verifier.ts';
import { hashKeySecret, importServerSecret, seal } from './server-secret.ts';

const server = await importServerSecret(btoa('0123456789abcdef0123456789abcdef'));
const parts = generateKey();
const text = formatKey(parts);
const credential = { kind: 'service', projectId: 'p' } as const;
const ROW: FoundKey = {
  id: parts.id,
  familyId: parts.id,
  name: 'k',
  projectId: 'p',
  userId: null,
  kind: 'service',
  cloudCredentialId: null,
  ownsCloudCredential: false,
  secretHash: hashKeySecret(server, parts.secret),
  lastFour: text.slice(-4),
  sealedCredential: await seal(
    server,
    parts.secret,
    { id: parts.id, familyId: parts.id, projectId: 'p', userId: null },
    credential,
  ),
  scopes: ['instances:read'],
  plan: 'default',
  allowedCidrs: [],
  allowedOrigins: [],
  regions: null,
  description: null,
  roles: null,
  accessRules: null,
  makerId: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  expiresAt: null,
  disabled: false,
  revokedAt: null,
  credentialExpiresAt: null,
  successorId: null,
  sealedUnder: null,
  lastUsedAt: null,
};

/** A store with one key, which counts how often it is asked. */
function storeWith(row: Partial<FoundKey> | null = {}) {
  const store = {
    row: row === null ? null : { ...ROW, ...row },
    asked: 0,
    async find(id: string) {
      store.asked += 1;
      return store.row?.id === id ? store.row : null;
    },
  };
  return store;
}
const verifierOf = (store: Pick<KeyStore, 'find'>) => new KeyVerifier(store as KeyStore, server);
const now = Date.parse('2026-06-01T00:00:00Z');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a valid key', () => {
  test('resolves to its principal and credential', async () => {
    const verdict = await verifierOf(storeWith()).verify(text, null);
    expect(verdict).toEqual({
      ok: true,
      principal: {
        keyId: parts.id,
        familyId: parts.id,
        projectId: 'p',
        userId: null,
        scopes: ['instances:read'],
        isBrowserKey: false,
        accessRules: null,
        plan: 'default',
        regions: null,
        credential,
        sealingSecret: expect.any(Function),
      },
    });
  });

  test('reads the store once per 500 ms for any number of requests', async () => {
    const store = storeWith();
    const verifier = verifierOf(store);
    await Promise.all(Array.from({ length: 50 }, () => verifier.verify(text, null)));
    await verifier.verify(text, null);
    expect(store.asked).toBe(1);
    vi.advanceTimersByTime(501);
    await verifier.verify(text, null);
    expect(store.asked).toBe(2);
  });

  test('is denied within 500 ms of a revocation on another node, on this node immediately', async () => {
    const store = storeWith();
    const verifier = verifierOf(store);
    await verifier.verify(text, null);
    store.row = { ...ROW, revokedAt: '2026-06-01T00:00:00.000Z' };
    vi.advanceTimersByTime(501);
    expect(await verifier.verify(text, null)).toMatchObject({ ok: false, reason: 'revoked' });

    store.row = ROW;
    verifier.invalidate(ROW.id);
    expect(await verifier.verify(text, null)).toMatchObject({ ok: true });
    store.row = { ...ROW, disabled: true };
    verifier.invalidate(ROW.id);
    expect(await verifier.verify(text, null)).toMatchObject({ ok: false, reason: 'disabled' });
  });

  test('a row moved to another project is denied, even if cached', async () => {
    const store = storeWith();
    const verifier = verifierOf(store);
    await verifier.verify(text, null);
    for (const change of [{ projectId: 'q' }, { familyId: 'another' }, { userId: 'u' }]) {
      store.row = { ...ROW, ...change };
      vi.advanceTimersByTime(501);
      expect(await verifier.verify(text, null)).toMatchObject({ ok: false, reason: 'unreadable_credential' });
    }
  });

  test('is denied after its row gets another secret', async () => {
    const store = storeWith();
    const verifier = verifierOf(store);
    await verifier.verify(text, null);
    store.row = { ...ROW, secretHash: hashKeySecret(server, generateKey().secret) };
    vi.advanceTimersByTime(501);
    expect(await verifier.verify(text, null)).toMatchObject({ ok: false, reason: 'wrong_secret' });
  });

  test('a cached key follows expiry, networks and scopes of the row', async () => {
    const expiresAt = new Date(now + 700).toISOString();
    const store = storeWith({ expiresAt, allowedCidrs: ['192.0.2.0/24'], allowedOrigins: [] });
    const verifier = verifierOf(store);
    expect(await verifier.verify(text, '192.0.2.1')).toMatchObject({ ok: true });
    expect(await verifier.verify(text, '198.51.100.1')).toMatchObject({ reason: 'address_not_allowed' });
    store.row = { ...ROW, ...store.row, scopes: ['network:write'], plan: 'gold' };
    vi.advanceTimersByTime(501);
    const changed = { scopes: ['network:write'], plan: 'gold' };
    expect(await verifier.verify(text, '192.0.2.1')).toMatchObject({ ok: true, principal: changed });
    vi.advanceTimersByTime(199);
    expect(await verifier.verify(text, '192.0.2.1')).toMatchObject({ ok: false, reason: 'expired' });
  });

  test('does not cache a read that began before a change', async () => {
    let answer: (row: FoundKey) => void = () => {};
    const store = { find: () => new Promise<FoundKey>((resolve) => (answer = resolve)) };
    const verifier = verifierOf(store);
    const first = verifier.verify(text, null);
    verifier.invalidate(ROW.id);
    answer(ROW);
    await first;
    const second = verifier.verify(text, null);
    answer({ ...ROW, disabled: true });
    expect(await second).toMatchObject({ ok: false, reason: 'disabled' });
  });

  test('returns 503, not 401, while the store is down, and does not cache it', async () => {
    const find = vi.fn(() => Promise.reject(new ComputeError('unavailable', 'no store')));
    const verifier = verifierOf({ find });
    await expect(verifier.verify(text, null)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(verifier.verify(text, null)).rejects.toMatchObject({ code: 'unavailable' });
    expect(find).toHaveBeenCalledTimes(2);
  });
});

describe('a denied key', () => {
  const otherSecret = formatKey({ id: parts.id, secret: generateKey().secret });

  test.each([
    ['missing', undefined],
    ['missing', ''],
    ['malformed', 'garbage'],
    ['malformed', `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`],
  ])('%s: without a read of the store', async (reason, given) => {
    const store = storeWith();
    expect(await verifierOf(store).verify(given, null)).toEqual({ ok: false, reason, keyId: null });
    expect(store.asked).toBe(0);
  });

  test.each<[string, Partial<FoundKey> | null, string, string | null]>([
    ['unknown', null, text, null],
    ['wrong_secret', {}, otherSecret, null],
    ['revoked', { revokedAt: '2026-05-01T00:00:00.000Z' }, text, null],
    ['expired', { expiresAt: '2026-06-01T00:00:00.000Z' }, text, null],
    ['disabled', { disabled: true }, text, null],
    ['address_not_allowed', { allowedCidrs: ['192.0.2.0/24'], allowedOrigins: [] }, text, '198.51.100.1'],
    ['address_not_allowed', { allowedCidrs: ['192.0.2.0/24'], allowedOrigins: [] }, text, null],
    ['unreadable_credential', { sealedCredential: new Uint8Array(40) }, text, null],
  ])('%s', async (reason, row, given, address) => {
    const verdict = await verifierOf(storeWith(row)).verify(given, address);
    expect(verdict).toEqual({ ok: false, reason, keyId: reason === 'unknown' ? null : parts.id });
  });

  test('another secret is denied while the right one is cached', async () => {
    const verifier = verifierOf(storeWith());
    expect(await verifier.verify(text, null)).toMatchObject({ ok: true });
    expect(await verifier.verify(otherSecret, null)).toMatchObject({ ok: false, reason: 'wrong_secret' });
    expect(await verifier.verify(`${text} `, null)).toMatchObject({ ok: false, reason: 'malformed' });
  });

  test('the secret is checked before the state of the key', async () => {
    const store = storeWith({ revokedAt: '2026-05-01T00:00:00.000Z' });
    expect(await verifierOf(store).verify(otherSecret, null)).toMatchObject({ reason: 'wrong_secret' });
  });

  test('an unknown id is read from the store once per 500 ms', async () => {
    const store = storeWith(null);
    const verifier = verifierOf(store);
    for (let n = 0; n < 20; n++) await verifier.verify(text, null);
    expect(store.asked).toBe(1);
  });
});

test('no verdict contains the text of the key', async () => {
  const verdict = await verifierOf(storeWith()).verify(text, null);
  const { secret = '' } = parseKey(text) ?? {};
  expect(JSON.stringify(verdict)).not.toContain(secret);
});
