import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeReferencePage } from '../../build/reference-page.ts';
import { serveAssets } from '../../src/http/assets.ts';
import { launchChromium } from '../support/chromium.ts';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';

const ADAPTER = join(import.meta.dirname, '../../adapters/assets');
const MAX_BYTES = { br: 1_100_000, gzip: 1_500_000 };

const folder = mkdtempSync(join(tmpdir(), 'linguanova-reference-'));
const built = join(folder, 'reference-page');
beforeAll(() => writeReferencePage(built));
afterAll(() => rmSync(folder, { recursive: true }));

/** The assets of an installation without the development dependency. */
async function installed(name: string, pageFolder: string | null) {
  const assets = join(folder, name, 'adapters/assets');
  mkdirSync(assets, { recursive: true });
  for (const file of ['file.ts', 'reference-page.ts']) copyFileSync(join(ADAPTER, file), join(assets, file));
  if (pageFolder !== null) cpSync(pageFolder, join(assets, 'reference-page'), { recursive: true });
  const module = await import(pathToFileURL(join(assets, 'reference-page.ts')).href);
  return serveAssets((module as typeof import('../../adapters/assets/reference-page.ts')).referencePage());
}

test('a package without the development dependency serves the files that the build compressed', async () => {
  const app = await installed('package', built);
  const page = await (await app.request('/docs')).text();
  const [path = '', name = ''] = /docs\/scalar\.[\w-]{16}\/(standalone\.esm\.js)/.exec(page) ?? [];
  for (const [coding, extension] of [
    ['br', '.br'],
    ['gzip', '.gz'],
  ] as const) {
    const response = await app.request(`/${path}`, { headers: { 'accept-encoding': coding } });
    expect(response.headers.get('content-encoding')).toBe(coding);
    const file = readFileSync(join(built, name + extension));
    expect(Buffer.from(await response.arrayBuffer()).equals(file), coding).toBe(true);
  }
});

test('an installation without both has a page that links the contract', async () => {
  const app = await installed('bare', null);
  const response = await app.request('/docs');
  expect([response.status, await response.text()]).toEqual([
    200,
    expect.stringContaining('<a href="openapi.json">'),
  ]);
});

const browser: Browser | null = await launchChromium();
afterAll(() => browser?.close());

describe.skipIf(browser === null)('in Chromium', { timeout: 120_000 }, () => {
  if (browser === null) return;
  let gateway: GatewayProcess;
  beforeAll(async () => {
    gateway = await startProcess({ LOG_LEVEL: 'silent' });
  });
  afterAll(() => gateway.end('SIGTERM'));

  test('the page lists the groups, selects the API key, asks no other host, and loads at most 1.1 MB by brotli and 1.5 MB by gzip', async () => {
    const page = await browser.newPage();
    const problems: string[] = [];
    const urls: string[] = [];
    page.on('pageerror', ({ message }) => problems.push(message));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('requestfinished', (request) => urls.push(request.url()));
    await page.goto(`${gateway.url}/docs`);
    await page.getByText('security groups', { exact: true }).first().waitFor();
    await page.getByText('Selected Auth Type: apiKey').first().waitFor();
    expect(problems).toEqual([]);
    const files = urls.filter((url) => !url.startsWith('data:'));
    expect(files.filter((url) => new URL(url).origin !== gateway.url)).toEqual([]);
    for (const [coding, most] of Object.entries(MAX_BYTES)) {
      const sizes = await Promise.all(files.map((url) => transferred(url, coding)));
      expect(
        sizes.reduce((total, size) => total + size, 0),
        coding,
      ).toBeLessThan(most);
    }
    await page.close();
  });
});

/** Bytes on the wire; fetch would decompress them. */
function transferred(url: string, coding: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { 'accept-encoding': coding } }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on('end', () => resolve(bytes));
    }).on('error', reject);
  });
}
