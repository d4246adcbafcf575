import { LruMap } from '../../lru-map.ts';
import { MARK_NEEDLES, openMarkStart, withoutMarks } from './marks.ts';
import type { CloudSession } from './pass-through.ts';
import { prefixOf } from './services.ts';

export type Rewrite = (text: string) => string;

/** What may follow an address: not the rest of a longer host or port. */
const END = '(?=[/?#"\\\\]|$)';

/** What is the gateway's own in responses of Nova; marks of instances are, too. */
export interface Removed {
  /** With which the project's key pairs are stored; null: it has none. */
  readonly prefix: string | null;
  /** Refusals name key pairs in the middle of a text; all else where a JSON string starts. */
  readonly isAnywhere: boolean;
}

/** Where clients find what the cloud's addresses lead to; identity is one for all regions. */
export interface GatewayUrls {
  readonly identity: string;
  readonly services: string;
}

export interface LinkRewriter {
  readonly json: Rewrite;
  /** Rewrites a single address, as in `Location`. */
  readonly address: Rewrite;
  /** Rewrites streamed JSON, whose chunks end anywhere. */
  stream(): TransformStream<Uint8Array, Uint8Array>;
}

interface LinkTarget {
  readonly to: string;
  /** As in `CloudRoot`. */
  readonly below: string;
}

const DEFAULT_PORTS = [':80', ':443'];

/** Bounds the rewriters per session: a client may send any host. */
const MAX_PUBLIC_URLS = 10;
const rewriters = new WeakMap<CloudSession['roots'], LruMap<LinkRewriter>>();

export function cachedRewriter(
  roots: CloudSession['roots'],
  urls: GatewayUrls,
  removed: Removed | null,
): LinkRewriter {
  let known = rewriters.get(roots);
  if (known === undefined) {
    known = new LruMap({ max: MAX_PUBLIC_URLS });
    rewriters.set(roots, known);
  }
  const key = `${urls.identity} ${urls.services} ${removed?.isAnywhere} ${removed?.prefix}`;
  const rewriter = known.get(key) ?? linkRewriter(roots, urls, removed);
  known.set(key, rewriter);
  return rewriter;
}

/** Matches addresses at the start of JSON strings only: a name that contains one stays unchanged. */
export function linkRewriter(
  roots: CloudSession['roots'],
  urls: GatewayUrls,
  removed: Removed | null = null,
): LinkRewriter {
  const targets = targetsOf(roots, urls);
  const alternatives = [...targets]
    .sort(([a], [b]) => b.length - a.length)
    .map(([address, { below }]) => escaped(address) + (below && `(?=${escaped(below)}[^"])`))
    .join('|');
  const inJson = new RegExp(`"https?://(${alternatives})${END}`, 'gi');
  const alone = new RegExp(`^https?://(${alternatives})${END}`, 'i');
  const targetOf = (address: string, found: string) => targets.get(withLowerHost(address))?.to ?? found;
  const withLinks: Rewrite = (text) =>
    targets.size === 0
      ? text
      : text.replace(inJson, (found, address: string) => `"${targetOf(address, found.slice(1))}`);
  const quote = removed?.isAnywhere ? '' : '"';
  const needle = removed?.prefix ? quote + removed.prefix : null;
  const json: Rewrite = (text) => {
    const linked = withLinks(removed === null ? text : withoutMarks(text));
    return needle === null ? linked : linked.replaceAll(needle, quote);
  };
  const starts = [...targets].map(([address, { below }]) => address + below);
  const addresses = starts.flatMap((address) => [`"http://${address}`, `"https://${address}`]);
  const needles = addresses.concat(needle ?? [], removed === null ? [] : MARK_NEEDLES);
  return {
    json,
    address: (text) =>
      targets.size === 0 ? text : text.replace(alone, (found, address: string) => targetOf(address, found)),
    stream: () => streamRewriter(json, needles, removed === null ? () => -1 : openMarkStart),
  };
}

/**
 * The replacement of each root, by host, port and path. Behind a TLS-terminating proxy a service prints `http`, and a default
 * port or none: neither distinguishes roots.
 */
function targetsOf(roots: CloudSession['roots'], urls: GatewayUrls): Map<string, LinkTarget> {
  const targets = new Map<string, LinkTarget>();
  for (const { url, part, below = '' } of roots) {
    const [, host = '', port = '', path = ''] = /^https?:\/\/([^/?#]*?)(:\d+)?(\/[^?#]*)?$/i.exec(url) ?? [];
    if (host === '') continue;
    const base = part === 'identity' ? urls.identity : urls.services;
    const ports = port === '' || DEFAULT_PORTS.includes(port) ? ['', ...DEFAULT_PORTS] : [port];
    for (const one of ports) {
      const address = withLowerHost(host + one + path);
      if (!targets.has(address)) targets.set(address, { to: base + prefixOf(part), below });
    }
  }
  return targets;
}

/** Hosts are case-insensitive, paths are not. */
function withLowerHost(address: string): string {
  const end = address.indexOf('/');
  return end < 0 ? address.toLowerCase() : address.slice(0, end).toLowerCase() + address.slice(end);
}

/** Buffers the end of a chunk while it may be the start of an address, at most the longest, or a mark among its tags. */
function streamRewriter(
  json: Rewrite,
  needles: readonly string[],
  openStart: (text: string) => number,
): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const encoder = new TextEncoder();
  const longest = Math.max(0, ...needles.map((needle) => needle.length));
  let held = '';
  return new TransformStream({
    transform(chunk, controller) {
      const text = held + decoder.decode(chunk, { stream: true });
      const open = openStart(text);
      const cut = open < 0 ? partialMatchStart(text, needles, longest) : open;
      held = text.slice(cut);
      if (cut > 0) controller.enqueue(encoder.encode(json(text.slice(0, cut))));
    },
    flush(controller) {
      const rest = json(held + decoder.decode());
      if (rest !== '') controller.enqueue(encoder.encode(rest));
    },
  });
}

/** The index from which the text may be the incomplete start of an address. */
function partialMatchStart(text: string, needles: readonly string[], longest: number): number {
  for (let from = Math.max(0, text.length - longest); from < text.length; from++) {
    const rest = text.slice(from).toLowerCase();
    if (needles.some((needle) => needle.toLowerCase().startsWith(rest))) return from;
  }
  return text.length;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
