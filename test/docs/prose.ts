/**
 * The prose of a source file: comments and string literals, with the line each stands in.
 *
 * @module
 */

import { parseAst } from 'vitest/node';

/** A line of a comment, or of a string literal that is a sentence. */
export interface ProseLine {
  readonly number: number;
  readonly text: string;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Comments, and string and template literals with a space in them: titles, messages, descriptions. */
export function proseOf(path: string, source: string): ProseLine[] {
  const literals = literalsOf(parseAst(source, { lang: path.endsWith('ts') ? 'ts' : 'js' }));
  const sentences = literals.filter(({ start, end }) => {
    const text = source.slice(start, end);
    return !/^\/.*\/[a-z]*$/s.test(text) && / /.test(text.trim());
  });
  const comments = [...blanked(source, literals).matchAll(/\/\/.*|\/\*[\s\S]*?\*\//g)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
  }));
  const kept = new Set<number>();
  for (const { start, end } of [...sentences, ...comments]) {
    for (let at = start; at < end; at += 1) kept.add(at);
  }
  const prose = [...source].length === source.length ? source : source.replaceAll(/[\uD800-\uDFFF]/g, '?');
  return prose
    .split('')
    .map((character, at) => (kept.has(at) || character === '\n' ? character : ' '))
    .join('')
    .split('\n')
    .map((text, index) => ({ number: index + 1, text: text.trim() }))
    .filter(({ text }) => text !== '');
}

/** Calls of `x.method('text', ...)`, for methods of these names. */
export function calledWith(source: string, methods: readonly string[]): { method: string; text: string }[] {
  return nodesOf(parseAst(source, { lang: 'ts' })).flatMap(({ type, callee, arguments: given }) => {
    const method = callee?.property?.name ?? '';
    const text = given?.[0]?.value;
    const isOne = type === 'CallExpression' && methods.includes(method) && typeof text === 'string';
    return isOne ? [{ method, text }] : [];
  });
}

interface Node {
  readonly type?: string;
  readonly callee?: { readonly property?: { readonly name?: string } };
  readonly arguments?: readonly { readonly value?: unknown }[];
}

function nodesOf(node: unknown): Node[] {
  if (Array.isArray(node)) return node.flatMap(nodesOf);
  if (typeof node !== 'object' || node === null) return [];
  return [node, ...Object.values(node).flatMap(nodesOf)];
}

/** Where string literals, parts of templates and regular expressions stand. */
function literalsOf(node: unknown): Span[] {
  if (Array.isArray(node)) return node.flatMap(literalsOf);
  if (typeof node !== 'object' || node === null) return [];
  const { type, start, end, value } = node as { type?: string; value?: unknown } & Span;
  if (type === 'TemplateElement') return [{ start, end }];
  if (type === 'Literal') return typeof value === 'string' || 'regex' in node ? [{ start, end }] : [];
  return Object.values(node).flatMap(literalsOf);
}

function blanked(source: string, spans: readonly Span[]): string {
  let text = source;
  for (const { start, end } of spans) {
    text = text.slice(0, start) + text.slice(start, end).replaceAll(/[^\n]/g, ' ') + text.slice(end);
  }
  return text;
}
