import { describe, expect, test } from 'vitest';
import { at, instance } from '../../test/support/fake-instances.ts';
import { EMPTY_STATE, fromList, merged } from './merge.ts';

const ids = ({ instances }: { instances: readonly { id: string }[] }) => instances.map(({ id }) => id);

describe('a fleet', () => {
  test('is in the order of the cloud: newest first, within one second by id', () => {
    const told = [
      instance('b', { created: at(1) }),
      instance('c', { created: at(2) }),
      instance('a', { created: at(1) }),
    ];
    expect(ids(fromList(told, EMPTY_STATE))).toEqual(['c', 'a', 'b']);
    expect(ids(merged(fromList(told, EMPTY_STATE), [instance('aa', { created: at(1) })]))).toEqual([
      'c',
      'a',
      'aa',
      'b',
    ]);
  });

  test('loses what was deleted, softly too, and what a look did not find', () => {
    const before = fromList(
      ['a', 'b', 'c', 'd'].map((id) => instance(id)),
      EMPTY_STATE,
    );
    const told = [instance('a', { status: 'DELETED' }), instance('b', { status: 'SOFT_DELETED' })];
    expect(ids(merged(before, told, [], ['c']))).toEqual(['d']);
  });

  test('does not win what was deleted before it was ever seen', () => {
    expect(ids(merged(EMPTY_STATE, [instance('a', { status: 'DELETED' })]))).toEqual([]);
  });

  test('knows the latest change that lists told, of deleted ones too; looks do not count', () => {
    const before = fromList([instance('a', { updated: at(5) })], EMPTY_STATE);
    expect(before.newestUpdate).toBe(at(5));
    const after = merged(
      before,
      [instance('b', { updated: at(7), status: 'DELETED' })],
      [instance('a', { updated: at(9) })],
    );
    expect(after.newestUpdate).toBe(at(7));
    expect(fromList([], after).newestUpdate).toBe(at(7));
  });

  test('keeps the objects of what is the same, and the list when everything is', () => {
    const told = () => [
      instance('a', { addresses: [address('10.0.0.1')] }),
      instance('b', { metadata: { x: '1' } }),
    ];
    const before = fromList(told(), EMPTY_STATE);
    expect(merged(before, told()).instances).toBe(before.instances);
    const after = fromList(
      [instance('a', { addresses: [address('10.0.0.2')] }), told()[1] ?? instance('')],
      before,
    );
    expect(after.byId.get('b')).toBe(before.byId.get('b'));
    expect(after.byId.get('a')).not.toBe(before.byId.get('a'));
    expect(merged(before, [instance('b', { metadata: {} })]).byId.get('b')?.metadata).toEqual({});
    expect(merged(before, [instance('b', { metadata: { x: '1', y: '2' } })]).byId.get('b')?.metadata).toEqual(
      {
        x: '1',
        y: '2',
      },
    );
  });
});

function address(text: string) {
  return { network: 'private', address: text, version: 4 as const, type: 'fixed' as const, macAddress: null };
}
