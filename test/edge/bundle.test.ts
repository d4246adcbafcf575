import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { bundled } from '../support/worker-bundle.ts';

/** What a worker may weigh: small enough to start in milliseconds wherever it is asked for. */
const MAX_KIBIBYTES = 150;

let script: string;
beforeAll(async () => {
  script = await bundled('wrangler.toml');
});

test('the bundle weighs at most 150 KiB, gzipped', () => {
  const kibibytes = gzipSync(script).length / 1024;
  console.log(`bundle: ${(script.length / 1024).toFixed(1)} KiB, gzipped ${kibibytes.toFixed(1)} KiB`);
  expect(kibibytes).toBeLessThanOrEqual(MAX_KIBIBYTES);
});

test('nothing of Node is in it', () => {
  expect(script).not.toMatch(/["']node:\w+["']/);
});
