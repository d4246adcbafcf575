import { expect, test, vi } from 'vitest';
import { reduApp } from '../../../test/support/redu-app.ts';

const KEYPAIR = { name: 'laptop', type: 'ssh' as const, publicKey: 'ssh-ed25519 AAAA', fingerprint: 'aa:bb' };
const SHOWN = { name: 'laptop', type: 'ssh', public_key: 'ssh-ed25519 AAAA', fingerprint: 'aa:bb' };

test('lists, shows and deletes', async () => {
  const getKeyPair = vi.fn(async () => KEYPAIR);
  const deleteKeyPair = vi.fn(async () => {});
  const { call } = reduApp({ listKeyPairs: async () => [KEYPAIR], getKeyPair, deleteKeyPair });
  expect((await call('GET', '/v1/keypairs')).json).toEqual({ items: [SHOWN], next_cursor: null });
  expect((await call('GET', '/v1/keypairs/my%20key@work.0')).json).toEqual(SHOWN);
  expect(getKeyPair).toHaveBeenCalledWith('my key@work.0');
  const { status, text } = await call('DELETE', '/v1/keypairs/laptop');
  expect([status, text]).toEqual([204, '']);
  expect(deleteKeyPair).toHaveBeenCalledWith('laptop');
});

test('a key that is given has no private half to show', async () => {
  const createKeyPair = vi.fn(async () => ({ ...KEYPAIR, privateKey: null }));
  const body = { name: 'laptop', public_key: KEYPAIR.publicKey };
  const { status, json } = await reduApp({ createKeyPair }).call('POST', '/v1/keypairs', body);
  expect([status, json]).toEqual([201, SHOWN]);
  expect(createKeyPair).toHaveBeenCalledWith('laptop', KEYPAIR.publicKey, 'ssh');
});

test('a key that is made is shown whole, this once', async () => {
  const createKeyPair = vi.fn(async () => ({ ...KEYPAIR, privateKey: 'PRIVATE' }));
  const { json } = await reduApp({ createKeyPair }).call('POST', '/v1/keypairs', { name: 'laptop' });
  expect(json).toEqual({ ...SHOWN, private_key: 'PRIVATE' });
  expect(createKeyPair).toHaveBeenCalledWith('laptop', null, 'ssh');
});

test.each(['a/b', '..', '.', '', 'ż', ' a', 'x'.repeat(256), 'a\n'])(
  'refuses the name %.20j',
  async (name) => {
    expect((await reduApp().problems('POST', '/v1/keypairs', { name }))[0]).toMatch(/^name: must /);
  },
);

test.each(['a%2Fb', '%C5%BC', 'a%00', 'a%3Fb', '..%2Fservers', `${'x'.repeat(256)}`, '%zz'])(
  'the path %.20s is 404 and never forwarded',
  async (name) => {
    expect((await reduApp().call('GET', `/v1/keypairs/${name}`)).status).toBe(404);
    expect((await reduApp().call('DELETE', `/v1/keypairs/${name}`)).status).toBe(404);
  },
);

test('writing needs keypairs:write', async () => {
  const { call } = reduApp({}, ['instances:read', 'instances:write']);
  expect((await call('POST', '/v1/keypairs', { name: 'x' })).status).toBe(403);
  expect((await call('DELETE', '/v1/keypairs/x')).status).toBe(403);
});
