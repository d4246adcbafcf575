/**
 * Who may import whom: the rules that keep src/ and adapters/ apart.
 *
 * @module
 */

import { builtinModules } from 'node:module';
import { posix } from 'node:path';

const WIRING = ['adapters/node/main.ts', 'adapters/workers/worker.ts', 'adapters/workers/sandbox-worker.ts'];
/** Known to run on Node and at the edge alike. */
const PACKAGES_OF_SRC = ['hono', 'ipaddr.js', 'zod', '@noble/hashes'];

/** What runs in browsers: they load it as it stands. */
const PAGES = 'src/console/browser';

interface Import {
  /** The file that imports, from the root. */
  readonly from: string;
  /** A path from the root, or the name of a package or built-in module. */
  readonly to: string;
}

/** Each rule and what breaks it. Tests beside the code may use Node and any package. */
const RULES: Readonly<Record<string, (imported: Import) => boolean>> = {
  'src knows no adapter': ({ from, to }) => within('src', from) && within('adapters', to),
  'src knows no tests': ({ from, to }) => within('src', from) && !isTest(from) && within('test', to),
  'src knows no Node': ({ from, to }) => within('src', from) && !isTest(from) && isBuiltin(to),
  'src knows only packages that run everywhere': ({ from, to }) =>
    within('src', from) && !isTest(from) && isPackage(to) && !PACKAGES_OF_SRC.includes(packageOf(to)),
  'an adapter knows no other': ({ from, to }) =>
    !WIRING.includes(from) && areSiblings('adapters', from, to) && !isTest(from),
  'nobody knows the wiring': ({ from, to }) => WIRING.includes(to) && !WIRING.includes(from),
  'compute knows no dialect': ({ from, to }) => within('src/compute', from) && within('src/dialects', to),
  'compute knows no access': ({ from, to }) => within('src/compute', from) && within('src/access', to),
  'compute knows no hono': ({ from, to }) =>
    within('src/compute', from) && isPackage(to) && ['hono', '@hono'].includes(to.split('/')[0] ?? ''),
  'a dialect knows no other': ({ from, to }) => areSiblings('src/dialects', from, to),
  'a page knows nothing but pages and the client': ({ from, to }) =>
    within(PAGES, from) && !within(PAGES, to) && !within('src/client', to),
  'nobody knows a page': ({ from, to }) => !within(PAGES, from) && within(PAGES, to),
};

/**
 * What is wrong with the imports of a file: static and dynamic ones, re-exports and types alike.
 *
 * @param file Its path from the root, with forward slashes.
 */
export function violations(file: string, source: string): string[] {
  const { specifiers, unreadable } = importsOf(source);
  const broken = specifiers.flatMap((specifier) => {
    const to = specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : specifier;
    return Object.entries(RULES)
      .filter(([, breaks]) => breaks({ from: file, to }))
      .map(([rule]) => `${rule}: ${to}`);
  });
  return [...broken, ...unreadable.map((text) => `an import must be readable: ${text}`)];
}

// One token each: a comment, or a text. What is neither is code.
const COMMENT_OR_TEXT =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
// In code whose texts are numbered: from "7", import "7", import("7").
const SPECIFIER = /\b(?:from|import)\s*\(?\s*"(\d+)"/g;
const UNREADABLE = /\bimport\s*\(\s*(?!")[^)]*\)?/g;

/** What a file imports. Texts are taken out first, for they may look like imports and comments. */
function importsOf(source: string): { specifiers: string[]; unreadable: string[] } {
  const texts: string[] = [];
  const code = source.replaceAll(COMMENT_OR_TEXT, (token) => {
    if (token.startsWith('/')) return ' ';
    return `"${texts.push(token.slice(1, -1)) - 1}"`;
  });
  return {
    specifiers: [...code.matchAll(SPECIFIER)].map(([, index]) => texts[Number(index)] ?? ''),
    unreadable: [...code.matchAll(UNREADABLE)].map(([text]) => text),
  };
}

function within(folder: string, path: string): boolean {
  return path.startsWith(`${folder}/`);
}

/** Both in `parent`, in different folders of it. */
function areSiblings(parent: string, from: string, to: string): boolean {
  const depth = parent.split('/').length;
  return within(parent, from) && within(parent, to) && from.split('/')[depth] !== to.split('/')[depth];
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts');
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier);
}

function isPackage(specifier: string): boolean {
  return !isBuiltin(specifier) && !['src', 'adapters', 'test'].some((folder) => within(folder, specifier));
}

function packageOf(specifier: string): string {
  const [first = '', second = ''] = specifier.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}
