/** A host and its port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface RedisTarget {
  readonly kind: 'single' | 'cluster' | 'sentinel';
  readonly addresses: readonly Address[];
  readonly tls: boolean;
  readonly username: string | undefined;
  /** Secret. */
  readonly password: string | undefined;
  readonly db: number;
  /** The name the sentinels know the master by; empty for other kinds. */
  readonly master: string;
}

const PORTS = { redis: 6379, sentinel: 26_379 };
const URL_FORM = /^(redis|sentinel)(s?):\/\/(?:([^@/]*)@)?([^@/?#]+)(?:\/([^/?#]*))?$/;
const HOST = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/;

/**
 * Reads `REDIS_URL`:
 *
 * - `redis://[user:password@]host[:port][/db]`, with TLS `rediss://`;
 * - the same with several hosts, comma-separated, the scheme repeated or not: a cluster, found through any of them;
 * - `sentinel://[user:password@]host[:port],.../master[:db]`, with TLS `sentinels://`: the master that these sentinels
 *   name; user and password are those of the master.
 *
 * @returns null when it is none of these.
 */
export function parseRedisUrl(text: string): RedisTarget | null {
  const [, scheme, secure, credentials, hosts = '', path = ''] = URL_FORM.exec(withOneScheme(text)) ?? [];
  if (scheme !== 'redis' && scheme !== 'sentinel') return null;
  const addresses = hosts.split(',').map((host) => address(host.trim(), PORTS[scheme]));
  const isCluster = scheme === 'redis' && addresses.length > 1;
  const [, master = '', db = ''] = (scheme === 'redis'
    ? /^()(\d{1,3})?$/
    : /^([\w.-]+)(?::(\d{1,3}))?$/
  ).exec(path) ?? [undefined, ' '];
  // A cluster has but one database.
  if (master === ' ' || (isCluster && Number(db) > 0)) return null;
  const signIn = credentials === undefined ? {} : readCredentials(credentials);
  if (signIn === null || addresses.some((one) => one === null)) return null;
  return {
    kind: scheme === 'sentinel' ? 'sentinel' : isCluster ? 'cluster' : 'single',
    addresses: addresses.filter((one) => one !== null),
    tls: secure === 's',
    username: signIn.username,
    password: signIn.password,
    db: Number(db),
    master,
  };
}

/** `redis://a,redis://b` means `redis://a,b`. */
function withOneScheme(text: string): string {
  const [first = '', ...others] = text.trim().split(/,\s*(?=rediss?:\/\/)/);
  const scheme = /^rediss?:\/\//.exec(first)?.[0] ?? '';
  if (others.length === 0 || !others.every((other) => other.startsWith(scheme))) return text.trim();
  return [first, ...others.map((other) => other.slice(scheme.length))].join(',');
}

function address(text: string, defaultPort: number): Address | null {
  const [, host, port = `${defaultPort}`] = HOST.exec(text) ?? [];
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) return null;
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

/** `user:password`, `:password`, or a password alone as older clients write it; percent-encoded. */
function readCredentials(text: string): { username?: string; password?: string } | null {
  const colon = text.indexOf(':');
  try {
    const username = decodeURIComponent(colon < 0 ? '' : text.slice(0, colon));
    const password = decodeURIComponent(text.slice(colon + 1));
    return { ...(username !== '' && { username }), ...(password !== '' && { password }) };
  } catch {
    return null;
  }
}
