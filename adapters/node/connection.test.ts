import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { clientAddress } from './connection.ts';

/** What the gateway takes for the client's address, of a request from `peer` with this header. */
async function addressOf(peer: string, forwarded: string | undefined, trusted: string[]): Promise<string> {
  const app = new Hono().get('/', (c) => c.text(clientAddress(trusted)(c) ?? 'unknown'));
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  const socket = { remoteAddress: peer, remotePort: 1, remoteFamily: 'IPv4' };
  return (await app.request('/', { headers }, { incoming: { socket } })).text();
}

const PROXIES = ['10.0.0.0/8', '2001:db8::/32'];

test.each([
  ['the peer, when nobody is trusted', '192.0.2.1', '198.51.100.9', [], '192.0.2.1'],
  ['the peer, when it is no trusted proxy', '192.0.2.1', '198.51.100.9', PROXIES, '192.0.2.1'],
  ['what a trusted proxy says', '10.0.0.1', '198.51.100.9', PROXIES, '198.51.100.9'],
  [
    'the nearest that is no proxy of ours',
    '10.0.0.1',
    '203.0.113.1, 198.51.100.9, 10.0.0.2',
    PROXIES,
    '198.51.100.9',
  ],
  [
    'never what stands left of it: the client wrote that',
    '10.0.0.1',
    '10.0.0.9, 198.51.100.9',
    PROXIES,
    '198.51.100.9',
  ],
  ['the peer, when the header is missing', '10.0.0.1', undefined, PROXIES, '10.0.0.1'],
  ['the peer, when all are proxies', '10.0.0.1', '10.0.0.3, 10.0.0.2', PROXIES, '10.0.0.1'],
  ['an address without the port that some add', '10.0.0.1', '198.51.100.9:40123', PROXIES, '198.51.100.9'],
  ['an IPv6 address without brackets and port', '10.0.0.1', '[2001:db9::7]:40123', PROXIES, '2001:db9::7'],
  ['the peer, where no address stands', '10.0.0.1', '198.51.100.9, unknown', PROXIES, '10.0.0.1'],
  ['the peer, where nothing stands', '10.0.0.1', '198.51.100.9,', PROXIES, '10.0.0.1'],
  ['a proxy over an IPv6 socket', '::ffff:10.0.0.1', '198.51.100.9', PROXIES, '198.51.100.9'],
] as [string, string, string | undefined, string[], string][])(
  '%s',
  async (_, peer, header, trusted, address) => {
    expect(await addressOf(peer, header, trusted)).toBe(address);
  },
);
