import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importCycles, importViolations, parseImportTable, upwardEntries } from './support/architecture.ts';

const ROOT = join(import.meta.dirname, '..');
const table = parseImportTable(readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8'));

/** Everything of `folder`, as paths from the root with forward slashes. */
function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

const files = [...sources('src'), ...sources('adapters')];
const texts = new Map(files.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]));

test.each(files)('%s imports only what the table of docs/architecture.md allows', (file) => {
  expect(importViolations(table, file, texts.get(file) ?? '')).toEqual([]);
});

test('a row of the table imports only rows above it', () => {
  expect(upwardEntries(table)).toEqual([]);
});

test('each entry of the table is used', () => {
  const unused = table.flatMap(({ path, parts, types, packages }) =>
    [...parts, ...types, ...packages].flatMap((entry) => {
      const without = table.map((row) =>
        row.path === path
          ? {
              ...row,
              parts: row.parts.filter((name) => name !== entry),
              types: row.types.filter((name) => name !== entry),
              packages: row.packages.filter((name) => name !== entry),
            }
          : row,
      );
      const own = files.filter((file) => file === path || file.startsWith(`${path}/`));
      const isUsed = own.some((file) => importViolations(without, file, texts.get(file) ?? '').length > 0);
      return isUsed ? [] : [`${path} -> ${entry}`];
    }),
  );
  expect(unused).toEqual([]);
});

test('no file imports itself through others', () => {
  expect(importCycles(texts)).toEqual([]);
});

describe('the check reports', () => {
  const FORBIDDEN: readonly (readonly [file: string, source: string])[] = [
    ['src/a.ts', "import { x } from './compute/errors.ts';"],
    ['src/gateway.ts', "import { x } from '../adapters/sql/index.ts';"],
    ['src/gateway.ts', "import type { X } from '../adapters/sql/index.ts';"],
    ['src/http/b.ts', "const x = await import('../../adapters/sql/index.ts');"],
    ['src/http/b.ts', "type X = import('../../adapters/sql/index.ts').X;"],
    ['src/gateway.ts', "export * from '../adapters/sql/index.ts';"],
    ['src/gateway.ts', "export {\n  x,\n  type Y,\n} from '../adapters/sql/index.ts';"],
    ['src/gateway.ts', "import '../adapters/sql/index.ts';"],
    ['src/gateway.test.ts', "import { x } from '../adapters/sql/index.ts';"],
    ['src/http/a.ts', "import { readFileSync } from 'node:fs';"],
    ['src/http/a.ts', "import fs, { type Stats } from 'fs';"],
    ['src/http/a.ts', "import { readFile } from 'fs/promises';"],
    ['src/http/a.ts', 'const os = await import(`node:os`);'],
    ['src/http/a.ts', "const path = '/v1/*'; import os from 'node:os'; /* '*/"],
    ['src/telemetry/a.ts', "import pino from 'pino';"],
    ['src/http/a.ts', "import { x } from '@scope/name/sub';"],
    ['src/http/a.ts', "import { x } from '../../test/support/x.ts';"],
    ['src/http/a.ts', 'const x = await import(name);'],
    ['src/clock.ts', "import { x } from './async.ts';"],
    ['src/telemetry/a.ts', "import type { X } from '../compute/cloud.ts';"],
    ['src/telemetry/a.ts', "import type { X } from '../access/key-store.ts';"],
    ['src/telemetry/a.ts', "import { x } from '../http/route.ts';"],
    ['src/compute/a.ts', "import { x } from '../dialects/redu/a.ts';"],
    ['src/compute/a.ts', "import type { X } from '../access/principal.ts';"],
    ['src/compute/a.ts', "import type { X } from '../http/route.ts';"],
    ['src/compute/a.ts', "import type { X } from '../inventory/inventory.ts';"],
    ['src/compute/a.ts', "import type { Context } from 'hono';"],
    ['src/compute/a.ts', "import { x } from 'hono/http-exception';"],
    ['src/http/a.ts', "import type { X } from '../access/principal.ts';"],
    ['src/http/a.ts', "import { x } from '../traffic/limit/limit.ts';"],
    ['src/access/a.ts', "import type { X } from '../traffic/cache/cache-key.ts';"],
    ['src/access/a.ts', "import type { X } from '../dialects/redu/schemas.ts';"],
    ['src/inventory/a.ts', "import type { X } from '../traffic/cache/cache-key.ts';"],
    ['src/inventory/a.ts', "import type { X } from '../access/principal.ts';"],
    ['src/traffic/limit/a.ts', "import type { X } from '../cache/cache-key.ts';"],
    ['src/traffic/cache/a.ts', "import type { X } from '../events/feed.ts';"],
    ['src/traffic/cache/a.ts', "import type { X } from '../../dialects/redu/schemas.ts';"],
    ['src/dialects/nova/a.ts', "import { x } from '../redu/errors.ts';"],
    ['src/dialects/nova/b/a.ts', "import type { X } from '../../redu/errors.ts';"],
    ['src/dialects/redu/a.ts', "import type { X } from '../../gateway.ts';"],
    ['src/context.ts', "import { x } from './access/principal.ts';"],
    ['src/context.ts', "import { type X, y } from './access/principal.ts';"],
    ['src/client/a.ts', "import { x } from '../http/route.ts';"],
    ['src/client/a.ts', "import type { X } from '../access/key-schemas.ts';"],
    ['src/console/browser/a.ts', "import type { X } from '../session.ts';"],
    ['src/console/browser/a.ts', "import * as z from 'zod';"],
    ['src/gateway.ts', "import { x } from './console/browser/dom.ts';"],
    ['adapters/sql/a.ts', "import { x } from '../redis/b.ts';"],
    ['adapters/sql/a.ts', "import type { X } from '../redis/b.ts';"],
    ['adapters/sql/deep/a.ts', "import { x } from '../../redis/b.ts';"],
    ['adapters/sql/a.ts', "import Redis from 'ioredis';"],
    ['adapters/sandbox/a.ts', "import type { X } from '../../src/compute/cloud.ts';"],
    ['adapters/node/config.ts', "import { x } from '../redis/b.ts';"],
    ['adapters/node/serve.ts', "import { x } from './main.ts';"],
    ['adapters/workers/object.ts', "import { x } from './worker.ts';"],
    ['adapters/workers/worker.ts', "import { x } from '../node/serve.ts';"],
    ['adapters/elsewhere/a.ts', "import { x } from './b.ts';"],
  ];

  test.each(FORBIDDEN)('%s: %s', (file, source) => {
    expect(importViolations(table, file, source)).toHaveLength(1);
  });

  const ALLOWED: readonly (readonly [file: string, source: string])[] = [
    ['src/gateway.ts', "import { x } from './dialects/redu/dialect.ts';\nimport { Hono } from 'hono';"],
    ['src/access/a.ts', "import * as z from 'zod';\nimport { sha256 } from '@noble/hashes/sha2.js';"],
    ['src/access/a.ts', "// import fs from 'node:fs';\n/** import x from '../adapters/sql/a.ts' */"],
    ['src/access/a.ts', `const text = "import x from 'node:fs'";`],
    ['src/access/a.test.ts', "import { test } from 'vitest';\nimport { readFileSync } from 'node:fs';"],
    ['src/access/a.test.ts', "import { x } from '../../test/support/x.ts';"],
    ['src/compute/a.ts', "import type { Logger } from '../telemetry/logger.ts';"],
    ['src/context.ts', "import type { Principal } from './access/principal.ts';"],
    [
      'adapters/sql/a.ts',
      "import type { X } from '../../src/access/key-store.ts';\nimport fs from 'node:fs';",
    ],
    ['adapters/workers/worker.ts', "import { x } from '../sql/index.ts';"],
    ['src/console/browser/a.ts', "import { x } from '../../client/index.ts';\nimport { y } from './dom.ts';"],
  ];

  test.each(ALLOWED)('nothing in %s: %s', (file, source) => {
    expect(importViolations(table, file, source)).toEqual([]);
  });

  test('a row that imports a row below it', () => {
    const upward = parseImportTable('## Import table\n\n| `src/a` | `src/b` | |\n| `src/b` | | `hono` |\n');
    expect(upwardEntries(upward)).toEqual(['src/a -> src/b']);
  });

  test.each([
    [
      'two files',
      { 'a.ts': "import './b.ts'", 'b.ts': "import type { A } from './a.ts'" },
      [['a.ts', 'b.ts']],
    ],
    [
      'three files, a fourth one apart',
      {
        'a.ts': "import './b.ts'",
        'b.ts': "export * from './c.ts'",
        'c.ts': "type A = import('./a.ts').A",
        'd.ts': "import './a.ts'",
      },
      [['a.ts', 'b.ts', 'c.ts']],
    ],
  ])('a cycle of %s', (_, cycle, expected) => {
    expect(importCycles(new Map(Object.entries(cycle)))).toEqual(expected);
  });
});
