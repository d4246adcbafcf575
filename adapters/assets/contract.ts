/** The contract at `/openapi.json`. */

import type { Asset, Assets } from '../../src/http/assets.ts';
import { openApi } from '../../src/openapi/document.ts';
import { VERSION } from '../../src/version.ts';
import { asset } from './file.ts';

/** Readable from any origin: it holds no secret. */
const PUBLIC_HEADERS = { 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' };

/** @param publicUrl `LINGUANOVA_PUBLIC_URL`; null: the contract names the host that it was read from. */
export function contractAssets(publicUrl: string | null): Assets {
  const contract = openApi(VERSION, publicUrl?.replace(/(?<!\/)\/+$/, ''));
  return new Map<string, Asset>([
    ['/openapi.json', asset('application/json', JSON.stringify(contract), PUBLIC_HEADERS)],
  ]);
}
