/**
 * The console's files for browsers. Its modules use erasable TypeScript syntax only, so a checkout needs no build; the built
 * package has them as JavaScript.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import type { Asset, Assets } from '../../src/http/assets.ts';
import { asset, page } from './file.ts';

const SOURCES = join(import.meta.dirname, '../../src');
/** Served at `/console/src/...`. */
const MODULES = ['console/browser', 'client'];

/** No markup from strings. */
const TRUSTED_TYPES = ["require-trusted-types-for 'script'", "trusted-types 'none'"];

/** The page, at `/console`, with its style and modules. */
export function consoleAssets(): Assets {
  const read = (path: string) => readFileSync(join(SOURCES, path), 'utf8');
  const modules = MODULES.flatMap(modulesIn);
  const preload = modules.map((path) => `<link rel="modulepreload" href="console/src/${scriptPath(path)}">`);
  const html = read('console/browser/page.html').replace('</head>', `${preload.join('')}</head>`);
  return new Map<string, Asset>([
    ['/console', page(html, "style-src 'self'", "img-src 'self'", ...TRUSTED_TYPES)],
    ['/console/style.css', asset('text/css', read('console/browser/style.css'))],
    ['/console/icon.svg', asset('image/svg+xml', read('console/browser/icon.svg'))],
    ...modules.map((path): [string, Asset] => [
      `/console/src/${scriptPath(path)}`,
      asset('text/javascript', path.endsWith('.ts') ? scriptOf(read(path)) : read(path)),
    ]),
  ]);
}

function modulesIn(folder: string): string[] {
  return readdirSync(join(SOURCES, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /(?<!\.test|\.d)\.[jt]s$/.test(name))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .sort();
}

function scriptPath(path: string): string {
  return path.replace(/\.ts$/, '.js');
}

/** Renames to `.js`: file servers treat `.ts` as video. */
function scriptOf(source: string): string {
  return withoutTypes(source).replaceAll(/((?:\bfrom|\bimport)\s*\(?\s*'\.[^'\n]*)\.ts'/g, "$1.js'");
}

/** Suppresses Node's warning that type stripping is experimental. */
function withoutTypes(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}
