/** What the package `@linguanova/client` promises, in each runtime that it names. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import type { Browser } from 'playwright-core';
import { afterAll, describe, expect, test } from 'vitest';
import { contractSource } from '../../build/client-contract.ts';
import { launchChromium } from '../support/chromium.ts';
import { ROOT, run, type Tools } from './setup.ts';

const MAX_KIBIBYTES = 6;
/** Of `project/check.js`. */
const EXPECTED = { state: 'active', event: 'ready', flavors: true, refused: 'unauthorized' };

/** Known once everything is installed. */
export interface Installed {
  readonly tools: Tools;
  /** A project with the client, and what is in `project/`. */
  readonly folder: string;
  readonly url: string;
  readonly key: string;
}

export async function clientSuite(installed: () => Installed): Promise<void> {
  const browser: Browser | null = await launchChromium();
  afterAll(() => browser?.close());
  const file = (name: string) => join(installed().folder, 'node_modules/@linguanova/client', name);
  const text = (name: string) => readFileSync(file(name), 'utf8');

  describe('@linguanova/client', () => {
    test('is one script of at most 6 KiB gzipped and one file of types, and imports nothing', () => {
      const kibibytes = gzipSync(text('index.js')).length / 1024;
      console.log(`@linguanova/client: ${kibibytes.toFixed(2)} KiB gzipped, not minified`);
      expect(kibibytes).toBeLessThanOrEqual(MAX_KIBIBYTES);
      for (const name of ['index.js', 'index.d.ts']) expect(text(name)).not.toMatch(/\bimport\b|\bfrom '/);
      expect(JSON.parse(text('package.json'))).not.toHaveProperty('dependencies');
    });

    test('has the types that the schemas of the routes have', async () => {
      const target = join(ROOT, 'dist/same-types');
      mkdirSync(target, { recursive: true });
      writeFileSync(join(target, 'written.ts'), contractSource());
      writeFileSync(join(target, 'same.ts'), SAME_TYPES);
      writeFileSync(join(target, 'tsconfig.json'), '{"extends": "../../tsconfig.json", "include": ["*.ts"]}');
      expect(await run(join(ROOT, 'node_modules/.bin/tsc'), ['--project', target])).toBe('');
      rmSync(target, { recursive: true });
    });

    test.each([
      ['the current TypeScript', () => join(ROOT, 'node_modules/.bin/tsc'), 'Bundler'],
      ['the current TypeScript, as Node resolves', () => join(ROOT, 'node_modules/.bin/tsc'), 'NodeNext'],
      ['TypeScript 5.4', () => installed().tools.module('typescript-5/bin/tsc'), 'Bundler'],
    ])('type-checks strictly without types of Node: %s', async (_, compiler, resolution) => {
      const examples = printedExamples();
      expect(examples.length).toBeGreaterThan(0);
      examples.forEach((example, index) => {
        writeFileSync(
          join(installed().folder, `example-${index}.ts`),
          `declare const apiKey: string;\n${example}`,
        );
      });
      writeFileSync(join(installed().folder, 'wrong.ts'), WRONG);
      const module = resolution === 'NodeNext' ? 'NodeNext' : 'ESNext';
      const args = ['--project', installed().folder, '--module', module, '--moduleResolution', resolution];
      expect(await run(compiler(), args)).toBe('');
    });

    test.concurrent.each([
      ['Node 20.19', () => installed().tools.module('node-20/bin/node'), []],
      ['Node 22.19', () => installed().tools.module('node-22/bin/node'), []],
      ['Node 24', () => process.execPath, []],
      ['Bun', () => installed().tools.module('@oven/bun-linux-x64/bin/bun'), []],
      [
        'Deno',
        () => installed().tools.module('@deno/linux-x64-glibc/deno'),
        ['run', '--quiet', '--allow-net'],
      ],
    ])('works in %s', async (_, program, args) => {
      const printed = await run(program(), [...args, 'run.js', installed().url, installed().key], {
        cwd: installed().folder,
      });
      expect(JSON.parse(printed)).toEqual(EXPECTED);
    });

    test.concurrent('works in workerd', async () => {
      const module = (path: string, contents: string) => ({ type: 'ESModule' as const, path, contents });
      const own = (name: string) =>
        module(
          name,
          readFileSync(join(installed().folder, name), 'utf8').replace(
            "'@linguanova/client'",
            "'./client.js'",
          ),
        );
      const worker = new Miniflare(
        convertV4MiniflareOptions({
          compatibilityDate: '2026-08-01',
          modules: [own('worker.js'), own('check.js'), module('client.js', text('index.js'))],
        }),
      );
      const response = await worker.dispatchFetch('http://worker/', {
        method: 'POST',
        body: JSON.stringify({ url: installed().url, key: installed().key }),
      });
      expect(await response.json()).toEqual(EXPECTED);
      await worker.dispose();
    });

    if (browser === null) return;
    test.concurrent('works in Chromium, without a bundler', async () => {
      const pages = await serve({
        '/client.js': file('index.js'),
        '/check.js': join(installed().folder, 'check.js'),
      });
      const page = await browser.newPage();
      await page.goto(pages.origin);
      await page.waitForFunction('globalThis.check !== undefined');
      const { url, key } = installed();
      const result = await page.evaluate(`check(${JSON.stringify(url)}, ${JSON.stringify(key)})`);
      expect(result).toEqual(EXPECTED);
      pages.close();
    });
  });
}

/** A page, and these files, on an origin of their own. */
async function serve(files: Readonly<Record<string, string>>) {
  const server = createServer((request, response) => {
    const path = files[request.url ?? ''];
    response.setHeader('content-type', path === undefined ? 'text/html' : 'text/javascript');
    response.end(path === undefined ? PAGE : readFileSync(path));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** Serves the package's own file under its name. */
const PAGE = `<script type="importmap">{"imports": {"@linguanova/client": "/client.js"}}</script>
<script type="module">import { check } from '/check.js'; globalThis.check = check;</script>`;

/** As the documentation and the package's README print them. */
function printedExamples(): string[] {
  const pages = ['docs/client.md', 'build/package/README.md'];
  return pages.flatMap((page) => {
    const blocks = readFileSync(join(ROOT, page), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm);
    return [...blocks].map(([, code = '']) => code);
  });
}

/** What the types have to refuse. */
const WRONG = `import { createClient, type Instance, type NewInstance } from '@linguanova/client';
const cloud = createClient({ baseUrl: '' });
// @ts-expect-error: no flavor
export const body: NewInstance = { name: 'a' };
// @ts-expect-error: not a state
cloud.instances.waitUntil('id', 'running');
// @ts-expect-error: not a number
export const name: number = ({} as Instance).name;
`;

const SAME_TYPES = `import type * as Derived from '../../src/client/contract.ts';
import type * as Written from './written.ts';

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : 'wider') : 'narrower';
type Name = keyof Written.Routes | keyof Derived.Routes;
type Both = keyof Written.Routes & keyof Derived.Routes;
type Different = {
  [N in Name]: N extends Both ? (Same<Written.Routes[N], Derived.Routes[N]> extends true ? never : N) : N;
}[Name];
export const routes: [Different] extends [never] ? true : Different = true;
export const refusal: Same<Written.Refusal, Derived.Refusal> = true;
`;
