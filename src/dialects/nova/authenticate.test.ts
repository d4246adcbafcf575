import { Context } from 'hono';
import { expect, test } from 'vitest';
import type { Access } from '../../access/access.ts';
import type { PresentedCredential } from '../../access/derived-credential.ts';
import { KeyTokens } from '../../access/key-token.ts';
import { importServerSecret } from '../../access/server-secret.ts';
import type { GatewayEnv } from '../../context.ts';
import { authenticateToken } from './authenticate.ts';

const KEY = { id: 'i'.repeat(16), secret: 's'.repeat(33) };
const tokens = new KeyTokens(await importServerSecret(btoa('0123456789abcdef0123456789abcdef')));

/** The credential that the check of a request with these headers looks up. */
function lookedUp(headers: Record<string, string>): PresentedCredential | undefined {
  let found: PresentedCredential | undefined;
  const cachedPrincipal = (presented: PresentedCredential | undefined) => {
    found = presented;
    return null;
  };
  const access = { verifier: { cachedPrincipal }, clientAddress: () => null } as unknown as Access;
  const request = new Request('http://gateway/compute/v2.1/servers', { headers });
  expect(authenticateToken(access, tokens).check?.(new Context<GatewayEnv>(request))).toBe(false);
  return found;
}

const issue = (expiresAt = Math.floor(Date.now() / 1000) + 60) =>
  tokens.issue(KEY, 'password', { issuedAt: 0, expiresAt });

test('the fast path takes a token until it expires', async () => {
  const { text, token } = await issue();
  expect(lookedUp({ 'x-auth-token': text })).toBe(token);
  expect(lookedUp({ 'x-auth-token': (await issue(1)).text })).toBeUndefined();
});

test('the fast path takes a key in place of a token, and the headers of the redu dialect without one', () => {
  expect(lookedUp({ 'x-auth-token': 'ln_key', 'x-api-key': 'ln_other' })).toBe('ln_key');
  expect(lookedUp({ 'x-api-key': 'ln_other' })).toBe('ln_other');
});

test('the fast path takes no token that was not opened here, and none of another origin', async () => {
  expect(lookedUp({ 'x-auth-token': `lnt_${'a'.repeat(116)}` })).toBeUndefined();
  const { text } = await issue();
  expect(lookedUp({ 'x-auth-token': text, origin: 'https://console.example' })).toBeUndefined();
  expect(lookedUp({})).toBeUndefined();
});
