import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { issueKey } from '../../src/access/issue-key.ts';
import { parseKey } from '../../src/access/key-format.ts';
import { importServerSecret, unseal } from '../../src/access/server-secret.ts';
import { type SharedKeys, sharedKeys } from '../support/shared-keys.ts';

let database: SharedKeys | undefined;
afterEach(() => database?.close());

const CREDENTIAL = {
  kind: 'application_credential',
  id: 'ac-of-the-customer',
  secret: 'correct horse battery staple',
} as const;

/** A key on a database on disk, and all the bytes of that database. */
async function issuedOnDisk() {
  database = sharedKeys();
  const store = await database.open();
  const server = await importServerSecret(database.secret);
  const request = {
    name: 'sealed',
    credential: CREDENTIAL,
    projectId: 'p',
    userId: 'u',
    ownsCloudCredential: true,
    credentialExpiresAt: null,
    scopes: ['instances:read'],
    plan: 'default',
    allowedCidrs: [],
    allowedOrigins: [],
    regions: null,
    expiresAt: null,
  } as const;
  const { key, text } = await issueKey(store, server, request, {
    actor: 'cli',
    address: null,
    requestId: null,
  });
  const { folder } = database;
  const bytes = Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
  const secret = parseKey(text)?.secret ?? '';
  return { store, server, key, text, secret, bytes };
}

test('the database files contain neither the key nor the credential', async () => {
  const { text, secret, key, bytes } = await issuedOnDisk();
  expect(bytes.includes(key.id), 'this is the right database').toBe(true);
  for (const never of [text, secret, secret.slice(0, 16), CREDENTIAL.secret])
    expect(bytes.includes(never)).toBe(false);
});

test('only a service key has no user', async () => {
  const { store, server, key } = await issuedOnDisk();
  const by = { actor: 'cli', address: null, requestId: null };
  for (const userId of [null, ''])
    await expect(issueKey(store, server, { ...key, credential: CREDENTIAL, userId }, by)).rejects.toThrow(
      'needs its user',
    );
  const credential = { kind: 'service', projectId: 'p' } as const;
  const issued = await issueKey(store, server, { ...key, credential, name: 's', userId: 'u' }, by);
  expect(issued.key.userId).toBeNull();
});

test('the database and the server’s secret together open no credential', async () => {
  const { store, server, key, secret } = await issuedOnDisk();
  const row = await store.find(key.id);
  if (row === null) throw new Error('the key is not there');
  const guesses = [
    '',
    row.id,
    row.familyId,
    row.lastFour,
    row.name,
    row.createdAt,
    Buffer.from(row.secretHash).toString('hex'),
    Buffer.from(row.secretHash).toString('base64'),
    Buffer.from(row.secretHash).toString('latin1'),
    database?.secret ?? '',
  ];
  for (const guess of guesses) {
    expect(await unseal(server, guess, row, row.sealedCredential)).toBeNull();
  }
  expect(await unseal(server, secret, row, row.sealedCredential)).toEqual(CREDENTIAL);
});

test('an altered seal, or that of another key, is rejected', async () => {
  const { server, key, secret } = await issuedOnDisk();
  const altered = key.sealedCredential.with(20, (key.sealedCredential[20] ?? 0) ^ 0x80);
  expect(await unseal(server, secret, key, altered)).toBeNull();
  expect(await unseal(server, secret, { ...key, id: 'anotherkey000000' }, key.sealedCredential)).toBeNull();
});
