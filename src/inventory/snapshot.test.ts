import { describe, expect, test } from 'vitest';
import { at, instance } from '../../test/support/fake-instances.ts';
import type { InstanceFilter, InstanceWindow } from '../compute/cloud.ts';
import { EMPTY_STATE, fromList, isNarrowed, merged, select } from './snapshot.ts';

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

const FLEET = fromList(
  [
    instance('e', { created: at(5), flavorId: 'large' }),
    instance('d', { created: at(4), status: 'SHUTOFF' }),
    instance('c', { created: at(3), imageId: 'debian' }),
    instance('b', { created: at(2), imageId: null, flavorId: 'large' }),
    instance('a', { created: at(1), status: 'ERROR' }),
  ],
  EMPTY_STATE,
);
const found = (filter: InstanceFilter, window: InstanceWindow = {}, fleet = FLEET) => {
  const page = select(fleet, filter, window);
  return page && [page.instances.map(({ id }) => id).join(''), page.more];
};

describe('of a fleet is told', () => {
  test.each<[InstanceFilter, InstanceWindow, string, boolean]>([
    [{}, {}, 'edcba', false],
    [{ statuses: ['ACTIVE'] }, {}, 'ecb', false],
    [{ statuses: ['ACTIVE', 'ERROR'] }, {}, 'ecba', false],
    [{ statuses: ['PAUSED'] }, {}, '', false],
    [{ flavorId: 'large' }, {}, 'eb', false],
    [{ imageId: 'debian' }, {}, 'c', false],
    [{ statuses: ['ACTIVE'], flavorId: 'small' }, {}, 'c', false],
    [{}, { limit: 0 }, '', false],
    [{}, { limit: 2 }, 'ed', true],
    [{}, { limit: 5 }, 'edcba', false],
    [{}, { marker: 'd' }, 'cba', false],
    [{}, { marker: 'd', limit: 2 }, 'cb', true],
    [{}, { marker: 'a' }, '', false],
    [{ statuses: ['ACTIVE'] }, { marker: 'd', limit: 1 }, 'c', true],
  ])('%j %j: %s', (filter, window, ids, more) => {
    expect(found(filter, window)).toEqual([ids, more]);
  });
});

describe('only the cloud knows', () => {
  test.each<[string, InstanceFilter, InstanceWindow]>([
    ['what a name matches', { name: 'a' }, {}],
    ['other projects', { allProjects: true }, {}],
    ['changes', { changedSince: at(0) }, {}],
    ['where a deleted marker was', {}, { marker: 'x' }],
    ['deleted ones', { statuses: ['DELETED'] }, {}],
    ['what it does with a status it does not filter by', { statuses: ['ACTIVE', 'UNKNOWN'] }, {}],
    ['tasks', { statuses: ['REBOOT'] }, {}],
  ])('%s', (_, filter, window) => {
    expect(found(filter, window)).toBeNull();
  });

  test('statuses, while an instance shows a task instead of its own', () => {
    const fleet = fromList([instance('a'), instance('b', { status: 'REBOOT' })], EMPTY_STATE);
    expect(found({ statuses: ['ACTIVE'] }, {}, fleet)).toBeNull();
    expect(found({}, {}, fleet)).toEqual(['ab', false]);
  });
});

test('every part of a list is narrowed', () => {
  expect(isNarrowed({}, {})).toBe(false);
  for (const filter of [{ statuses: ['ACTIVE'] }, { flavorId: 'f' }, { imageId: 'i' }])
    expect(isNarrowed(filter, {})).toBe(true);
  for (const window of [{ limit: 1 }, { marker: 'm' }]) expect(isNarrowed({}, window)).toBe(true);
});
