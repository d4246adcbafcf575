import { Context } from 'hono';
import { beforeEach, describe, expect, test } from 'vitest';
import { KeyTokens } from '../../access/key-token.ts';
import type { Principal } from '../../access/principal.ts';
import { importServerSecret } from '../../access/server-secret.ts';
import type { GatewayEnv } from '../../context.ts';
import { ResponseHeaders } from '../../http/response-headers.ts';
import type { KeptRead } from './kept-reads.ts';
import type { CloudSession } from './pass-through.ts';
import type { ProxiedResponse } from './proxied-response.ts';
import { ToldBefore } from './told-before.ts';

const TARGET = '/compute/v2.1/servers';
const principal = { keyId: 'k1', credential: { kind: 'service', projectId: 'p1' } } as Principal;
const session = {} as CloudSession;
const read = { key: 'key', route: '/compute/*' } as KeptRead;
const told: ProxiedResponse = { status: 200, headers: { 'content-type': 'application/json' }, body: '{}' };

let knownSession: CloudSession | null;
let kept: ProxiedResponse | null;
let tokens: KeyTokens;
let before: ToldBefore;
beforeEach(async () => {
  knownSession = session;
  kept = told;
  tokens = new KeyTokens(await importServerSecret(btoa('0123456789abcdef0123456789abcdef')));
  before = new ToldBefore({
    passThrough: { knownSession: () => knownSession },
    keptReads: { atHand: (asked) => (asked === read ? kept : null) },
    tokens,
    requestTarget: (c) => new URL(c.req.url).pathname,
    publicUrl: (c) => new URL(c.req.url).origin,
  });
  before.note(asking(), { principal, authContext: session, read });
});

function asking(headers: Record<string, string> = {}, target = TARGET, origin = 'http://gateway') {
  return new Context<GatewayEnv>(new Request(`${origin}${target}`, { headers }));
}

test('the same key in the same words finds the answer', async () => {
  const found = before.find(principal, asking({ 'user-agent': 'another', 'x-forwarded-for': '192.0.2.1' }));
  expect(found).toMatchObject({ route: '/compute/*', result: 'hit' });
  const answer = found?.answer(new ResponseHeaders());
  expect(await answer?.text()).toBe('{}');
});

describe('nothing is found', () => {
  test.each([
    ['another target', () => asking({}, `${TARGET}/detail`)],
    ['another address of the gateway', () => asking({}, TARGET, 'http://other')],
    ['a condition', () => asking({ 'if-none-match': 'x' })],
    ['another microversion', () => asking({ 'openstack-api-version': 'compute 2.79' })],
    ['… as one vendor calls it', () => asking({ 'x-openstack-nova-microversion': '2.79' })],
    ['another kind of answer', () => asking({ accept: 'text/html' })],
  ])('for %s', (_, asked) => {
    expect(before.find(principal, asked())).toBeNull();
  });

  test.each<[string, Principal]>([
    ['another key', { ...principal, keyId: 'k2' }],
    ['a key that was changed', { ...principal, scopes: [] }],
  ])('by %s', (_, who) => {
    expect(before.find(who, asking())).toBeNull();
  });

  test('when the cloud has let the caller in anew, or not at all', () => {
    knownSession = { ...session };
    expect(before.find(principal, asking())).toBeNull();
    knownSession = null;
    expect(before.find(principal, asking())).toBeNull();
  });

  test('when the answer holds no more', () => {
    kept = null;
    expect(before.find(principal, asking())).toBeNull();
  });
});

describe('the key', () => {
  const key = { id: 'i'.repeat(16), secret: 's'.repeat(33) };
  const issue = async (expiresAt = Math.floor(Date.now() / 1000) + 60) => {
    const { text, token } = await tokens.issue(key, 'password', { issuedAt: 0, expiresAt });
    return { token, keyIn: () => before.keyIn(asking({ 'x-auth-token': text })) };
  };

  test('is what a token stands for, while it lives', async () => {
    const { token, keyIn } = await issue();
    expect(keyIn()).toBe(token);
    expect((await issue(1)).keyIn()).toBeUndefined();
  });

  test('may stand in place of a token', () => {
    expect(before.keyIn(asking({ 'x-auth-token': 'ln_key' }))).toBe('ln_key');
  });

  test('is not in a token that was not opened here, and in none', () => {
    expect(before.keyIn(asking({ 'x-auth-token': `lnt_${'a'.repeat(116)}` }))).toBeUndefined();
    expect(before.keyIn(asking())).toBeUndefined();
  });
});
