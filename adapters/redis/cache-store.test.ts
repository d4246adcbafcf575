import { expect, test } from 'vitest';
import type { CachedResponse } from '../../src/traffic/cache/cache-store.ts';
import { decodeEntry, encodeEntry } from './cache-store.ts';

const RESPONSE: CachedResponse = {
  body: new TextEncoder().encode('[{"name":"ü"}]'),
  headers: { 'content-type': 'application/json', link: '</v1/instances?limit=1&marker=x>; rel="next"' },
  etag: 'W/"abc"',
  generatedAt: 1_000_000,
  freshnessLifetimeMs: 5_000,
  version: 1_764_000_000_000_000,
};

test('an encoded entry is decoded with its age, from the remaining TTL', () => {
  const bytes = encodeEntry(RESPONSE, 300_000);
  expect(decodeEntry(bytes, 298_000, 9_000_000)).toEqual({ ...RESPONSE, generatedAt: 8_998_000 });
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['another format', Buffer.concat([Buffer.from([1]), encodeEntry(RESPONSE, 1).subarray(1)])],
  ['half of it', encodeEntry(RESPONSE, 1).subarray(0, 40)],
  ['a length that is not there', Buffer.from([2, 255, 255, 255, 255, 123])],
  ['other JSON', Buffer.from('\u0002\u0000\u0000\u0000\u0002{}', 'latin1')],
])('decodes %s to null', (_, bytes) => {
  expect(decodeEntry(bytes, 1_000, 0)).toBeNull();
});
