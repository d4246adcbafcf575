import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const MAX_KIBIBYTES = 6;

test('the client is at most 6 KiB minified and gzipped, without dependencies', async () => {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: "export { createClient, LinguanovaError } from 'linguanova/client';",
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    metafile: true,
  });
  const kibibytes = gzipSync(outputFiles[0]?.contents ?? '').length / 1024;
  console.log(`client: ${kibibytes.toFixed(2)} KiB gzipped`);
  expect(kibibytes).toBeLessThanOrEqual(MAX_KIBIBYTES);
  const sources = Object.keys(metafile.inputs).filter((path) => path !== '<stdin>');
  expect(sources.length).toBeGreaterThan(1);
  expect(sources.filter((path) => !path.startsWith('src/client/'))).toEqual([]);
});
