import { expect, test } from 'vitest';
import { Fingerprints } from './fingerprint.ts';

const prints = new Fingerprints(new Uint8Array(32).fill(1));
const others = new Fingerprints(new Uint8Array(32).fill(2));
const body = (text: string) => new TextEncoder().encode(text);
const url = (path: string) => new URL(path, 'http://gateway.example');

test('a scope depends on family, region and key, without ambiguity between them', () => {
  const scopes = [
    prints.scope('family', 'RegionOne', 'key'),
    prints.scope('famil', 'RegionOne', 'ykey'),
    prints.scope('family', 'RegionOne', 'key2'),
    prints.scope('family2', 'RegionOne', 'key'),
    prints.scope('', 'RegionOne', 'familykey'),
    prints.scope('family', 'RegionTwo', 'key'),
    prints.scope('family', null, 'key'),
    prints.scope('family', '', 'key'),
    prints.scope('familyRegionOne', '', 'key'),
    others.scope('family', 'RegionOne', 'key'),
  ];
  expect(new Set(scopes).size).toBe(scopes.length);
  expect(prints.scope('family', 'RegionOne', 'key')).toBe(scopes[0]);
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

test('a record of the default region has the name that a gateway of 0.2.0 gives it', () => {
  expect(prints.scope('family', null, 'key')).toBe(
    '5806f8ff4453fe4a10cfd2ce37760ab0af0790aee068cdbf8d6283f351508632',
  );
});
