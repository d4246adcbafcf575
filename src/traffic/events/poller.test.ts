import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CacheKey, CacheScope } from '../cache/cache-key.ts';
import type { Change, InstanceSnapshot, LogHandle } from './event-log.ts';
import { LocalEventLog } from './local-event-log.ts';
import { diffSnapshots, InstancePoller, nextPollDelay, type PollResult } from './poller.ts';

const CALLER = { region: '', projectId: 'p', userId: 'u', roles: ['member'] };
const FEED = CacheKey.of(CacheScope.of(CALLER, 'service'), '/v1/events');

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A poller of a project whose instances the test sets. */
async function pollerUnderTest(eventLog = new LocalEventLog()) {
  const changes: (Change | null)[] = [];
  const log: LogHandle = await eventLog.open(FEED, {
    onEntries: (entries) => changes.push(...entries.map(({ change }) => change)),
    onEnd: () => {},
  });
  const project = {
    log,
    instances: new Map([['a', { state: 'active', text: 'a' }]]),
    hasTransitional: false,
    isDown: false,
    polls: 0,
    changes,
    invalidated: [] as string[][],
    settled: [] as string[],
  };
  const poller = new InstancePoller({
    openLog: async () => log,
    async poll(): Promise<PollResult> {
      project.polls += 1;
      if (project.isDown) throw new Error('down');
      return { snapshot: new Map(project.instances), hasTransitional: project.hasTransitional };
    },
    invalidate: async (ids) => void project.invalidated.push([...ids]),
    asDeleted: (last) => ({ ...last, state: 'deleted' }),
    onPollSettled: (error) => project.settled.push(error === null ? 'well' : 'failed'),
    maxAgeMs: 5_000,
  });
  poller.wake();
  await vi.advanceTimersByTimeAsync(300);
  return Object.assign(project, { poller });
}

test('polls immediately, then at the interval of the current states', async () => {
  const it = await pollerUnderTest();
  expect([it.polls, it.changes]).toEqual([1, [null]]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(it.polls, 'every 2.5 s').toBe(5);
  it.hasTransitional = true;
  await vi.advanceTimersByTimeAsync(2_500);
  const before = it.polls;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(it.polls - before, 'every second').toBe(5);
  it.poller.close();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(it.polls - before).toBe(5);
});

test('invalidates caches before publishing an event', async () => {
  const it = await pollerUnderTest();
  it.instances.set('b', { state: 'active', text: 'b' });
  it.poller.wake();
  await vi.advanceTimersByTimeAsync(300);
  expect(it.invalidated).toEqual([[], ['b']]);
  expect(it.changes.at(-1)).toMatchObject({ kind: 'created', instanceId: 'b' });
});

test('polls at most four times a second however often it is woken', async () => {
  const it = await pollerUnderTest();
  for (let n = 0; n < 100; n++) {
    it.poller.wake();
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(it.polls).toBeLessThanOrEqual(6);
  expect(it.polls).toBeGreaterThanOrEqual(4);
});

test('a follower does not poll; elected, it continues from the last state in the log', async () => {
  const log = new LocalEventLog();
  const first = await pollerUnderTest(log);
  const second = await pollerUnderTest(log);
  await vi.advanceTimersByTimeAsync(10_000);
  expect([first.poller.isLeader, second.poller.isLeader, second.polls]).toEqual([true, false, 0]);
  first.poller.close();
  await first.log.close();
  second.instances.delete('a');
  await vi.advanceTimersByTimeAsync(2_100);
  expect(second.changes.at(-1)).toMatchObject({ kind: 'deleted', instanceId: 'a', previousState: 'active' });
});

test('a failed poll is retried with backoff and publishes no event', async () => {
  const it = await pollerUnderTest();
  it.isDown = true;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(it.polls).toBeLessThan(8);
  expect(it.settled.at(-1)).toBe('failed');
  it.isDown = false;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(it.settled.at(-1)).toBe('well');
  expect(it.changes).toEqual([null]);
});

test.each([
  [true, 5_000, 1_000],
  [true, 0, 1_000],
  [false, 5_000, 2_500],
  [false, 0, 2_500],
  [false, 1_000, 1_000],
  [false, 3_600_000, 30_000],
])('transitional %j, responses cached for %i ms: polls after %i ms', (hasTransitional, maxAgeMs, delayMs) => {
  expect(nextPollDelay(hasTransitional, maxAgeMs)).toBe(delayMs);
});

const asDeleted = ({ text }: InstanceSnapshot): InstanceSnapshot => ({
  state: 'deleted',
  text: `${text} gone`,
});
const snapshotOf = (texts: Record<string, string>) =>
  new Map(Object.entries(texts).map(([id, text]) => [id, { state: text.split(' ')[0] ?? '', text }]));

test.each<[string, Record<string, string>, Record<string, string>, unknown[]]>([
  ['no instance', {}, {}, []],
  ['an unchanged one', { a: 'active' }, { a: 'active' }, []],
  ['a new one', {}, { a: 'provisioning' }, [['created', 'a', null, 'provisioning']]],
  ['another state', { a: 'active' }, { a: 'stopped' }, [['state_changed', 'a', 'active', 'stopped']]],
  ['another field', { a: 'active web' }, { a: 'active db' }, [['updated', 'a', 'active', 'active db']]],
  ['a missing one', { a: 'active' }, {}, [['deleted', 'a', 'active', 'active gone']]],
  [
    'several, created ones oldest first',
    { a: 'active', b: 'active', c: 'active' },
    { e: 'active', d: 'active', c: 'active', b: 'stopped' },
    [
      ['deleted', 'a', 'active', 'active gone'],
      ['state_changed', 'b', 'active', 'stopped'],
      ['created', 'd', null, 'active'],
      ['created', 'e', null, 'active'],
    ],
  ],
])('the difference of two polls: %s', (_, before, after, changes) => {
  const at = '2026-03-01T12:00:00.000Z';
  const found = diffSnapshots(snapshotOf(before), snapshotOf(after), at, asDeleted).map(
    ({ kind, instanceId, previousState, snapshot: { text } }) => [kind, instanceId, previousState, text],
  );
  expect(found).toEqual(changes);
});
