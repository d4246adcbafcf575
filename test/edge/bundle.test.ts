import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { bundled } from '../support/worker-bundle.ts';

/** Maximum size of the bundle after gzip. The platform allows 3 MB; start-up time is what matters, and it follows the size. */
const MAX_KIBIBYTES = 1024;

let script: string;
beforeAll(async () => {
  script = await bundled('wrangler.toml');
});

test('the bundle is at most 1 MiB after gzip', () => {
  const kibibytes = gzipSync(script).length / 1024;
  console.log(`bundle: ${(script.length / 1024).toFixed(1)} KiB, gzipped ${kibibytes.toFixed(1)} KiB`);
  expect(kibibytes).toBeLessThanOrEqual(MAX_KIBIBYTES);
});

test('the bundle has no Node module', () => {
  expect(script).not.toMatch(/["']node:\w+["']/);
});
