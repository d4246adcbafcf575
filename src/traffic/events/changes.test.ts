import { expect, test } from 'vitest';
import { diffSnapshots, type InstanceSnapshot } from './changes.ts';

const AT = '2026-03-01T12:00:00.000Z';
const gone = ({ text }: InstanceSnapshot): InstanceSnapshot => ({ state: 'deleted', text: `${text} gone` });
const told = (before: Record<string, string>, after: Record<string, string>) => {
  const shown = (texts: Record<string, string>) =>
    new Map(Object.entries(texts).map(([id, text]) => [id, { state: text.split(' ')[0] ?? '', text }]));
  return diffSnapshots(shown(before), shown(after), AT, gone).map(
    ({ kind, instanceId, previousState, snapshot: { text } }) => [kind, instanceId, previousState, text],
  );
};

test.each<[string, Record<string, string>, Record<string, string>, unknown[]]>([
  ['nothing', {}, {}, []],
  ['the same', { a: 'active' }, { a: 'active' }, []],
  ['a new one', {}, { a: 'provisioning' }, [['created', 'a', null, 'provisioning']]],
  ['another state', { a: 'active' }, { a: 'stopped' }, [['state_changed', 'a', 'active', 'stopped']]],
  ['something else', { a: 'active web' }, { a: 'active db' }, [['updated', 'a', 'active', 'active db']]],
  ['one that is gone', { a: 'active' }, {}, [['deleted', 'a', 'active', 'active gone']]],
  [
    'all at once, new ones oldest first',
    { a: 'active', b: 'active', c: 'active' },
    { e: 'active', d: 'active', c: 'active', b: 'stopped' },
    [
      ['deleted', 'a', 'active', 'active gone'],
      ['state_changed', 'b', 'active', 'stopped'],
      ['created', 'd', null, 'active'],
      ['created', 'e', null, 'active'],
    ],
  ],
])('%s', (_, before, after, changes) => {
  expect(told(before, after)).toEqual(changes);
});
