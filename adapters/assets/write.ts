/**
 * Writes the static files as Cloudflare's Workers serve them, with their headers: `wrangler` runs it before it bundles.
 *
 * @module
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { consoleAssets } from './console.ts';
import { contractAssets } from './contract.ts';

const TARGET = join(import.meta.dirname, '../../dist/assets');
/** What Workers read of `_headers`. */
const MAX_RULES = 100;

rmSync(TARGET, { recursive: true, force: true });
const rules: string[] = [];
for (const [path, asset] of [
  ...consoleAssets(),
  ...contractAssets(process.env.LINGUANOVA_PUBLIC_URL || null),
]) {
  // The platform has tags of its own.
  const { ETag: _, ...headers } = asset.headers;
  const isPage = headers['Content-Type']?.startsWith('text/html') === true;
  const target = join(TARGET, isPage ? `${path}.html` : path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, asset.body);
  rules.push([path, ...Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`)].join('\n'));
}
if (rules.length > MAX_RULES)
  throw new Error(`_headers has ${rules.length} rules, and ${MAX_RULES} are read`);
writeFileSync(join(TARGET, '_headers'), `${rules.join('\n')}\n`);
