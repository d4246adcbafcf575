import { describe, expect, test } from 'vitest';
import { at, instance } from '../../test/support/fake-instances.ts';
import type { InstanceFilter, InstanceWindow } from '../compute/cloud.ts';
import { EMPTY_STATE, fromList, isNarrowed, merged, select } from './snapshot.ts';

const ids = ({ instances }: { instances: readonly { id: string }[] }) => instances.map(({ id }) => id);

describe('the state of an inventory', () => {
  test('sorts as the cloud does: newest first, within one second by id', () => {
    const listed = [
      instance('b', { created: at(1) }),
      instance('c', { created: at(2) }),
      instance('a', { created: at(1) }),
    ];
    expect(ids(fromList(listed, EMPTY_STATE))).toEqual(['c', 'a', 'b']);
    expect(ids(merged(fromList(listed, EMPTY_STATE), [instance('aa', { created: at(1) })]))).toEqual([
      'c',
      'a',
      'aa',
      'b',
    ]);
  });

  test('drops deleted and soft-deleted instances, and those that an individual fetch did not find', () => {
    const before = fromList(
      ['a', 'b', 'c', 'd'].map((id) => instance(id)),
      EMPTY_STATE,
    );
    const listed = [instance('a', { status: 'DELETED' }), instance('b', { status: 'SOFT_DELETED' })];
    expect(ids(merged(before, listed, [], ['c']))).toEqual(['d']);
  });

  test('ignores an instance that was deleted before any list showed it', () => {
    expect(ids(merged(EMPTY_STATE, [instance('a', { status: 'DELETED' })]))).toEqual([]);
  });

  test('takes the newest update from lists, deleted instances included, not from individual fetches', () => {
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

  test('retains the objects of unchanged instances, and the array when none changed', () => {
    const listed = () => [
      instance('a', { addresses: [address('10.0.0.1')] }),
      instance('b', { metadata: { x: '1' } }),
    ];
    const before = fromList(listed(), EMPTY_STATE);
    expect(merged(before, listed()).instances).toBe(before.instances);
    const after = fromList(
      [instance('a', { addresses: [address('10.0.0.2')] }), listed()[1] ?? instance('')],
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

const STATE = fromList(
  [
    instance('e', { created: at(5), flavorId: 'large' }),
    instance('d', { created: at(4), status: 'SHUTOFF' }),
    instance('c', { created: at(3), imageId: 'debian' }),
    instance('b', { created: at(2), imageId: null, flavorId: 'large' }),
    instance('a', { created: at(1), status: 'ERROR' }),
  ],
  EMPTY_STATE,
);
const found = (filter: InstanceFilter, window: InstanceWindow = {}, state = STATE) => {
  const page = select(state, filter, window);
  return page && [page.instances.map(({ id }) => id).join(''), page.more];
};

describe('a list with filter and window selects', () => {
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

describe('select leaves to the cloud', () => {
  test.each<[string, InstanceFilter, InstanceWindow]>([
    ['a filter by name', { name: 'a' }, {}],
    ['all projects', { allProjects: true }, {}],
    ['a list of changes', { changedSince: at(0) }, {}],
    ['an unknown marker', {}, { marker: 'x' }],
    ['deleted instances', { statuses: ['DELETED'] }, {}],
    ['a status that the cloud cannot filter by', { statuses: ['ACTIVE', 'UNKNOWN'] }, {}],
    ['a status of a task', { statuses: ['REBOOT'] }, {}],
  ])('%s', (_, filter, window) => {
    expect(found(filter, window)).toBeNull();
  });

  test('a filter by status while some instance shows the status of a task', () => {
    const state = fromList([instance('a'), instance('b', { status: 'REBOOT' })], EMPTY_STATE);
    expect(found({ statuses: ['ACTIVE'] }, {}, state)).toBeNull();
    expect(found({}, {}, state)).toEqual(['ab', false]);
  });
});

test('isNarrowed is true for each filter and window option', () => {
  expect(isNarrowed({}, {})).toBe(false);
  for (const filter of [{ statuses: ['ACTIVE'] }, { flavorId: 'f' }, { imageId: 'i' }])
    expect(isNarrowed(filter, {})).toBe(true);
  for (const window of [{ limit: 1 }, { marker: 'm' }]) expect(isNarrowed({}, window)).toBe(true);
});
