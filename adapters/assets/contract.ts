/** The contract at `/openapi.json`, and Scalar's page for it at `/docs`, bundled from its package. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Asset, Assets } from '../../src/http/assets.ts';
import { openApi } from '../../src/openapi/document.ts';
import { asset, contentHash, IMMUTABLE, page } from './file.ts';

const ROOT = join(import.meta.dirname, '../..');
const SCALAR = '@scalar/api-reference';

/** Scalar needs inline styles; everything else is served by the gateway. */
const SCALAR_SOURCES = ["style-src 'self' 'unsafe-inline'", "img-src 'self' data:", "font-src 'self' data:"];

/** Readable from any origin: it holds no secret. */
const PUBLIC_HEADERS = { 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' };

const html = (scalarPath: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>linguanova API</title>
<link rel="icon" href="data:,">
</head>
<body>
<div id="reference"></div>
<script src="${scalarPath.slice(1)}"></script>
<script src="docs/start.js"></script>
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
});
`;

/** @param publicUrl `LINGUANOVA_PUBLIC_URL`; null: the contract names the host that it was read from. */
export function contractAssets(publicUrl: string | null): Assets {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const scalar = readFileSync(
    join(createRequire(import.meta.url).resolve(SCALAR), '../browser/standalone.js'),
    'utf8',
  );
  const scalarPath = `/docs/scalar.${contentHash(scalar).slice(0, 16)}.js`;
  return new Map<string, Asset>([
    [
      '/openapi.json',
      asset(
        'application/json',
        JSON.stringify(openApi(version, publicUrl?.replace(/(?<!\/)\/+$/, ''))),
        PUBLIC_HEADERS,
      ),
    ],
    ['/docs', page(html(scalarPath), ...SCALAR_SOURCES)],
    ['/docs/start.js', asset('text/javascript', START_SCRIPT)],
    [scalarPath, asset('text/javascript', scalar, IMMUTABLE)],
  ]);
}
