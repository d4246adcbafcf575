import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { violations } from './support/architecture.ts';

const ROOT = join(import.meta.dirname, '..');

/** Everything of `folder`, as paths from the root with forward slashes. */
function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

test.each([...sources('src'), ...sources('adapters')])('%s imports only what it may', (file) => {
  expect(violations(file, readFileSync(join(ROOT, file), 'utf8'))).toEqual([]);
});

test('there is something to check', () => {
  expect(sources('src').length).toBeGreaterThan(40);
  expect(sources('adapters').length).toBeGreaterThan(20);
});

const REFUSED: readonly (readonly [rule: string, file: string, source: string])[] = [
  ['src knows no adapter', 'src/a.ts', "import { x } from '../adapters/sql/index.ts';"],
  ['src knows no adapter', 'src/a.ts', "import type { X } from '../adapters/sql/index.ts';"],
  ['src knows no adapter', 'src/a/b.ts', "const x = await import('../../adapters/sql/index.ts');"],
  ['src knows no adapter', 'src/a/b.ts', "type X = import('../../adapters/sql/index.ts').X;"],
  ['src knows no adapter', 'src/a.ts', "export * from '../adapters/sql/index.ts';"],
  ['src knows no adapter', 'src/a.ts', "export {\n  x,\n  type Y,\n} from '../adapters/sql/index.ts';"],
  ['src knows no adapter', 'src/a.ts', "import '../adapters/sql/index.ts';"],
  ['src knows no adapter', 'src/a.test.ts', "import { x } from '../adapters/sql/index.ts';"],
  ['src knows no Node', 'src/a.ts', "import { readFileSync } from 'node:fs';"],
  ['src knows no Node', 'src/a.ts', "import fs, { type Stats } from 'fs';"],
  ['src knows no Node', 'src/a.ts', "import { readFile } from 'fs/promises';"],
  ['src knows no Node', 'src/a.ts', 'const os = await import(`node:os`);'],
  ['src knows no Node', 'src/a.ts', "const path = '/v1/*'; import os from 'node:os'; /* '*/"],
  ['src knows only packages that run everywhere', 'src/a.ts', "import pino from 'pino';"],
  ['src knows only packages that run everywhere', 'src/a.ts', "import { x } from '@scope/name/sub';"],
  ['src knows no tests', 'src/a.ts', "import { x } from '../test/support/x.ts';"],
  ['an import must be readable', 'src/a.ts', 'const x = await import(name);'],
  ['an adapter knows no other', 'adapters/sql/a.ts', "import { x } from '../redis/b.ts';"],
  ['an adapter knows no other', 'adapters/sql/a.ts', "import type { X } from '../redis/b.ts';"],
  ['an adapter knows no other', 'adapters/sql/deep/a.ts', "import { x } from '../../redis/b.ts';"],
  ['an adapter knows no other', 'adapters/node/config.ts', "import { x } from '../redis/b.ts';"],
  ['nobody knows the wiring', 'adapters/node/serve.ts', "import { x } from './main.ts';"],
  ['nobody knows the wiring', 'adapters/workers/object.ts', "import { x } from './worker.ts';"],
  ['compute knows no dialect', 'src/compute/a.ts', "import { x } from '../dialects/redu/a.ts';"],
  ['compute knows no access', 'src/compute/a.ts', "import type { X } from '../access/principal.ts';"],
  ['compute knows no hono', 'src/compute/a.ts', "import type { Context } from 'hono';"],
  ['compute knows no hono', 'src/compute/a.ts', "import { x } from 'hono/http-exception';"],
  ['a page knows nothing but pages', 'src/console/browser/a.ts', "import type { X } from '../session.ts';"],
  ['a page knows nothing but pages', 'src/console/browser/a.ts', "import * as z from 'zod';"],
  ['nobody knows a page', 'src/gateway.ts', "import { x } from './console/browser/dom.ts';"],
  ['a dialect knows no other', 'src/dialects/nova/a.ts', "import { x } from '../redu/errors.ts';"],
  ['a dialect knows no other', 'src/dialects/nova/b/a.ts', "import type { X } from '../../redu/errors.ts';"],
];

const ALLOWED: readonly (readonly [file: string, source: string])[] = [
  ['src/gateway.ts', "import { x } from './dialects/redu/dialect.ts';\nimport { Hono } from 'hono';"],
  ['src/a.ts', "import * as z from 'zod';\nimport { sha256 } from '@noble/hashes/sha2.js';"],
  ['src/a.ts', "// import fs from 'node:fs';\n/** import x from '../adapters/sql/a.ts' */"],
  ['src/a.ts', `const text = "import x from 'node:fs'";`],
  ['src/a.test.ts', "import { test } from 'vitest';\nimport { readFileSync } from 'node:fs';"],
  ['src/compute/a.ts', "import type { Logger } from '../telemetry/logger.ts';"],
  ['adapters/sql/a.ts', "import type { X } from '../../src/access/key-store.ts';\nimport fs from 'node:fs';"],
  [
    'adapters/node/main.ts',
    "import { x } from '../sql/index.ts';\nimport { y } from '../openstack/index.ts';",
  ],
  ['adapters/workers/worker.ts', "import { x } from '../sql/index.ts';"],
  ['src/console/browser/a.ts', "import { x } from '../../client/index.ts';\nimport { y } from './dom.ts';"],
];

describe('the check itself', () => {
  test.each(REFUSED)('%s: %s: %s', (rule, file, source) => {
    expect(violations(file, source)).toEqual([expect.stringContaining(rule)]);
  });

  test.each(ALLOWED)('allows %s: %s', (file, source) => {
    expect(violations(file, source)).toEqual([]);
  });
});
