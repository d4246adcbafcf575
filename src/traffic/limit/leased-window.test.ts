import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CounterModel } from '../../../test/support/fake-counter.ts';
import { type CounterHealth, type LeaseContext, LeasedWindow, leaseSize } from './leased-window.ts';

const SECONDS = 60;
/** A counter that is away, and has been for longer than a blip. */
const away = (nodes: number): CounterHealth => ({
  available: false,
  downSince: -1_000,
  upSince: -Infinity,
  nodes,
});
const policies: fc.Arbitrary<(situation: LeaseContext) => number> = fc.oneof(
  fc.constant(leaseSize),
  fc.integer({ min: 1, max: 50 }).map(
    (size) =>
      ({ needed: need }: LeaseContext) =>
        Math.max(need, size),
  ),
  fc.constant(({ needed: need }: LeaseContext) => need),
  fc.constant(({ needed: need, remaining: known }: LeaseContext) => Math.max(need, known)),
);

/** One step: a node gets a request, or its acquisition reaches the counter, or the result arrives. */
const steps = fc.array(
  fc.record({
    node: fc.nat({ max: 3 }),
    cost: fc.constantFrom(1, 1, 1, 2, 5),
    kind: fc.constantFrom('request', 'request', 'count', 'answer'),
    milliseconds: fc.oneof(fc.constant(0), fc.nat({ max: 5 }), fc.nat({ max: 400 })),
  }),
  { maxLength: 300, size: 'max' },
);

/** Nodes whose acquisitions are in flight as the steps dictate. */
function play(points: number, policy: (situation: LeaseContext) => number, counter = new CounterModel()) {
  const nodes = Array.from({ length: 4 }, () => {
    const account = new LeasedWindow({ points, seconds: 1 }, policy);
    return { account, way: undefined as Way | undefined };
  });
  const admitted: { at: number; cost: number }[] = [];
  return {
    counter,
    nodes,
    admitted,
    request(index: number, cost: number) {
      const node = nodes[index];
      if (node === undefined) throw new Error('no such node');
      const verdict = node.account.check(cost, counter.now, counter);
      if (verdict === 'allow') {
        node.account.consume(cost);
        admitted.push({ at: counter.now, cost });
      } else if (verdict === 'acquire' && node.way === undefined) {
        node.way = { take: node.account.planAcquire(cost, cost, counter.now, counter) };
      }
      return verdict;
    },
    count(index: number) {
      const way = nodes[index]?.way;
      if (way !== undefined) way.taken ??= counter.add('k', way.take.points, way.take.seconds);
    },
    answer(index: number) {
      const node = nodes[index];
      if (node?.way?.taken === undefined) return;
      node.account.onAcquired(node.way.take, node.way.taken, counter.now, counter);
      node.way = undefined;
    },
  };
}

interface Way {
  readonly take: ReturnType<LeasedWindow['planAcquire']>;
  taken?: { total: number; endsInMs: number };
}

const sum = (admitted: readonly { cost: number }[]) => admitted.reduce((total, { cost }) => total + cost, 0);

describe('many nodes on one counter', () => {
  test('never exceed the limit in a window, for any order of calls and any lease size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), policies, steps, (points, policy, order) => {
        const game = play(points, policy);
        for (const { node, cost, kind, milliseconds } of order) {
          game.counter.now += milliseconds;
          if (kind === 'request') game.request(node, cost);
          else game[kind](node);
        }
        for (const { start, end } of game.counter.windows('k')) {
          const inside = game.admitted.filter(({ at }) => at >= start && at < end);
          expect(sum(inside)).toBeLessThanOrEqual(points);
        }
        const outside = game.admitted.filter(
          ({ at }) => !game.counter.windows('k').some(({ start, end }) => at >= start && at < end),
        );
        expect(outside, 'everything admitted is in some window').toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  test('admit the last point under steady demand, for any lease size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), policies, steps, (points, policy, order) => {
        const game = play(points, policy);
        // Random steps within the window, then requests at every node until all are denied.
        for (const { node, cost, kind } of order) {
          if (kind === 'request') game.request(node, cost);
          else game[kind](node);
        }
        for (let refused = 0; refused < 4; ) {
          refused = 0;
          for (const index of [0, 1, 2, 3]) {
            if (game.request(index, 1) === 'deny' && game.nodes[index]?.way === undefined) refused += 1;
            game.count(index);
            game.answer(index);
          }
        }
        expect(sum(game.admitted)).toBe(points);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('one node', () => {
  const limit = { points: 10, seconds: SECONDS };
  const fresh = () => {
    const counter = new CounterModel();
    const account = new LeasedWindow(limit, ({ needed: need }) => need);
    const spend = (cost: number): boolean => {
      for (;;) {
        const verdict = account.check(cost, counter.now, counter);
        if (verdict === 'deny') return false;
        if (verdict === 'allow') {
          account.consume(cost);
          return true;
        }
        const take = account.planAcquire(cost, cost, counter.now, counter);
        account.onAcquired(take, counter.add('k', take.points, take.seconds), counter.now, counter);
      }
    };
    return { counter, account, spend };
  };

  test('denies until the window ends, to the millisecond', () => {
    const { counter, spend } = fresh();
    for (let n = 0; n < 10; n++) expect(spend(1)).toBe(true);
    expect(spend(1)).toBe(false);
    counter.now += SECONDS * 1000 - 1;
    expect(spend(1)).toBe(false);
    counter.now += 1;
    expect(spend(1)).toBe(true);
  });

  test('a denial makes no call to the counter', () => {
    const { counter, spend } = fresh();
    for (let n = 0; n < 10; n++) spend(1);
    const { acquisitions: takes } = counter;
    for (let n = 0; n < 1_000; n++) expect(spend(1)).toBe(false);
    expect(counter.acquisitions).toBe(takes);
  });

  test('a denied request leaves the remaining points to cheaper ones', () => {
    const { spend } = fresh();
    expect([spend(5), spend(2), spend(5), spend(2), spend(2), spend(1), spend(1)]).toEqual([
      true,
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
  });

  test('denies a cost above the limit without a call', () => {
    const { account, counter } = fresh();
    expect(account.check(11, counter.now, counter)).toBe('deny');
  });

  test('a lease expires with its window', () => {
    const counter = new CounterModel();
    const account = new LeasedWindow(limit, () => 10);
    const take = account.planAcquire(1, 1, counter.now, counter);
    account.onAcquired(take, counter.add('k', 10, SECONDS), counter.now, counter);
    account.consume(1);
    counter.now += SECONDS * 1000;
    expect(account.check(1, counter.now, counter)).toBe('acquire');
    expect(account.view(counter.now)).toEqual({ remaining: 10, resetsInMs: SECONDS * 1000 });
  });
});

describe('without the counter', () => {
  const alone = (points: number, nodes: number, now = 0) => {
    const account = new LeasedWindow({ points, seconds: SECONDS });
    account.onAcquireFailed(account.planAcquire(1, 1, now, away(nodes)), now, away(nodes));
    return account;
  };
  const spendAll = (account: LeasedWindow, now: number): number => {
    let spent = 0;
    for (; account.check(1, now, away(4)) === 'allow'; spent++) account.consume(1);
    return spent;
  };

  test('a single node keeps the whole limit, one of four a quarter', () => {
    expect(spendAll(alone(100, 1), 0)).toBe(100);
    const account = alone(100, 4);
    expect(spendAll(account, 0)).toBe(25);
    expect(account.check(1, SECONDS * 1000 - 1, away(4))).toBe('deny');
    expect(account.check(1, SECONDS * 1000, away(4))).toBe('acquire');
  });

  test('the share covers the first request, however many nodes there are', () => {
    const account = new LeasedWindow({ points: 10, seconds: SECONDS });
    account.onAcquireFailed(account.planAcquire(5, 5, 0, away(8)), 0, away(8));
    expect(account.check(5, 0, away(4))).toBe('allow');
  });

  test('reports points spent offline after reconnecting, and only those', () => {
    const counter = new CounterModel();
    const account = alone(100, 1);
    for (let n = 0; n < 30; n++) account.consume(1);
    expect(account.check(1, counter.now, counter)).toBe('acquire');
    const take = account.planAcquire(1, 1, counter.now, counter);
    expect(take.unreported).toBe(30);
    account.onAcquired(take, counter.add('k', take.points, take.seconds), counter.now, counter);
    counter.add('k', 60, SECONDS);
    expect(account.view(counter.now).remaining).toBe(70);
    let more = 0;
    for (; more < 100 && askAndSpend(account, counter); more++);
    expect(30 + more + 60).toBe(100);
  });

  test('replays spent points to a counter that was reset', () => {
    const counter = new CounterModel();
    const account = new LeasedWindow({ points: 100, seconds: SECONDS }, ({ needed: need }) => need);
    for (let n = 0; n < 40; n++) askAndSpend(account, counter);
    counter.now += 20_000;
    counter.reset();
    let more = 0;
    for (; more < 200 && askAndSpend(account, counter); more++);
    expect(40 + more).toBe(100);
  });

  test('limits itself to its share after a reset, as the other node may not have replayed its points', () => {
    const counter = new CounterModel();
    counter.nodes = 2;
    const [one, other] = [0, 1].map(
      () => new LeasedWindow({ points: 100, seconds: SECONDS }, ({ needed: need }) => need),
    );
    if (one === undefined || other === undefined) throw new Error('unreachable');
    for (let n = 0; n < 30; n++) for (const account of [one, other]) askAndSpend(account, counter);
    counter.now += 20_000;
    counter.reset();
    let more = 0;
    for (; more < 200 && askAndSpend(one, counter); more++);
    for (; more < 200 && askAndSpend(other, counter); more++);
    expect(60 + more).toBeLessThanOrEqual(100);
    expect(60 + more).toBeGreaterThan(90);
  });

  test('a response that arrives in the next window grants no points of the old one', () => {
    const counter = new CounterModel();
    const account = new LeasedWindow({ points: 10, seconds: 1 }, () => 10);
    const take = account.planAcquire(1, 1, counter.now, counter);
    const taken = counter.add('k', take.points, take.seconds);
    counter.now += 1_500;
    account.onAcquired(take, taken, counter.now, counter);
    expect(account.check(1, counter.now, counter), 'the lease is over').not.toBe('allow');
  });
});

function askAndSpend(account: LeasedWindow, counter: CounterModel): boolean {
  for (;;) {
    const verdict = account.check(1, counter.now, counter);
    if (verdict === 'deny') return false;
    if (verdict === 'allow') {
      account.consume(1);
      return true;
    }
    const take = account.planAcquire(1, 1, counter.now, counter);
    account.onAcquired(take, counter.add('k', take.points, take.seconds), counter.now, counter);
  }
}
