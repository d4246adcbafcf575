import { Hono } from 'hono';
import { describe, expect, test, vi } from 'vitest';
import { publicUrl } from '../http/public-url.ts';
import { trustedProxies } from './trusted-proxies.ts';

/** What the gateway takes for the client's address, of a request from `peer` with this header. */
async function addressOf(peer: string, forwarded: string | undefined, trusted: string[]): Promise<string> {
  const { clientAddress } = trustedProxies(trusted, () => peer);
  const app = new Hono().get('/', (c) => c.text(clientAddress(c) ?? 'unknown'));
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return (await app.request('/', { headers })).text();
}

const PROXIES = ['10.0.0.0/8', '2001:db8::/32'];

test.each([
  ['the peer without trusted proxies', '192.0.2.1', '198.51.100.9', [], '192.0.2.1'],
  ['the peer if it is not a trusted proxy', '192.0.2.1', '198.51.100.9', PROXIES, '192.0.2.1'],
  ['the address from a trusted proxy', '10.0.0.1', '198.51.100.9', PROXIES, '198.51.100.9'],
  [
    'the rightmost untrusted address',
    '10.0.0.1',
    '203.0.113.1, 198.51.100.9, 10.0.0.2',
    PROXIES,
    '198.51.100.9',
  ],
  [
    'never an address further left, which the client wrote',
    '10.0.0.1',
    '10.0.0.9, 198.51.100.9',
    PROXIES,
    '198.51.100.9',
  ],
  ['the peer without the header', '10.0.0.1', undefined, PROXIES, '10.0.0.1'],
  ['the peer if all hops are proxies', '10.0.0.1', '10.0.0.3, 10.0.0.2', PROXIES, '10.0.0.1'],
  ['an address without its port', '10.0.0.1', '198.51.100.9:40123', PROXIES, '198.51.100.9'],
  ['an IPv6 address without brackets and port', '10.0.0.1', '[2001:db9::7]:40123', PROXIES, '2001:db9::7'],
  ['the peer for an invalid hop', '10.0.0.1', '198.51.100.9, unknown', PROXIES, '10.0.0.1'],
  ['the peer for an empty hop', '10.0.0.1', '198.51.100.9,', PROXIES, '10.0.0.1'],
  ['the peer for an overlong hop', '10.0.0.1', `${'1'.repeat(81)}`, PROXIES, '10.0.0.1'],
  [
    'the peer, behind more than 20 proxies',
    '10.0.0.1',
    `198.51.100.9${', 10.0.0.2'.repeat(20)}`,
    PROXIES,
    '10.0.0.1',
  ],
  [
    'the client behind 19 proxies',
    '10.0.0.1',
    `198.51.100.9${', 10.0.0.2'.repeat(19)}`,
    PROXIES,
    '198.51.100.9',
  ],
  ['the peer, where the header is empty', '10.0.0.1', '', PROXIES, '10.0.0.1'],
  ['the peer, where commas stand alone', '10.0.0.1', ',,,', PROXIES, '10.0.0.1'],
  ['a proxy over an IPv6 socket', '::ffff:10.0.0.1', '198.51.100.9', PROXIES, '198.51.100.9'],
] as [string, string, string | undefined, string[], string][])(
  '%s',
  async (_, peer, header, trusted, address) => {
    expect(await addressOf(peer, header, trusted)).toBe(address);
  },
);

describe('parsing X-Forwarded-For is bounded', () => {
  /** How often a header is read from, and what is parsed of it, by counting the calls of `URL.canParse`, which IPv6 addresses need. */
  async function parses(forwarded: string, asks: number): Promise<number> {
    const { clientAddress } = trustedProxies(['2001:db8::/32'], () => '2001:db8::1');
    const parse = vi.spyOn(URL, 'canParse');
    const app = new Hono().get('/', (c) => {
      for (let ask = 0; ask < asks; ask++) clientAddress(c);
      return c.text('');
    });
    await app.request('/', { headers: { 'x-forwarded-for': forwarded } });
    const { length } = parse.mock.calls;
    parse.mockRestore();
    return length;
  }
  const addresses = (prefix: string) =>
    Array.from({ length: 1_200 }, (_, n) => `${prefix}::${n.toString(16)}`).join(', ');

  test('at most 20 hops are parsed', async () => {
    expect(await parses(addresses('2001:db8:1'), 1)).toBeLessThanOrEqual(21 + 1);
  });

  test('no hop left of the first untrusted one', async () => {
    expect(await parses(addresses('2001:db9'), 1)).toBeLessThanOrEqual(3);
  });

  test('once per request', async () => {
    const once = await parses(addresses('2001:db8:1'), 1);
    expect(await parses(addresses('2001:db8:1'), 10)).toBe(once);
  });
});

describe('X-Forwarded-Proto and X-Forwarded-Host', () => {
  async function urlOf(peer: string, headers: Record<string, string>, configured: string | null = null) {
    const url = publicUrl(configured, trustedProxies(PROXIES, () => peer).forwardedOrigin);
    const app = new Hono().get('/', (c) => c.text(url(c)));
    return (await app.request('http://gateway.internal:8787/', { headers })).text();
  }
  const [proxy, stranger] = ['10.0.0.1', '198.51.100.9'];
  const both = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'api.example.org' };

  test.each([
    ['of a trusted proxy are believed', proxy, both, 'https://api.example.org'],
    ['of anyone else are not', stranger, both, 'http://gateway.internal:8787'],
    ['the scheme alone', proxy, { 'x-forwarded-proto': 'https' }, 'https://gateway.internal:8787'],
    ['the host alone', proxy, { 'x-forwarded-host': 'api.example.org:8443' }, 'http://api.example.org:8443'],
    [
      'a default port is omitted',
      proxy,
      { ...both, 'x-forwarded-host': 'api.example.org:443' },
      'https://api.example.org',
    ],
    [
      'in capitals',
      proxy,
      { 'x-forwarded-proto': 'HTTPS', 'x-forwarded-host': 'API.example.org' },
      'https://api.example.org',
    ],
    [
      'the last element of a list',
      proxy,
      { 'x-forwarded-proto': 'http, https', 'x-forwarded-host': 'evil.example, api.example.org' },
      'https://api.example.org',
    ],
    [
      'an invalid scheme is ignored',
      proxy,
      { 'x-forwarded-proto': 'javascript' },
      'http://gateway.internal:8787',
    ],
    ['an empty scheme is not', proxy, { 'x-forwarded-proto': '' }, 'http://gateway.internal:8787'],
    [
      'a host with a path is ignored',
      proxy,
      { 'x-forwarded-host': 'evil.example/x' },
      'http://gateway.internal:8787',
    ],
    [
      'a host with a user is ignored',
      proxy,
      { 'x-forwarded-host': 'user@evil.example' },
      'http://gateway.internal:8787',
    ],
    ['five numbers are no host', proxy, { 'x-forwarded-host': '1.2.3.4.5' }, 'http://gateway.internal:8787'],
  ] as [string, string, Record<string, string>, string][])('%s', async (_, peer, headers, url) => {
    expect(await urlOf(peer, headers)).toBe(url);
  });

  test('LINGUANOVA_PUBLIC_URL takes precedence over both', async () => {
    expect(await urlOf(proxy, both, 'https://cloud.example/')).toBe('https://cloud.example');
  });
});
