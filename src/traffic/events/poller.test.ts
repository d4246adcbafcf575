import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CacheKey, CacheScope } from '../cache/cache-key.ts';
import type { Change } from './changes.ts';
import type { LogHandle } from './event-log.ts';
import { LocalEventLog } from './local-event-log.ts';
import { InstancePoller, type PollResult } from './poller.ts';

const CALLER = { projectId: 'p', userId: 'u', roles: ['member'] };
const FEED = CacheKey.of(CacheScope.of(CALLER, 'service'), '/v1/events');

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A lookout over a project that is what the test says. */
async function lookoutUnderTest(log = new LocalEventLog()) {
  const told: (Change | null)[] = [];
  const opened: LogHandle = await log.open(FEED, {
    onEntries: (entries) => told.push(...entries.map(({ change }) => change)),
    onEnd: () => {},
  });
  const project = {
    log: opened,
    instances: new Map([['a', { state: 'active', text: 'a' }]]),
    passing: false,
    fails: false,
    looks: 0,
    told,
    announced: [] as string[][],
    settled: [] as string[],
  };
  const lookout = new InstancePoller({
    openLog: async () => opened,
    async poll(): Promise<PollResult> {
      project.looks += 1;
      if (project.fails) throw new Error('down');
      return { snapshot: new Map(project.instances), hasTransitional: project.passing };
    },
    invalidate: async (ids) => void project.announced.push([...ids]),
    asDeleted: (last) => ({ ...last, state: 'deleted' }),
    onPollSettled: (error) => project.settled.push(error === null ? 'well' : 'failed'),
    maxAgeMs: 5_000,
  });
  lookout.wake();
  await vi.advanceTimersByTimeAsync(300);
  return Object.assign(project, { lookout });
}

test('looks at once, then at the pace of what it sees', async () => {
  const it = await lookoutUnderTest();
  expect([it.looks, it.told]).toEqual([1, [null]]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(it.looks, 'every 2.5 s').toBe(5);
  it.passing = true;
  await vi.advanceTimersByTimeAsync(2_500);
  const before = it.looks;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(it.looks - before, 'every second').toBe(5);
  it.lookout.close();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(it.looks - before).toBe(5);
});

test('what is different is announced, then told', async () => {
  const it = await lookoutUnderTest();
  it.instances.set('b', { state: 'active', text: 'b' });
  it.lookout.wake();
  await vi.advanceTimersByTimeAsync(300);
  expect(it.announced).toEqual([[], ['b']]);
  expect(it.told.at(-1)).toMatchObject({ kind: 'created', instanceId: 'b' });
});

test('however often it is hurried, it looks four times a second at most', async () => {
  const it = await lookoutUnderTest();
  for (let n = 0; n < 100; n++) {
    it.lookout.wake();
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(it.looks).toBeLessThanOrEqual(6);
  expect(it.looks).toBeGreaterThanOrEqual(4);
});

test('while another leads it does not look, and goes on where that one ended', async () => {
  const log = new LocalEventLog();
  const first = await lookoutUnderTest(log);
  const second = await lookoutUnderTest(log);
  await vi.advanceTimersByTimeAsync(10_000);
  expect([first.lookout.isLeader, second.lookout.isLeader, second.looks]).toEqual([true, false, 0]);
  first.lookout.close();
  await first.log.close();
  second.instances.delete('a');
  await vi.advanceTimersByTimeAsync(2_100);
  expect(second.told.at(-1)).toMatchObject({ kind: 'deleted', instanceId: 'a', previousState: 'active' });
});

test('a look that fails is tried again, ever later, and nothing is told of it', async () => {
  const it = await lookoutUnderTest();
  it.fails = true;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(it.looks).toBeLessThan(8);
  expect(it.settled.at(-1)).toBe('failed');
  it.fails = false;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(it.settled.at(-1)).toBe('well');
  expect(it.told).toEqual([null]);
});
