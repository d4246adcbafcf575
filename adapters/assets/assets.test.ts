import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { serveAssets } from '../../src/http/assets.ts';
import { asset } from './file.ts';
import { referencePage } from './reference-page.ts';

const TEXT = 'all work and no play\n'.repeat(200);
const app = () => serveAssets(new Map([['/text', asset('text/plain', TEXT)]]));
const decoded = {
  br: (bytes: Buffer) => brotliDecompressSync(bytes),
  gzip: (bytes: Buffer) => gunzipSync(bytes),
};

describe('a static file', () => {
  test.each([
    ['gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'br'],
    ['br;q=0.5, gzip', 'gzip'],
    ['deflate;q=0.5, GZIP;q=0.1', 'gzip'],
    ['BR', 'br'],
    ['*;q=0, br', 'br'],
    ['*', 'br'],
    ['*, br;q=0', 'gzip'],
  ] as const)('is compressed for Accept-Encoding: %s, by %s', async (encoding, expected) => {
    const response = await app().request('/text', { headers: { 'accept-encoding': encoding } });
    expect(response.headers.get('content-encoding')).toBe(expected);
    expect(response.headers.get('vary')).toBe('Accept-Encoding');
    const body = Buffer.from(await response.arrayBuffer());
    expect(body.length).toBeLessThan(TEXT.length / 10);
    expect(decoded[expected](body).toString()).toBe(TEXT);
  });

  test.each([
    undefined,
    '',
    'zstd',
    'identity',
    'gzip;q=0',
    '*;q=0',
    'gzip;q=nonsense',
    'identity, br;q=0.1',
  ])('is not compressed for Accept-Encoding: %s', async (encoding) => {
    const headers = encoding === undefined ? {} : { 'accept-encoding': encoding };
    const response = await app().request('/text', { headers });
    expect(response.headers.get('content-encoding')).toBe(null);
    expect(await response.text()).toBe(TEXT);
  });

  test.each(['br', 'gzip', 'identity'] as const)('is made once in %s for all requests', async (coding) => {
    const { bytes } = asset('text/plain', TEXT);
    const [first, second] = await Promise.all([bytes(coding), bytes(coding)]);
    expect(second).toBe(first);
  });

  test('is 304 for its entity tag in strong and in weak form, and in a list', async () => {
    const files = app();
    const tag = (await files.request('/text')).headers.get('etag') ?? '';
    const opaque = tag.replace(/^W\//, '');
    for (const header of [tag, opaque, `W/${opaque}`, `"other", ${tag}`, '*']) {
      const response = await files.request('/text', { headers: { 'if-none-match': header } });
      expect([header, response.status, await response.text()]).toEqual([header, 304, '']);
    }
    expect((await files.request('/text', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });
});

describe('the page at /docs', () => {
  const docs = serveAssets(referencePage());

  test('loads scripts under names with a content hash, to be stored for a year', async () => {
    const page = await (await docs.request('/docs')).text();
    const paths = [...page.matchAll(/(?:src|href)="(docs\/scalar\.[\w-]{16}\/[^"]+\.js)"/g)];
    expect(paths.length).toBeGreaterThan(1);
    for (const [, path] of paths) {
      const { status, headers } = await docs.request(`/${path}`);
      expect([status, headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8']);
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    }
    expect((await docs.request('/docs/scalar.js')).status).toBe(404);
  });

  test('needs a few routes only, whatever its number of files', () => {
    expect(referencePage().size).toBeGreaterThan(20);
    expect(docs.routes.map(({ path }) => path)).toEqual(['/docs', '/docs/:file{.+}']);
  });
});
