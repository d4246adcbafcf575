import { LruMap } from '../lru-map.ts';

/**
 * `host[:port]` of RFC 9112, section 3.2, with the names of RFC 3986 that DNS can hold: no percent-encoding, no sub-delimiters. So
 * no text of a Host field can reach the path, query or user information of a URL that is built with it.
 */
const AUTHORITY = /^([A-Za-z0-9._~-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{0,5})?$/;

/** Longer than any that is valid. */
const MAX_LENGTH = 260;

/** Clients use a few names for one gateway; parsing a URL for each request costs more than all else about its Host. */
const parsed = new LruMap<string | null>({ max: 100 });

/**
 * The authority of a URL from a Host field or from a target in absolute form, as the WHATWG URL parser prints it (lower case, no
 * default port); null unless that parser reads exactly this host in it. `127.1` and `1.2.3.4.5` are no hosts.
 */
export function parseHost(text: string): string | null {
  if (text.length > MAX_LENGTH) return null;
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const authority = read(text);
  parsed.set(text, authority);
  return authority;
}

function read(text: string): string | null {
  const [, name] = AUTHORITY.exec(text) ?? [];
  const url = name === undefined ? null : URL.parse(`http://${text}/`);
  if (name === undefined || url === null) return null;
  return name.startsWith('[') || url.hostname === name.toLowerCase() ? url.host : null;
}

/** The closest to an origin that the contract can state. */
export const ORIGIN = /^https?:\/\/([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?$/;

/** Whether `text` is an origin of the web as browsers print it: `https://app.example.org`, with a port where it is no usual one. */
export function isOrigin(text: string): boolean {
  return ORIGIN.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
