/**
 * What every event log must do: each sentence of the contract in `src/traffic/events/event-log.ts`.
 *
 * @module
 */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CacheKey, CacheScope } from '../../src/traffic/cache/cache-key.ts';
import type { Change, Shown } from '../../src/traffic/events/changes.ts';
import type { EventLog, OpenLog } from '../../src/traffic/events/event-log.ts';
import type { FeedKey } from '../../src/traffic/events/feed-key.ts';
import type { Entry } from '../../src/traffic/events/history.ts';

let feeds = 0;
const AT = '2026-03-01T12:00:00.000Z';
const SOON = { timeout: 20_000 };

/** A feed that no other test has. */
export function newFeed(): FeedKey {
  feeds += 1;
  const caller = { projectId: `p${feeds}`, userId: 'u', roles: ['member'] };
  return CacheKey.of(CacheScope.of(caller, 'application_credential'), '/v1/events');
}

export const shown = (text: string, state = 'active'): Shown => ({ state, text });
export const created = (instanceId: string): Change => ({
  kind: 'created',
  instanceId,
  shown: shown(instanceId),
  previousState: null,
  at: AT,
});
export const deleted = (instanceId: string): Change => ({ ...created(instanceId), kind: 'deleted' });

/** A log as a reader has it: what it was told, and whether it is over. */
export async function openLog(
  log: EventLog,
  feed: FeedKey,
): Promise<OpenLog & { told: Entry[]; isOver: () => boolean }> {
  const told: Entry[] = [];
  let over = false;
  const opened = await log.open(feed, {
    added: (entries) => told.push(...entries),
    ended: () => {
      over = true;
    },
  });
  return {
    history: opened.history,
    lead: () => opened.lead(),
    shown: () => opened.shown(),
    begin: (instances) => opened.begin(instances),
    add: (changes) => opened.add(changes),
    close: () => opened.close(),
    told,
    isOver: () => over,
  };
}

/** @param open Two logs on the same data, as two nodes have them; where there is but one node, the same twice. */
export function eventLogConformance(name: string, open: () => Promise<readonly [EventLog, EventLog]>): void {
  describe(`the event log: ${name}`, () => {
    let one: EventLog;
    let other: EventLog;
    let feed: FeedKey;
    const opened: OpenLog[] = [];
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
    /** Two that have it open, of which the first leads. */
    const pair = async () => {
      const [leader, follower] = [await at(one), await at(other)];
      expect(await leader.lead()).toBe('anew');
      expect(await leader.begin(new Map([['a', shown('a')]]))).toBe(true);
      return [leader, follower] as const;
    };

    test('is empty until somebody begins, and then everybody hears', async () => {
      const [leader, follower] = [await at(one), await at(other)];
      expect([leader.history.last, follower.history.last]).toEqual([null, null]);
      expect(await leader.lead()).toBe('anew');
      expect(await leader.shown()).toBeNull();
      await leader.begin(new Map());
      await expect.poll(() => follower.told, SOON).toEqual([{ id: expect.any(String), change: null }]);
      expect(leader.told).toEqual(follower.told);
      expect(await leader.shown()).toEqual(new Map());
    });

    test('one leads at a time, and another when it has let go', async () => {
      const [leader, follower] = await pair();
      expect([await leader.lead(), await follower.lead()]).toEqual(['still', 'no']);
      expect(await follower.add([created('x')]), 'of who does not lead').toBe(false);
      expect(await follower.begin(new Map())).toBe(false);
      await leader.close();
      expect(await leader.lead(), 'of one that is closed').toBe('no');
      expect(await follower.lead()).toBe('anew');
      expect(await leader.add([created('y')]).catch(() => false), 'of who led once').toBe(false);
      expect(await follower.shown()).toEqual(new Map([['a', shown('a')]]));
    });

    test('what is added is told to all in order, each once, by the same ids', async () => {
      const [leader, follower] = await pair();
      const names = Array.from({ length: 300 }, (_, n) => `i${n}`);
      for (let n = 0; n < names.length; n += 100) {
        expect(await leader.add(names.slice(n, n + 100).map(created))).toBe(true);
      }
      const ofInstances = (entries: readonly Entry[]) =>
        entries.flatMap(({ change }) => change?.instanceId ?? []);
      await expect.poll(() => follower.told.length, SOON).toBe(301);
      expect(ofInstances(follower.told)).toEqual(names);
      expect(leader.told).toEqual(follower.told);
      expect(new Set(leader.told.map(({ id }) => id)).size).toBe(301);
      expect(follower.history.entries).toEqual(follower.told);
    });

    test('who comes later finds what was, and who leads next what it has come to', async () => {
      const [leader, follower] = await pair();
      await leader.add([created('b'), created('c'), deleted('a')]);
      await expect.poll(() => follower.told.length, SOON).toBe(4);
      await Promise.all([leader.close(), follower.close()]);
      const late = await at(other);
      expect(late.history.entries).toEqual(leader.told);
      expect(late.history.after(leader.told[1]?.id ?? '')).toEqual(leader.told.slice(2));
      expect(late.history.after('another-1')).toBeNull();
      expect(await late.lead()).toBe('anew');
      expect(await late.shown()).toEqual(
        new Map([
          ['b', shown('b')],
          ['c', shown('c')],
        ]),
      );
    });

    test('what is remembered is bounded, in entries and in size', async () => {
      const [leader] = await pair();
      const big = (n: number): Change => ({ ...created(`i${n % 7}`), shown: shown('x'.repeat(60_000)) });
      for (let n = 0; n < 40; n++) await leader.add([big(n)]);
      expect(leader.history.size).toBeLessThanOrEqual(1_048_576);
      expect(leader.told).toHaveLength(41);
      const late = await at(other);
      expect(late.history.entries).toEqual(leader.history.entries);
      expect(late.history.entries.length).toBeGreaterThan(10);
      for (let n = 0; n < 12; n++)
        await leader.add(Array.from({ length: 100 }, (_, i) => created(`${n}-${i}`)));
      expect(leader.history.entries).toHaveLength(1_000);
      expect((await at(other)).history.entries).toHaveLength(1_000);
    });

    test('thousands of instances are remembered whole', async () => {
      const leader = await at(one);
      await leader.lead();
      const many = new Map(Array.from({ length: 3_000 }, (_, n) => [`i${n}`, shown('y'.repeat(450))]));
      expect(await leader.begin(many)).toBe(true);
      expect(await leader.shown()).toEqual(many);
    });

    test('feeds do not hear of each other', async () => {
      const [leader] = await pair();
      const another = await at(other, newFeed());
      expect(await another.lead()).toBe('anew');
      await another.begin(new Map());
      await leader.add([created('b')]);
      await another.add([created('z')]);
      await expect.poll(() => another.told.length, SOON).toBe(2);
      expect(another.told[1]?.change?.instanceId).toBe('z');
      expect(JSON.stringify(leader.told)).not.toContain('"z"');
    });
  });
}
