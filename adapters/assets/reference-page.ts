/** The page at `/docs` that shows the contract: Scalar, a development dependency, whose files the build puts next to this module. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Asset, Assets } from '../../src/http/assets.ts';
import { asset, contentHash, immutableFile, page } from './file.ts';

/** Where `build/reference-page.ts` writes, in the built package; a checkout does not have it. */
const BUILT = join(import.meta.dirname, 'reference-page');
/** Read at the start, for its content hash. */
export const MAIN = 'standalone.esm.js';
const CHUNKS = 'chunks';

/** Scalar needs inline styles; everything else is served by the gateway. */
const SCALAR_SOURCES = ["style-src 'self' 'unsafe-inline'", "img-src 'self' data:", "font-src 'self' data:"];

const LINK = '<p>The contract of this gateway: <a href="openapi.json">openapi.json</a></p>';

const html = (body: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>linguanova API</title>
<link rel="icon" href="data:,">
</head>
<body>
${body}
</body>
</html>
`;

/** Disables everything that calls a third party: fonts, proxy, assistant, telemetry. */
const START_SCRIPT = `Scalar.createApiReference('#reference', {
  url: 'openapi.json',
  withDefaultFonts: false,
  proxyUrl: '',
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: 'never',
  persistAuth: false,
  authentication: { preferredSecurityScheme: 'apiKey' },
});
`;

/** Its files without source maps: the main module, and the chunks that it imports, some only when they are needed. */
export interface ReferenceFiles {
  readonly folder: string;
  readonly names: readonly string[];
}

/** null: this installation has none, and the page is a link to the contract. */
export function referenceFiles(): ReferenceFiles | null {
  const folder = [BUILT, installed()].find((one) => one !== null && existsSync(join(one, MAIN)));
  if (folder === undefined || folder === null) return null;
  // A built package has the compressed forms only.
  const files = readdirSync(join(folder, CHUNKS)).map((name) => name.replace(/\.(br|gz)$/, ''));
  const chunks = [...new Set(files)].filter((name) => name.endsWith('.js'));
  return { folder, names: [MAIN, ...chunks.map((name) => `${CHUNKS}/${name}`)] };
}

function installed(): string | null {
  try {
    return join(createRequire(import.meta.url).resolve('@scalar/api-reference'), '../browser');
  } catch {
    return null;
  }
}

export function referencePage(): Assets {
  const files = referenceFiles();
  if (files === null) return new Map([['/docs', page(html(LINK))]]);
  const main = readFileSync(join(files.folder, MAIN), 'utf8');
  // Chunks are named by their content, so the main module's hash covers them.
  const hash = contentHash(main).slice(0, 16);
  const base = `docs/scalar.${hash}`;
  const preloads = [...main.matchAll(/\bfrom\s*["'`]\.\/(chunks\/[\w.-]+\.js)["'`]/g)].map(
    ([, chunk]) => `<link rel="modulepreload" href="${base}/${chunk}">`,
  );
  const scripts = [`${base}/${MAIN}`, 'docs/start.js'].map(
    (path) => `<script type="module" src="${path}"></script>`,
  );
  // Scalar takes content of its element for server-side rendering.
  const body = [...preloads, '<div id="reference"></div>', `<noscript>${LINK}</noscript>`, ...scripts];
  return new Map<string, Asset>([
    ['/docs', page(html(body.join('\n')), ...SCALAR_SOURCES)],
    ['/docs/start.js', asset('text/javascript', START_SCRIPT)],
    ...files.names.map((name): [string, Asset] => [
      `/${base}/${name}`,
      immutableFile('text/javascript', join(files.folder, name), `${hash}.${name}`),
    ]),
  ]);
}
