import { expect, test } from 'vitest';
import {
  assertKeyPairsLeft,
  keyPairPrefix,
  prefixOf,
  shownKeyPairName,
  storedKeyPairName,
} from './service-key-pairs.ts';

test('no name of one project begins with the prefix of another', () => {
  const ids = ['a', 'a-b', 'ab', '719015812e824d5b874b4190dde8f43c', '0'.repeat(64)];
  for (const one of ids) {
    for (const other of ids.filter((id) => id !== one)) {
      for (const name of ['x', '_x', `b_x`, `${prefixOf(other)}x`, '-b_x']) {
        const stored = storedKeyPairName(name, keyPairPrefix(one));
        expect(stored.toLowerCase().startsWith(keyPairPrefix(other))).toBe(false);
        expect(shownKeyPairName(stored, one)).toBe(name);
        expect(shownKeyPairName(stored, other)).toBe(stored);
      }
    }
  }
});

test.each(['', 'A', 'a_b', 'a b', 'ü', 'a/b', '0'.repeat(65)])('a project "%s" has no key pairs', (id) => {
  expect(prefixOf(id)).toBeNull();
  expect(() => keyPairPrefix(id)).toThrow(expect.objectContaining({ code: 'not_implemented' }));
});

test('a name that is too long with its prefix, and a twenty-first key pair, are refused', () => {
  const prefix = keyPairPrefix('a');
  expect(storedKeyPairName('n'.repeat(250), prefix)).toHaveLength(255);
  expect(() => storedKeyPairName('n'.repeat(251), prefix)).toThrow(
    expect.objectContaining({ code: 'invalid' }),
  );
  expect(() => assertKeyPairsLeft(19)).not.toThrow();
  expect(() => assertKeyPairsLeft(20)).toThrow(expect.objectContaining({ code: 'quota_exceeded' }));
});
