import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { silentLogger } from '../../test/support/silent-logger.ts';
import { Usage } from './usage.ts';
import { type HourOfKey, NO_USAGE_STORE, type UsageStore } from './usage-store.ts';

const ACME = { keyId: 'a', projectId: 'acme' };
const TEN = '2026-05-01T10:00:00.000Z';
const ELEVEN = '2026-05-01T11:00:00.000Z';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.parse(TEN) + 1_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Records what is added; `add` may be replaced. */
function recordingStore(add: UsageStore['add'] = async () => {}) {
  const added: HourOfKey[] = [];
  const store: UsageStore = {
    ...NO_USAGE_STORE,
    async add(hours) {
      await add(hours);
      added.push(...hours);
    },
  };
  return { added, usage: new Usage(store, silentLogger) };
}

test('counts points, client and server errors by key and hour', async () => {
  const { usage, added } = recordingStore();
  for (const [points, status] of [
    [1, 200],
    [5, 201],
    [1, 304],
    [0, 429],
    [1, 404],
    [1, 502],
  ] as const) {
    usage.record(ACME, points, status);
  }
  usage.record({ ...ACME, keyId: 'b' }, 1, 200);
  vi.setSystemTime(ELEVEN);
  usage.record(ACME, 2, 200);
  await usage.flush({ all: true });
  const one = { requests: 1, points: 1, clientErrors: 0, serverErrors: 0 };
  expect(added).toEqual([
    { ...ACME, start: TEN, requests: 6, points: 9, clientErrors: 2, serverErrors: 1 },
    { ...ACME, ...one, start: TEN, keyId: 'b' },
    { ...ACME, ...one, start: ELEVEN, points: 2 },
  ]);
});

test('a clock set back over the hour adds no hour of a key twice', async () => {
  const { usage, added } = recordingStore();
  for (const time of [ELEVEN, TEN, ELEVEN, TEN]) {
    vi.setSystemTime(time);
    usage.record(ACME, 1, 200);
  }
  await usage.flush({ all: true });
  expect(added.map(({ start, requests }) => [start, requests])).toEqual([
    [ELEVEN, 2],
    [TEN, 2],
  ]);
});

test('writes twice a minute, and at once with all', async () => {
  const { usage, added } = recordingStore();
  usage.record(ACME, 1, 200);
  vi.advanceTimersByTime(29_000);
  await usage.flush();
  expect(added).toEqual([]);
  vi.advanceTimersByTime(1_000);
  await usage.flush();
  expect(added).toHaveLength(1);
  usage.record(ACME, 1, 200);
  await usage.flush();
  expect(added).toHaveLength(1);
  await usage.flush({ all: true });
  expect(added).toHaveLength(2);
});

test('a flush during a write also writes what was counted since that began', async () => {
  const started = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const { usage, added } = recordingStore(async () => {
    started.resolve();
    await released.promise;
  });
  usage.record(ACME, 1, 200);
  const first = usage.flush({ all: true });
  await started.promise;
  usage.record(ACME, 1, 200);
  const last = usage.flush({ all: true });
  released.resolve();
  await Promise.all([first, last]);
  expect(added.map(({ requests }) => requests)).toEqual([1, 1]);
});

test('what cannot be written stays counted, of a large batch the parts that failed', async () => {
  let parts = 0;
  const { usage, added } = recordingStore(async () => {
    parts += 1;
    if (parts === 2) throw new Error('unavailable');
  });
  const count = (keys: number) => {
    for (let key = 0; key < keys; key += 1) usage.record({ ...ACME, keyId: `k${key}` }, 1, 503);
  };
  count(400);
  await usage.flush({ all: true });
  expect(added).toHaveLength(350);
  count(400);
  await usage.flush({ all: true });
  const sums = new Map<string, number>();
  for (const { keyId, requests, serverErrors } of added) {
    expect(serverErrors).toBe(requests);
    sums.set(keyId, (sums.get(keyId) ?? 0) + requests);
  }
  expect([sums.size, ...new Set(sums.values())]).toEqual([400, 2]);
});
