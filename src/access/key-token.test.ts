import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { formatKey, generateKey } from './key-format.ts';
import { KeyTokens } from './key-token.ts';
import { importServerSecret } from './server-secret.ts';

const now = () => Math.floor(Date.now() / 1000);
const fresh = async () => new KeyTokens(await importServerSecret(randomBytes(32).toString('base64')));

test('opens to its key on every node with the same secret', async () => {
  const secret = await importServerSecret(randomBytes(32).toString('base64'));
  const key = generateKey();
  const lifetime = { issuedAt: now(), expiresAt: now() + 60 };
  const { text, token } = await new KeyTokens(secret).issue(key, 'password', lifetime);
  const elsewhere = new KeyTokens(secret);
  expect(await elsewhere.open(text)).toEqual(token);
  expect(token).toMatchObject({ key: formatKey(key), method: 'password', ...lifetime });
  expect(elsewhere.isUnexpired(token)).toBe(true);
});

test('is a valid header value, shorter than a Fernet token, and does not reveal the key', async () => {
  const key = generateKey();
  const { text } = await (await fresh()).issue(key, 'token', { issuedAt: now(), expiresAt: now() + 60 });
  expect(text).toMatch(/^lnt_[0-9A-Za-z_-]{116}$/);
  expect(text).not.toContain(key.id);
  expect(text).not.toContain(key.secret);
});

test('does not open with another secret or after the change of a single character', async () => {
  const tokens = await fresh();
  const issued = await tokens.issue(generateKey(), 'token', { issuedAt: now(), expiresAt: now() + 60 });
  expect(await (await fresh()).open(issued.text)).toBeNull();
  for (let at = 4; at < issued.text.length; at++) {
    const other = issued.text[at] === 'A' ? 'B' : 'A';
    const altered = issued.text.slice(0, at) + other + issued.text.slice(at + 1);
    expect(await tokens.open(altered), altered).toBeNull();
  }
});

test.each(['', 'lnt_', 'lnt_x', 'gAAAAABr', `lnt_${'A'.repeat(116)}`, `lnt_${'='.repeat(116)}`, 'ln_a_b'])(
  '%s is not a token',
  async (text) => {
    expect(await (await fresh()).open(text)).toBeNull();
  },
);

test('expires by the clock', async () => {
  const tokens = await fresh();
  const old = await tokens.issue(generateKey(), 'token', { issuedAt: now() - 10, expiresAt: now() - 1 });
  expect(tokens.isUnexpired(old.token)).toBe(false);
  const { token } = await tokens.issue(generateKey(), 'token', { issuedAt: now(), expiresAt: now() + 60 });
  expect(tokens.isUnexpired(token)).toBe(true);
});
