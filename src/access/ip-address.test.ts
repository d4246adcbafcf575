import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lies, readAddress, readNetwork } from './ip-address.ts';

test('every IPv4 address is read as the number it is', () => {
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), (value) => {
      const text = [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
      expect(readAddress(text)).toEqual({ bits: 32, value: BigInt(value) });
      expect(readAddress(`::ffff:${text}`)).toEqual({ bits: 32, value: BigInt(value) });
    }),
  );
});

test('every IPv6 address is read as the number it is, however it is written', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const { bits, value } = readAddress(text) ?? expect.unreachable(text);
      // An IPv4 address in disguise is above.
      fc.pre(bits === 128);
      const groups = Array.from({ length: 8 }, (_, group) => (value >> BigInt(112 - 16 * group)) & 0xffffn);
      const plain = groups.map((group) => group.toString(16)).join(':');
      expect(new URL(`http://[${plain}]`).hostname).toBe(new URL(`http://[${text}]`).hostname);
      expect(readAddress(plain)).toEqual({ bits, value });
      expect(readAddress(text.toUpperCase())).toEqual({ bits, value });
    }),
  );
});

test.each([
  ['::', 0n],
  ['::1', 1n],
  ['1::', 1n << 112n],
  ['2001:db8::5', (0x2001_0db8n << 96n) | 5n],
  ['fe80::1%eth0', (0xfe80n << 112n) | 1n],
  ['::192.0.2.1', 0xc000_0201n],
])('%s is %s', (text, value) => {
  expect(readAddress(text)).toEqual({ bits: 128, value });
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
  'fe80::1%',
  'fe80::1%eth0/x',
  'localhost',
])('%j is no address', (text) => {
  expect(readAddress(text)).toBeNull();
});

test.each([
  ['192.0.2.0/24', { bits: 32, value: 0xc000_0200n, prefix: 24 }],
  ['::ffff:192.0.2.0/120', { bits: 32, value: 0xc000_0200n, prefix: 24 }],
  ['::/0', { bits: 128, value: 0n, prefix: 0 }],
  ['::ffff:0:0/95', { bits: 128, value: 0xffff_0000_0000n, prefix: 95 }],
  ['::ffff:0:0/96', { bits: 32, value: 0n, prefix: 0 }],
])('%s is a network', (text, network) => {
  expect(readNetwork(text)).toEqual(network);
});

test('nothing of the other family lies in the widest network', () => {
  const within = (address: string, network: string) => {
    const [one, other] = [readAddress(address), readNetwork(network)];
    return one !== null && other !== null && lies(one, other);
  };
  expect(within('192.0.2.1', '0.0.0.0/0')).toBe(true);
  expect(within('192.0.2.1', '::/0')).toBe(false);
  expect(within('::1', '::/0')).toBe(true);
  expect(within('::1', '0.0.0.0/0')).toBe(false);
});
