/**
 * The import rules of docs/architecture.md: which part may import which, and no cycles.
 *
 * @module
 */

import { builtinModules } from 'node:module';
import { posix } from 'node:path';

/** A row of the table: a file or a folder, what it may import of the project, and which packages. */
interface Part {
  readonly path: string;
  readonly parts: readonly string[];
  /** Parts of which it may import types alone. */
  readonly types: readonly string[];
  readonly packages: readonly string[];
}

export type ImportTable = readonly Part[];

interface Import {
  readonly specifier: string;
  readonly isType: boolean;
}

/**
 * Reads the table under the heading "Import table": part, what it may import, packages.
 *
 * @throws Error when there is none.
 */
export function parseImportTable(markdown: string): ImportTable {
  const [, section = ''] = markdown.split(/^## Import table$/m);
  const rows = section.split(/^## /m)[0]?.match(/^\| *`.*$/gm) ?? [];
  if (rows.length === 0) throw new Error('There is no table under "## Import table".');
  return rows.map((row) => {
    const [, part = '', imports = '', packages = ''] = row.split('|');
    const items = [...imports.matchAll(/`([^`]+)`( \(types\))?/g)];
    return {
      path: /`([^`]+)`/.exec(part)?.[1] ?? '',
      parts: items.filter(([, , types]) => types === undefined).map(([, path = '']) => path),
      types: items.filter(([, , types]) => types !== undefined).map(([, path = '']) => path),
      packages: [...packages.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
    };
  });
}

/** Entries that name a later row: imports may only go up the table, those of types excepted. */
export function upwardEntries(table: ImportTable): string[] {
  const order = table.map(({ path }) => path);
  return table.flatMap(({ path, parts }, index) =>
    parts
      .filter((other) => order.indexOf(other) < 0 || order.indexOf(other) >= index)
      .map((other) => `${path} -> ${other}`),
  );
}

/**
 * What is wrong with the imports of a file: static and dynamic ones, re-exports and types alike.
 *
 * @param file Its path from the root, with forward slashes.
 */
export function importViolations(table: ImportTable, file: string, source: string): string[] {
  const part = partOf(table, file);
  if (part === undefined) return [`${file} is in no row of the table`];
  const { imports, unreadable } = importsOf(source);
  const problems = imports.flatMap((imported) => {
    const problem = isTest(file) ? problemOfTest(file, imported) : problemOf(table, part, file, imported);
    return problem === null ? [] : [`${part.path} must not import ${problem}`];
  });
  return [...problems, ...unreadable.map((text) => `an import must be a literal: ${text}`)];
}

function problemOf(table: ImportTable, part: Part, file: string, imported: Import): string | null {
  const { specifier, isType } = imported;
  if (!specifier.startsWith('.')) {
    const name = isBuiltin(specifier) ? 'node:*' : packageOf(specifier);
    return part.packages.includes(name) ? null : specifier;
  }
  const to = posix.join(posix.dirname(file), specifier);
  const target = partOf(table, to);
  if (target === undefined) return to;
  const isAllowed =
    target === part || part.parts.includes(target.path) || (isType && part.types.includes(target.path));
  return isAllowed ? null : to;
}

/** Unit tests may use Node, any package and test/; those of `src` no adapter. */
function problemOfTest(file: string, { specifier }: Import): string | null {
  const to = posix.join(posix.dirname(file), specifier);
  const isAdapter = specifier.startsWith('.') && to.startsWith('adapters/') && file.startsWith('src/');
  return isAdapter ? to : null;
}

/** The row with the longest path that holds a file. */
function partOf(table: ImportTable, file: string): Part | undefined {
  const source = file.replace(/\.test\.ts$/, '.ts');
  return table
    .filter(({ path }) => source === path || source.startsWith(`${path}/`))
    .toSorted((a, b) => b.path.length - a.path.length)[0];
}

/**
 * Groups of files that import each other, directly or through others, types included.
 *
 * @param sources By path from the root.
 */
export function importCycles(sources: ReadonlyMap<string, string>): string[][] {
  const imports = new Map<string, string[]>();
  for (const [file, source] of sources) {
    const targets = importsOf(source).imports.map(({ specifier }) =>
      posix.join(posix.dirname(file), specifier),
    );
    imports.set(
      file,
      targets.filter((target) => sources.has(target)),
    );
  }
  const reaches = (from: string): Set<string> => {
    const reached = new Set<string>();
    const open = [from];
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      for (const target of imports.get(file) ?? []) {
        if (!reached.has(target)) open.push(target);
        reached.add(target);
      }
    }
    return reached;
  };
  const reachable = new Map([...sources.keys()].map((file) => [file, reaches(file)]));
  const inCycle = [...reachable].filter(([file, reached]) => reached.has(file));
  const groups = inCycle.map(([file, reached]) =>
    [...reached].filter((other) => reachable.get(other)?.has(file)).sort(),
  );
  return [...new Map(groups.map((group) => [group.join(), group])).values()];
}

// One token each: a comment, or a text. What is neither is code.
const COMMENT_OR_TEXT =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
// In code whose texts are numbered: import { a } from "7", import "7", import("7").
const STATEMENT = /\b(?:import|export)\b\s*(type\b(?!\s*,|\s+from))?[\w\s{},*$]*?\bfrom\s*"(\d+)"/g;
const BARE = /\bimport\s*(\()?\s*"(\d+)"/g;
const UNREADABLE = /\bimport\s*\(\s*(?!")[^)]*\)?/g;

/** What a file imports. Texts are taken out first, for they may look like imports and comments. */
function importsOf(source: string): { imports: Import[]; unreadable: string[] } {
  const texts: string[] = [];
  const code = source.replaceAll(COMMENT_OR_TEXT, (token) => {
    if (token.startsWith('/')) return ' ';
    return `"${texts.push(token.slice(1, -1)) - 1}"`;
  });
  const statements = [...code.matchAll(STATEMENT)].map(([, type, index]) => ({
    specifier: texts[Number(index)] ?? '',
    isType: type !== undefined,
  }));
  const bare = [...code.matchAll(BARE)].map(([, , index]) => ({
    specifier: texts[Number(index)] ?? '',
    isType: false,
  }));
  return {
    imports: [...statements, ...bare],
    unreadable: [...code.matchAll(UNREADABLE)].map(([text]) => text),
  };
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts');
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier);
}

function packageOf(specifier: string): string {
  const [first = '', second = ''] = specifier.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}
