import { expect, test } from 'vitest';
import { type Change, type LogEntry, ReplayBuffer } from './event-log.ts';

const change = (text: string): Change => ({
  kind: 'updated',
  instanceId: 'i',
  snapshot: { state: 'active', text },
  previousState: 'active',
  at: '2026-03-01T12:00:00.000Z',
});
const filled = (entries: readonly LogEntry[]) => {
  const buffer = new ReplayBuffer();
  for (const entry of entries) buffer.push(entry);
  return buffer;
};
const entries = (count: number, size: number): LogEntry[] =>
  Array.from({ length: count }, (_, n) => ({ id: `log-${n}`, change: change('x'.repeat(size)) }));

test('returns the entries after an id, or null if the id was evicted', () => {
  const buffer = filled([{ id: 'log-1', change: null }, ...entries(3, 1).slice(2)]);
  expect(buffer.after('log-1')?.map(({ id }) => id)).toEqual(['log-2']);
  expect(buffer.after('log-2')).toEqual([]);
  expect(buffer.after('log-0')).toBeNull();
  expect(new ReplayBuffer().after('log-1')).toBeNull();
  expect(new ReplayBuffer().lastId).toBeNull();
});

test.each([
  [2_000, 1, 1_000],
  [100, 20_000, 52],
  [3, 2_000_000, 1],
])('of %i entries of %i characters the last %i are retained', (count, size, retained) => {
  const all = entries(count, size);
  const buffer = filled(all);
  expect(buffer.entries).toEqual(all.slice(-retained));
  expect(buffer.characters).toBe(retained * size);
});

test.each([
  [0, 1, 1, 1],
  [998, 1, 5, 1_000],
  [50, 20_000, 10, 52],
  [5, 10, 1_200, 1_000],
])('predicts the length: %i of %i characters and %i more', (count, size, more, length) => {
  const buffer = filled(entries(count, size));
  const added = entries(more, size);
  expect(buffer.lengthWith(added.flatMap(({ change }) => change ?? []))).toBe(length);
  for (const entry of added) buffer.push(entry);
  expect(buffer.entries).toHaveLength(length);
});
