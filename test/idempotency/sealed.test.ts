import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseKey } from '../../src/access/key-format.ts';
import { importServerSecret } from '../../src/access/server-secret.ts';
import { openResponse } from '../../src/traffic/idempotency/stored-response.ts';
import { ReduClient } from '../support/redu-client.ts';
import { type Nodes, startNodes } from './nodes.ts';

let nodes: Nodes;
beforeEach(() => {
  nodes = startNodes();
});
afterEach(() => nodes.close());

const bytesOnDisk = () =>
  Buffer.concat(
    readdirSync(nodes.shared.folder).map((name) => readFileSync(join(nodes.shared.folder, name))),
  );

/** Every 12 characters in a row. */
function windows(text: string): string[] {
  return Array.from({ length: text.length - 11 }, (_, start) => text.slice(start, start + 12));
}

const rotate = (client: ReduClient) =>
  client.request(
    'POST',
    `/v1/api_keys/${parseKey(client.key)?.id}/rotate`,
    { overlap_seconds: 600 },
    { 'idempotency-key': 'rotation' },
  );

test('the database files contain no 12 characters of a private key or API key', async () => {
  const client = await nodes.client(await nodes.node());
  const pair = await client.postOnce('the-key-of-the-customer', '/v1/keypairs', { name: 'fresh' });
  const rotated = await rotate(client);
  expect((await rotate(client)).body, 'replayed').toEqual(rotated.body);
  const bytes = bytesOnDisk();
  const [secret = ''] = [parseKey(rotated.body.key)?.secret];
  const lines: string[] = pair.body.private_key.split('\n').filter((line: string) => !line.startsWith('--'));
  const secrets = [...lines, secret].flatMap((text) => (text.length < 12 ? [] : windows(text)));
  expect(secrets.length).toBeGreaterThan(1_000);
  // One text for all, for thousands of searches in megabytes.
  const text = bytes.toString('latin1');
  expect(secrets.filter((part) => text.includes(part))).toEqual([]);
  for (const never of ['the-key-of-the-customer', 'private_key']) expect(text.includes(never)).toBe(false);
  expect(text.includes(parseKey(rotated.body.key)?.id ?? ''), 'this is the right database').toBe(true);
});

test('a response is unsealed only with both secrets and in its own record', async () => {
  const client = await nodes.client(await nodes.node());
  const pair = await client.postOnce('k', '/v1/keypairs', { name: 'fresh' });
  const row = recordOnDisk();
  if (nodes.credential.kind !== 'application_credential') throw new Error('not as the test needs it');
  const server = await importServerSecret(nodes.shared.secret);
  const stranger = await importServerSecret(btoa('x'.repeat(32)));
  const { secret } = nodes.credential;
  const opened = await openResponse(server, secret, row.scope, row.sealed_answer);
  expect(JSON.parse(opened?.body ?? '')).toEqual(pair.body);
  const altered = row.sealed_answer.with(20, (row.sealed_answer[20] ?? 0) ^ 1);
  expect(await openResponse(server, secret, row.scope, altered)).toBeNull();
  expect(await openResponse(server, secret, `${row.scope}0`, row.sealed_answer)).toBeNull();
  expect(await openResponse(server, 'another', row.scope, row.sealed_answer)).toBeNull();
  expect(await openResponse(server, '', row.scope, row.sealed_answer)).toBeNull();
  expect(await openResponse(stranger, secret, row.scope, row.sealed_answer)).toBeNull();
});

test('a response to a service key is unsealed by that key only: 409 after a rotation', async () => {
  const client = await nodes.client(await nodes.node(), nodes.serviceCredential);
  const body = { name: 'web' };
  const first = await client.postOnce('k', '/v1/security_groups', body);
  expect(first.status).toBe(201);
  const successor = new ReduClient(client.url, (await rotate(client)).body.key);
  const again = await successor.postOnce('k', '/v1/security_groups', body);
  expect([again.status, again.body.error.code]).toEqual([409, 'conflictingRequest']);
  expect(again.body.error.message).toContain('rotated');
  expect((await client.postOnce('k', '/v1/security_groups', body)).body, 'the old key').toEqual(first.body);
  const groups = (await client.get('/v1/security_groups')).body.items;
  expect(groups.filter(({ name }: { name: string }) => name === 'web')).toHaveLength(1);
});

function recordOnDisk(): { scope: string; sealed_answer: Uint8Array } {
  const database = new DatabaseSync(join(nodes.shared.folder, 'keys.db'));
  try {
    const row = database.prepare('select scope, sealed_answer from idempotency').get();
    const { scope, sealed_answer } = row ?? {};
    if (typeof scope !== 'string' || !(sealed_answer instanceof Uint8Array)) throw new Error('no record');
    return { scope, sealed_answer };
  } finally {
    database.close();
  }
}
