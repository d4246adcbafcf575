import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { LruMap } from './lru-map.ts';

/** A reference model: entries in a list, the most recently used last. */
class Plain {
  entries: { key: string; value: number }[] = [];

  use(key: string): number | undefined {
    const found = this.entries.find((entry) => entry.key === key);
    if (found !== undefined) this.entries = [...this.entries.filter((entry) => entry !== found), found];
    return found?.value;
  }

  set(key: string, value: number, { max, room, heaviest }: Bounds): void {
    this.delete(key);
    if (value > heaviest) return;
    this.entries.push({ key, value });
    while (this.entries.length > max || this.weight > room) this.entries.shift();
  }

  delete(key: string): void {
    this.entries = this.entries.filter((entry) => entry.key !== key);
  }

  get weight(): number {
    return this.entries.reduce((sum, { value }) => sum + value, 0);
  }
}

interface Bounds {
  readonly max: number;
  readonly room: number;
  readonly heaviest: number;
}

const key = fc.constantFrom(...'abcdefgh');
const step = fc.oneof(
  fc.record({ what: fc.constant('set' as const), key, value: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ what: fc.constantFrom('get' as const, 'peek' as const, 'delete' as const), key }),
);
const bounds = fc.record({
  max: fc.integer({ min: 1, max: 6 }),
  room: fc.integer({ min: 1, max: 30 }),
  heaviest: fc.integer({ min: 1, max: 12 }),
});

test('any sequence of operations matches a plain list', () => {
  fc.assert(
    fc.property(bounds, fc.array(step, { maxLength: 60 }), ({ max, room, heaviest }, steps) => {
      const limits = { max, room, heaviest: Math.min(heaviest, room) };
      const plain = new Plain();
      const map = new LruMap<number>({
        max,
        weight: { of: (value) => value, max: room, heaviest: limits.heaviest },
      });
      for (const taken of steps) {
        if (taken.what === 'set') {
          map.set(taken.key, taken.value);
          plain.set(taken.key, taken.value, limits);
        } else if (taken.what === 'delete') {
          map.delete(taken.key);
          plain.delete(taken.key);
        } else if (taken.what === 'get') {
          expect(map.get(taken.key)).toBe(plain.use(taken.key));
        } else {
          expect(map.peek(taken.key)).toBe(plain.entries.find((entry) => entry.key === taken.key)?.value);
        }
        expect([...map.values()].sort()).toEqual(plain.entries.map(({ value }) => value).sort());
        expect(map.weight).toBe(plain.weight);
        expect(map.size).toBe(plain.entries.length);
      }
    }),
  );
});

test('has and peek leave the order of use unchanged', () => {
  const map = new LruMap<number>({ max: 2 });
  map.set('old', 1);
  map.set('new', 2);
  expect(map.has('old')).toBe(true);
  expect(map.peek('old')).toBe(1);
  map.set('newer', 3);
  expect(map.has('old')).toBe(false);
  expect(map.has('new')).toBe(true);
});

describe('time to live', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('get, has and peek find nothing once it has passed, and get does not extend it', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const map = new LruMap<number>({ max: 10, lifetimeMs: 1_000 });
    vi.advanceTimersByTime(1);
    map.set('a', 1);
    vi.advanceTimersByTime(1_000);
    expect(map.get('a')).toBe(1);
    vi.advanceTimersByTime(1);
    expect(map.has('a')).toBe(false);
    expect(map.get('a')).toBeUndefined();
    expect(map.peek('a')).toBeUndefined();
    expect(map.size).toBe(0);
  });

  test('an entry can have its own, which a second set restarts', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const map = new LruMap<number>({ max: 10 });
    map.set('short', 1, 10);
    map.set('lasting', 1);
    vi.advanceTimersByTime(9);
    map.set('short', 2, 10);
    vi.advanceTimersByTime(9);
    expect(map.get('short')).toBe(2);
    vi.advanceTimersByTime(1_000_000);
    expect(map.get('short')).toBeUndefined();
    expect(map.get('lasting')).toBe(1);
  });
});
