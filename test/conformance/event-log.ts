/**
 * Conformance suite of event logs: each sentence of the contract in `src/traffic/events/event-log.ts`.
 *
 * @module
 */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CacheKey, CacheScope } from '../../src/traffic/cache/cache-key.ts';
import type {
  Change,
  EventLog,
  FeedKey,
  InstanceSnapshot,
  LogEntry,
  LogHandle,
} from '../../src/traffic/events/event-log.ts';

let feeds = 0;
const AT = '2026-03-01T12:00:00.000Z';
const SOON = { timeout: 20_000 };

/** A feed of this test only. */
export function newFeed(): FeedKey {
  feeds += 1;
  const caller = { region: '', projectId: `p${feeds}`, userId: 'u', roles: ['member'] };
  return CacheKey.of(CacheScope.of(caller, 'application_credential'), '/v1/events');
}

export const shown = (text: string, state = 'active'): InstanceSnapshot => ({ state, text });
export const created = (instanceId: string): Change => ({
  kind: 'created',
  instanceId,
  snapshot: shown(instanceId),
  previousState: null,
  at: AT,
});
export const deleted = (instanceId: string): Change => ({ ...created(instanceId), kind: 'deleted' });

/** A log with the events that its subscriber received, and whether it has ended. */
export async function openLog(
  log: EventLog,
  feed: FeedKey,
): Promise<LogHandle & { received: LogEntry[]; isOver: () => boolean }> {
  const received: LogEntry[] = [];
  let over = false;
  const opened = await log.open(feed, {
    onEntries: (entries) => received.push(...entries),
    onEnd: () => {
      over = true;
    },
  });
  return {
    replayBuffer: opened.replayBuffer,
    tryLead: () => opened.tryLead(),
    snapshot: () => opened.snapshot(),
    begin: (instances) => opened.begin(instances),
    append: (changes) => opened.append(changes),
    close: () => opened.close(),
    received,
    isOver: () => over,
  };
}

/** @param open Two logs on the same data, one per node; the same one twice where there is only one node. */
export function eventLogConformance(name: string, open: () => Promise<readonly [EventLog, EventLog]>): void {
  describe(`the event log: ${name}`, () => {
    let one: EventLog;
    let other: EventLog;
    let feed: FeedKey;
    const opened: LogHandle[] = [];
    beforeEach(async () => {
      [one, other] = await open();
      feed = newFeed();
    });
    afterEach(async () => {
      for (const log of opened.splice(0)) await log.close().catch(() => {});
    });
    const at = async (log: EventLog, key = feed) => {
      const it = await openLog(log, key);
      opened.push(it);
      return it;
    };
    /** Two handles, of which the first leads. */
    const pair = async () => {
      const [leader, follower] = [await at(one), await at(other)];
      expect(await leader.tryLead()).toBe('elected');
      expect(await leader.begin(new Map([['a', shown('a')]]))).toBe(true);
      return [leader, follower] as const;
    };

    test('is empty until an entry is appended, which every subscriber receives', async () => {
      const [leader, follower] = [await at(one), await at(other)];
      expect([leader.replayBuffer.lastId, follower.replayBuffer.lastId]).toEqual([null, null]);
      expect(await leader.tryLead()).toBe('elected');
      expect(await leader.snapshot()).toBeNull();
      await leader.begin(new Map());
      await expect.poll(() => follower.received, SOON).toEqual([{ id: expect.any(String), change: null }]);
      expect(leader.received).toEqual(follower.received);
      expect(await leader.snapshot()).toEqual(new Map());
    });

    test('has one leader at a time; a released lease goes to another', async () => {
      const [leader, follower] = await pair();
      expect([await leader.tryLead(), await follower.tryLead()]).toEqual(['leader', 'follower']);
      expect(await follower.append([created('x')]), 'by a follower').toBe(false);
      expect(await follower.begin(new Map())).toBe(false);
      await leader.close();
      expect(await leader.tryLead(), 'of one that is closed').toBe('follower');
      expect(await follower.tryLead()).toBe('elected');
      expect(await leader.append([created('y')]).catch(() => false), 'by a former leader').toBe(false);
      expect(await follower.snapshot()).toEqual(new Map([['a', shown('a')]]));
    });

    test('every subscriber receives all entries once, in order, with the same ids', async () => {
      const [leader, follower] = await pair();
      const names = Array.from({ length: 300 }, (_, n) => `i${n}`);
      for (let n = 0; n < names.length; n += 100) {
        expect(await leader.append(names.slice(n, n + 100).map(created))).toBe(true);
      }
      const ofInstances = (entries: readonly LogEntry[]) =>
        entries.flatMap(({ change }) => change?.instanceId ?? []);
      await expect.poll(() => follower.received.length, SOON).toBe(301);
      expect(ofInstances(follower.received)).toEqual(names);
      expect(leader.received).toEqual(follower.received);
      expect(new Set(leader.received.map(({ id }) => id)).size).toBe(301);
      expect(follower.replayBuffer.entries).toEqual(follower.received);
    });

    test('a late subscriber replays entries, the next leader reads the last snapshot', async () => {
      const [leader, follower] = await pair();
      await leader.append([created('b'), created('c'), deleted('a')]);
      await expect.poll(() => follower.received.length, SOON).toBe(4);
      await Promise.all([leader.close(), follower.close()]);
      const late = await at(other);
      expect(late.replayBuffer.entries).toEqual(leader.received);
      expect(late.replayBuffer.after(leader.received[1]?.id ?? '')).toEqual(leader.received.slice(2));
      expect(late.replayBuffer.after('another-1')).toBeNull();
      expect(await late.tryLead()).toBe('elected');
      expect(await late.snapshot()).toEqual(
        new Map([
          ['b', shown('b')],
          ['c', shown('c')],
        ]),
      );
    });

    test('the replay buffer is bounded in entries and bytes', async () => {
      const [leader] = await pair();
      const big = (n: number): Change => ({ ...created(`i${n % 7}`), snapshot: shown('x'.repeat(60_000)) });
      for (let n = 0; n < 40; n++) await leader.append([big(n)]);
      expect(leader.replayBuffer.characters).toBeLessThanOrEqual(1_048_576);
      expect(leader.received).toHaveLength(41);
      const late = await at(other);
      expect(late.replayBuffer.entries).toEqual(leader.replayBuffer.entries);
      expect(late.replayBuffer.entries.length).toBeGreaterThan(10);
      for (let n = 0; n < 12; n++)
        await leader.append(Array.from({ length: 100 }, (_, i) => created(`${n}-${i}`)));
      expect(leader.replayBuffer.entries).toHaveLength(1_000);
      expect((await at(other)).replayBuffer.entries).toHaveLength(1_000);
    });

    test('stores a snapshot of thousands of instances completely', async () => {
      const leader = await at(one);
      await leader.tryLead();
      const many = new Map(Array.from({ length: 3_000 }, (_, n) => [`i${n}`, shown('y'.repeat(450))]));
      expect(await leader.begin(many)).toBe(true);
      expect(await leader.snapshot()).toEqual(many);
    });

    test('feeds are isolated', async () => {
      const [leader] = await pair();
      const another = await at(other, newFeed());
      expect(await another.tryLead()).toBe('elected');
      await another.begin(new Map());
      await leader.append([created('b')]);
      await another.append([created('z')]);
      await expect.poll(() => another.received.length, SOON).toBe(2);
      expect(another.received[1]?.change?.instanceId).toBe('z');
      expect(JSON.stringify(leader.received)).not.toContain('"z"');
    });
  });
}
