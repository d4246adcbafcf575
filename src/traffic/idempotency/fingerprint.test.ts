import { expect, test } from 'vitest';
import { Fingerprints } from './fingerprint.ts';

const prints = new Fingerprints(new Uint8Array(32).fill(1));
const others = new Fingerprints(new Uint8Array(32).fill(2));
const body = (text: string) => new TextEncoder().encode(text);
const url = (path: string) => new URL(path, 'http://gateway.example');

test('a scope depends on family and key, without ambiguity between them', () => {
  const scopes = [
    prints.scope('family', 'key'),
    prints.scope('famil', 'ykey'),
    prints.scope('family', 'key2'),
    prints.scope('family2', 'key'),
    prints.scope('', 'familykey'),
    others.scope('family', 'key'),
  ];
  expect(new Set(scopes).size).toBe(scopes.length);
  expect(prints.scope('family', 'key')).toBe(scopes[0]);
});

test('a fingerprint depends on method, path, query and every byte of the body', async () => {
  const requests = await Promise.all([
    prints.request('POST', url('/v1/a'), body('{}')),
    prints.request('PUT', url('/v1/a'), body('{}')),
    prints.request('POST', url('/v1/b'), body('{}')),
    prints.request('POST', url('/v1/a?x=1'), body('{}')),
    prints.request('POST', url('/v1/a'), body('{ }')),
    prints.request('POST', url('/v1/a'), body('')),
    others.request('POST', url('/v1/a'), body('{}')),
  ]);
  expect(new Set(requests).size).toBe(requests.length);
  expect(await prints.request('POST', url('/v1/a/'), body('{}')), 'a slash at the end').toBe(requests[0]);
});

test('a key reused after expiry has another mark', () => {
  const [first, second] = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.001Z'].map((createdAt) =>
    prints.mark({ scope: 's', createdAt }),
  );
  expect(first).toMatch(/^[0-9a-f]{32}$/);
  expect(second).not.toBe(first);
});
