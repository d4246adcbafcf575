import { describe, expect, test } from 'vitest';
import { at, instance } from '../../test/support/fake-instances.ts';
import type { InstanceFilter, InstanceWindow } from '../compute/cloud.ts';
import { EMPTY_STATE, fromList } from './merge.ts';
import { isNarrowed, select } from './select.ts';

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
