/** Writes the static files and `_headers` for Cloudflare Workers, which compresses them; `wrangler` runs it before bundling. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { consoleAssets } from './console.ts';
import { contractAssets } from './contract.ts';
import { referencePage } from './reference-page.ts';

const TARGET = join(import.meta.dirname, '../../dist/assets');
/** Workers ignore further rules. */
const MAX_RULES = 100;

rmSync(TARGET, { recursive: true, force: true });
const rules = new Map<string, string>();
for (const [path, asset] of [
  ...consoleAssets(),
  ...contractAssets(process.env.LINGUANOVA_PUBLIC_URL || null),
  ...referencePage(),
]) {
  // The platform adds its own.
  const { ETag: _, ...headers } = asset.headers;
  const isPage = headers['Content-Type']?.startsWith('text/html') === true;
  const target = join(TARGET, isPage ? `${path}.html` : path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, await asset.bytes('identity'));
  const pattern = path.replace(/^(\/docs\/scalar\.[^/]+)\/.*$/, '$1/*');
  const lines = Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`);
  rules.set(pattern, [pattern, ...lines].join('\n'));
}
if (rules.size > MAX_RULES) throw new Error(`_headers has ${rules.size} rules; the maximum is ${MAX_RULES}`);
writeFileSync(join(TARGET, '_headers'), `${[...rules.values()].join('\n')}\n`);
