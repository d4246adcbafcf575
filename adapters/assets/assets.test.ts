import { gunzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { serveAssets } from '../../src/http/assets.ts';
import { contractAssets } from './contract.ts';
import { asset } from './file.ts';

const TEXT = 'all work and no play\n'.repeat(200);
const app = () => serveAssets(new Map([['/text', asset('text/plain', TEXT)]]));

describe('a static file', () => {
  test.each(['gzip', 'br, gzip', 'deflate;q=0.5, GZIP;q=0.1', '*'])(
    'is compressed for Accept-Encoding: %s',
    async (encoding) => {
      const response = await app().request('/text', { headers: { 'accept-encoding': encoding } });
      expect(response.headers.get('content-encoding')).toBe('gzip');
      expect(response.headers.get('vary')).toBe('Accept-Encoding');
      const body = Buffer.from(await response.arrayBuffer());
      expect(body.length).toBeLessThan(TEXT.length / 10);
      expect(gunzipSync(body).toString()).toBe(TEXT);
    },
  );

  test.each([undefined, '', 'br', 'identity', 'gzip;q=0', '*;q=0, br', 'gzip;q=nonsense'])(
    'is not compressed for Accept-Encoding: %s',
    async (encoding) => {
      const headers = encoding === undefined ? {} : { 'accept-encoding': encoding };
      const response = await app().request('/text', { headers });
      expect(response.headers.get('content-encoding')).toBe(null);
      expect(await response.text()).toBe(TEXT);
    },
  );

  test('is compressed once for all requests', async () => {
    const compressed = vi.spyOn(globalThis, 'CompressionStream');
    try {
      const files = app();
      for (let count = 0; count < 3; count++) {
        const response = await files.request('/text', { headers: { 'accept-encoding': 'gzip' } });
        await response.arrayBuffer();
      }
      expect(compressed).toHaveBeenCalledTimes(1);
    } finally {
      compressed.mockRestore();
    }
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

test('the script of /docs is served under a name with its content hash, to be stored for a year', async () => {
  const docs = serveAssets(contractAssets(null));
  const page = await (await docs.request('/docs')).text();
  const path = /src="(docs\/scalar\.[\w-]{16}\.js)"/.exec(page)?.[1];
  const script = await docs.request(`/${path}`, { headers: { 'accept-encoding': 'gzip' } });
  expect(script.status).toBe(200);
  expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect((await script.arrayBuffer()).byteLength).toBeLessThan(2_000_000);
});
