/** Writes the static files and `_headers` for Cloudflare Workers; `wrangler` runs it before bundling. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { consoleAssets } from './console.ts';
import { contractAssets } from './contract.ts';

const TARGET = join(import.meta.dirname, '../../dist/assets');
/** Workers ignore further rules. */
const MAX_RULES = 100;

rmSync(TARGET, { recursive: true, force: true });
const rules: string[] = [];
for (const [path, asset] of [
  ...consoleAssets(),
  ...contractAssets(process.env.LINGUANOVA_PUBLIC_URL || null),
]) {
  // The platform adds its own.
  const { ETag: _, ...headers } = asset.headers;
  const isPage = headers['Content-Type']?.startsWith('text/html') === true;
  const target = join(TARGET, isPage ? `${path}.html` : path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, asset.body);
  rules.push([path, ...Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`)].join('\n'));
}
if (rules.length > MAX_RULES)
  throw new Error(`_headers has ${rules.length} rules; the maximum is ${MAX_RULES}`);
writeFileSync(join(TARGET, '_headers'), `${rules.join('\n')}\n`);
