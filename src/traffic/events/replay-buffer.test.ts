import { expect, test } from 'vitest';
import type { Change } from './changes.ts';
import { type LogEntry, ReplayBuffer } from './replay-buffer.ts';

const change = (text: string): Change => ({
  kind: 'updated',
  instanceId: 'i',
  snapshot: { state: 'active', text },
  previousState: 'active',
  at: '2026-03-01T12:00:00.000Z',
});
const filled = (entries: readonly LogEntry[]) => {
  const history = new ReplayBuffer();
  for (const entry of entries) history.push(entry);
  return history;
};
const entries = (count: number, size: number): LogEntry[] =>
  Array.from({ length: count }, (_, n) => ({ id: `log-${n}`, change: change('x'.repeat(size)) }));

test('what came after an entry is told while that is remembered', () => {
  const history = filled([{ id: 'log-1', change: null }, ...entries(3, 1).slice(2)]);
  expect(history.after('log-1')?.map(({ id }) => id)).toEqual(['log-2']);
  expect(history.after('log-2')).toEqual([]);
  expect(history.after('log-0')).toBeNull();
  expect(new ReplayBuffer().after('log-1')).toBeNull();
  expect(new ReplayBuffer().lastId).toBeNull();
});

test.each([
  [2_000, 1, 1_000],
  [100, 20_000, 52],
  [3, 2_000_000, 1],
])('%i entries of %i characters: the last %i are remembered', (count, size, remembered) => {
  const all = entries(count, size);
  const history = filled(all);
  expect(history.entries).toEqual(all.slice(-remembered));
  expect(history.characters).toBe(remembered * size);
});

test.each([
  [0, 1, 1, 1],
  [998, 1, 5, 1_000],
  [50, 20_000, 10, 52],
  [5, 10, 1_200, 1_000],
])('with %i of %i characters, %i more: it is known how many there will be', (count, size, more, length) => {
  const history = filled(entries(count, size));
  const added = entries(more, size);
  expect(history.lengthWith(added.flatMap(({ change }) => change ?? []))).toBe(length);
  for (const entry of added) history.push(entry);
  expect(history.entries).toHaveLength(length);
});
