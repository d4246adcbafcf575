import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientNetwork, isCidr, isHostAddress, isInside, parseAddress } from './ip-address.ts';

test('an IPv4-mapped IPv6 address is parsed as the IPv4 address', () => {
  fc.assert(
    fc.property(fc.ipV4(), (text) => {
      expect(parseAddress(text)?.toString()).toBe(text);
      expect(parseAddress(`::ffff:${text}`)?.toString()).toBe(text);
    }),
  );
});

test('every notation of an IPv6 address is parsed as the address that URLs have', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const address = parseAddress(text) ?? expect.unreachable(text);
      fc.pre(address.kind() === 'ipv6');
      expect(new URL(`http://[${address.toString()}]`).hostname).toBe(new URL(`http://[${text}]`).hostname);
      expect(parseAddress(text.toUpperCase())).toEqual(address);
    }),
  );
});

test.each([
  ['::10.0.0.5', '10.0.0.0/8'],
  ['::127.0.0.1', '127.0.0.0/8'],
  ['192.0.2.77', '::1.2.3.4/96'],
])('an IPv4-compatible IPv6 address is no IPv4 address: %s is outside of %s', (address, network) => {
  expect(isInside(address, [network])).toBe(false);
});

test('an IPv4-compatible IPv6 address is inside its IPv6 network', () => {
  expect(isInside('::1.2.3.4', ['::/96'])).toBe(true);
});

test('a zone makes no difference', () => {
  expect(isInside('fe80::1%eth0', ['fe80::1/128'])).toBe(true);
});

test.each([
  '',
  '192.0.2',
  '192.0.2.1.',
  '192.0.2.256',
  '192.0.2.01',
  '0x7f.0.0.1',
  '2130706433',
  '192.0.2.1%eth0',
  '192.0.2.1/32',
  '192.0.2.1:80',
  ' 192.0.2.1',
  '192.0.2.1\n',
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '12345::',
  '[::1]',
  '::1]@[::2',
  '::ffff:192.0.2.256',
  '::ffff:0xa.0.0.5',
  '::ffff:010.0.0.1',
  '::ffff:1.2.3.00000000004',
  '1:2:3:4:5:6:0x1.2.3.4',
  'fe80::1%',
  'fe80::1%eth0/x',
  'localhost',
])('%j is not an address', (text) => {
  expect(parseAddress(text)).toBeNull();
});

test.each([
  ['192.0.2.1', '192.0.2.1/32'],
  ['::ffff:192.0.2.1', '192.0.2.1/32'],
  ['2001:db8:1:2:3::4', '2001:db8:1:2::/64'],
  ['unix', 'unix'],
  [null, ''],
])('the client network of %s is %s', (address, network) => {
  expect(clientNetwork(address)).toBe(network);
});

const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
const toNumber = (address: readonly number[]) => address.reduce((sum, octet) => sum * 256 + octet, 0);
const inSameNetwork = (a: readonly number[], b: readonly number[], bits: number) =>
  Math.floor(toNumber(a) / 2 ** (32 - bits)) === Math.floor(toNumber(b) / 2 ** (32 - bits));

describe('an address and a network', () => {
  test('IPv4: inside exactly when the leading bits agree', () => {
    fc.assert(
      fc.property(octets, octets, fc.nat(32), fc.boolean(), (network, other, bits, near) => {
        const address = near ? network.with(3, other[3] ?? 0) : other;
        expect(isInside(address.join('.'), [`${network.join('.')}/${bits}`])).toBe(
          inSameNetwork(address, network, bits),
        );
      }),
    );
  });

  test('IPv6: inside exactly when the leading bits agree', () => {
    const group = fc.nat(0xffff);
    // The first group is not 0, so that no address is IPv4-mapped; those are below.
    const groups = fc.tuple(fc.integer({ min: 1, max: 0xffff }), ...Array.from({ length: 7 }, () => group));
    const write = (parts: readonly number[]) => parts.map((part) => part.toString(16)).join(':');
    const value = (parts: readonly number[]) => parts.reduce((sum, part) => (sum << 16n) | BigInt(part), 0n);
    fc.assert(
      fc.property(groups, groups, fc.nat(128), fc.nat(8), (network, other, bits, shared) => {
        const address = other.map((part, index) => (index < shared ? (network[index] ?? 0) : part));
        const rest = BigInt(128 - bits);
        const same = value(address) >> rest === value(network) >> rest;
        expect(isInside(write(address), [`${write(network)}/${bits}`])).toBe(same);
      }),
    );
  });

  test.each([
    ['192.0.2.7', ['192.0.2.0/24'], true],
    ['192.0.2.7', ['198.51.100.0/24', '192.0.2.7/32'], true],
    ['192.0.3.7', ['192.0.2.0/24'], false],
    ['::ffff:192.0.2.7', ['192.0.2.0/24'], true],
    ['192.0.2.7', ['::ffff:192.0.2.0/120'], true],
    ['192.0.2.7', ['::ffff:0:0/96'], true],
    ['192.0.2.7', ['::ffff:0:0/95'], false],
    ['2001:db8::5', ['2001:db8::/32'], true],
    ['2001:db9::5', ['2001:db8::/32'], false],
    ['192.0.2.7', ['::/0'], false],
    ['2001:db8::5', ['0.0.0.0/0'], false],
    ['192.0.2.7', [], false],
    ['', ['0.0.0.0/0'], false],
    ['localhost', ['0.0.0.0/0'], false],
    ['192.0.2.7, 10.0.0.1', ['0.0.0.0/0'], false],
  ] as [string, string[], boolean][])('%s in %j: %s', (address, cidrs, inside) => {
    expect(isInside(address, cidrs)).toBe(inside);
  });

  test.each([
    ['192.0.2.7', ['198.51.100.0/24', '192.0.2.0/24'], true],
    ['192.0.2.0', ['192.0.2.0/24'], false],
    ['192.0.2.255', ['192.0.2.0/24'], false],
    ['192.0.2.255', ['192.0.2.0/23'], true],
    ['192.0.2.0', ['192.0.2.0/31'], true],
    ['192.0.2.7', ['192.0.2.7/32'], true],
    ['192.0.3.7', ['192.0.2.0/24'], false],
    ['::ffff:192.0.2.7', ['192.0.2.0/24'], false],
    ['2001:db8::', ['192.0.2.0/24', '2001:db8::/64'], true],
    ['2001:db9::5', ['2001:db8::/64'], false],
    ['192.0.2.7', [], false],
  ] as [string, string[], boolean][])('%s is a host address of %j: %s', (address, cidrs, is) => {
    expect(isHostAddress(address, cidrs)).toBe(is);
  });

  test.each([
    ['192.0.2.0/24', true],
    ['2001:db8::/32', true],
    ['0.0.0.0/0', true],
    ['192.0.2.0', false],
    ['192.0.2.0/33', false],
    ['192.0.2/24', false],
    ['2001:db8::/129', false],
    ['192.0.2.0/-1', false],
    ['192.0.2.0/24 ', false],
    ['everywhere', false],
    ['', false],
  ])('"%s" is a network: %s', (text, is) => {
    expect(isCidr(text)).toBe(is);
  });
});
