import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CounterModel } from '../../../test/support/fake-counter.ts';
import { Account, type Presence } from './account.ts';
import { leaseSize, type Situation } from './lease.ts';

const SECONDS = 60;
/** A counter that is away, and has been for longer than a blip. */
const away = (nodes: number): Presence => ({ available: false, lostAt: -1_000, backAt: -Infinity, nodes });
const policies: fc.Arbitrary<(situation: Situation) => number> = fc.oneof(
  fc.constant(leaseSize),
  fc.integer({ min: 1, max: 50 }).map(
    (size) =>
      ({ need }: Situation) =>
        Math.max(need, size),
  ),
  fc.constant(({ need }: Situation) => need),
  fc.constant(({ need, known }: Situation) => Math.max(need, known)),
);

/** One step: a node gets a request, or its take reaches the counter, or the answer comes back. */
const steps = fc.array(
  fc.record({
    node: fc.nat({ max: 3 }),
    cost: fc.constantFrom(1, 1, 1, 2, 5),
    kind: fc.constantFrom('request', 'request', 'count', 'answer'),
    milliseconds: fc.oneof(fc.constant(0), fc.nat({ max: 5 }), fc.nat({ max: 400 })),
  }),
  { maxLength: 300, size: 'max' },
);

/** Nodes whose takes are on the way for as long as the steps say. */
function play(points: number, policy: (situation: Situation) => number, counter = new CounterModel()) {
  const nodes = Array.from({ length: 4 }, () => {
    const account = new Account({ points, seconds: 1 }, policy);
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
      const verdict = node.account.judge(cost, counter.now, counter);
      if (verdict === 'granted') {
        node.account.spend(cost);
        admitted.push({ at: counter.now, cost });
      } else if (verdict === 'ask' && node.way === undefined) {
        node.way = { take: node.account.ask(cost, cost, counter.now, counter) };
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
      node.account.answered(node.way.take, node.way.taken, counter.now, counter);
      node.way = undefined;
    },
  };
}

interface Way {
  readonly take: ReturnType<Account['ask']>;
  taken?: { total: number; endsIn: number };
}

const sum = (admitted: readonly { cost: number }[]) => admitted.reduce((total, { cost }) => total + cost, 0);

describe('many nodes on one counter', () => {
  test('never admit more than the limit in a window, whatever the order of things and the size of leases', () => {
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

  test('admit the last point when all go on asking, whatever the sizes of leases', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), policies, steps, (points, policy, order) => {
        const game = play(points, policy);
        // Some past, all of it within the window, then everybody asks until everybody is refused.
        for (const { node, cost, kind } of order) {
          if (kind === 'request') game.request(node, cost);
          else game[kind](node);
        }
        for (let refused = 0; refused < 4; ) {
          refused = 0;
          for (const index of [0, 1, 2, 3]) {
            if (game.request(index, 1) === 'refused' && game.nodes[index]?.way === undefined) refused += 1;
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
    const account = new Account(limit, ({ need }) => need);
    const spend = (cost: number): boolean => {
      for (;;) {
        const verdict = account.judge(cost, counter.now, counter);
        if (verdict === 'refused') return false;
        if (verdict === 'granted') {
          account.spend(cost);
          return true;
        }
        const take = account.ask(cost, cost, counter.now, counter);
        account.answered(take, counter.add('k', take.points, take.seconds), counter.now, counter);
      }
    };
    return { counter, account, spend };
  };

  test('refuses until the window is over, to the millisecond', () => {
    const { counter, spend } = fresh();
    for (let n = 0; n < 10; n++) expect(spend(1)).toBe(true);
    expect(spend(1)).toBe(false);
    counter.now += SECONDS * 1000 - 1;
    expect(spend(1)).toBe(false);
    counter.now += 1;
    expect(spend(1)).toBe(true);
  });

  test('a refusal costs the counter nothing', () => {
    const { counter, spend } = fresh();
    for (let n = 0; n < 10; n++) spend(1);
    const { takes } = counter;
    for (let n = 0; n < 1_000; n++) expect(spend(1)).toBe(false);
    expect(counter.takes).toBe(takes);
  });

  test('what is too much for the rest leaves the rest to smaller ones', () => {
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

  test('more than a whole window is refused at once', () => {
    const { account, counter } = fresh();
    expect(account.judge(11, counter.now, counter)).toBe('refused');
  });

  test('a lease ends with its window', () => {
    const counter = new CounterModel();
    const account = new Account(limit, () => 10);
    const take = account.ask(1, 1, counter.now, counter);
    account.answered(take, counter.add('k', 10, SECONDS), counter.now, counter);
    account.spend(1);
    counter.now += SECONDS * 1000;
    expect(account.judge(1, counter.now, counter)).toBe('ask');
    expect(account.view(counter.now)).toEqual({ remaining: 10, resetsIn: SECONDS * 1000 });
  });
});

describe('without the counter', () => {
  const alone = (points: number, nodes: number, now = 0) => {
    const account = new Account({ points, seconds: SECONDS });
    account.unanswered(account.ask(1, 1, now, away(nodes)), now, away(nodes));
    return account;
  };
  const spendAll = (account: Account, now: number): number => {
    let spent = 0;
    for (; account.judge(1, now, away(4)) === 'granted'; spent++) account.spend(1);
    return spent;
  };

  test('a node that is alone has the whole limit, one of four a quarter', () => {
    expect(spendAll(alone(100, 1), 0)).toBe(100);
    const account = alone(100, 4);
    expect(spendAll(account, 0)).toBe(25);
    expect(account.judge(1, SECONDS * 1000 - 1, away(4))).toBe('refused');
    expect(account.judge(1, SECONDS * 1000, away(4))).toBe('ask');
  });

  test('what this request needs is there, however many share', () => {
    const account = new Account({ points: 10, seconds: SECONDS });
    account.unanswered(account.ask(5, 5, 0, away(8)), 0, away(8));
    expect(account.judge(5, 0, away(4))).toBe('granted');
  });

  test('what was spent alone is told when it is back, and what was not is not', () => {
    const counter = new CounterModel();
    const account = alone(100, 1);
    for (let n = 0; n < 30; n++) account.spend(1);
    expect(account.judge(1, counter.now, counter)).toBe('ask');
    const take = account.ask(1, 1, counter.now, counter);
    expect(take.owed).toBe(30);
    account.answered(take, counter.add('k', take.points, take.seconds), counter.now, counter);
    counter.add('k', 60, SECONDS);
    expect(account.view(counter.now).remaining).toBe(70);
    let more = 0;
    for (; more < 100 && askAndSpend(account, counter); more++);
    expect(30 + more + 60).toBe(100);
  });

  test('a counter that lost its memory hears again what it was told', () => {
    const counter = new CounterModel();
    const account = new Account({ points: 100, seconds: SECONDS }, ({ need }) => need);
    for (let n = 0; n < 40; n++) askAndSpend(account, counter);
    counter.now += 20_000;
    counter.lose();
    let more = 0;
    for (; more < 200 && askAndSpend(account, counter); more++);
    expect(40 + more).toBe(100);
  });

  test('one of two keeps to its part when it finds that the memory was lost: the other has not told again', () => {
    const counter = new CounterModel();
    counter.nodes = 2;
    const [one, other] = [0, 1].map(() => new Account({ points: 100, seconds: SECONDS }, ({ need }) => need));
    if (one === undefined || other === undefined) throw new Error('unreachable');
    for (let n = 0; n < 30; n++) for (const account of [one, other]) askAndSpend(account, counter);
    counter.now += 20_000;
    counter.lose();
    let more = 0;
    for (; more < 200 && askAndSpend(one, counter); more++);
    for (; more < 200 && askAndSpend(other, counter); more++);
    expect(60 + more).toBeLessThanOrEqual(100);
    expect(60 + more).toBeGreaterThan(90);
  });

  test('an answer that comes in another window than the question finds no old points', () => {
    const counter = new CounterModel();
    const account = new Account({ points: 10, seconds: 1 }, () => 10);
    const take = account.ask(1, 1, counter.now, counter);
    const taken = counter.add('k', take.points, take.seconds);
    counter.now += 1_500;
    account.answered(take, taken, counter.now, counter);
    expect(account.judge(1, counter.now, counter), 'the lease is over').not.toBe('granted');
  });
});

function askAndSpend(account: Account, counter: CounterModel): boolean {
  for (;;) {
    const verdict = account.judge(1, counter.now, counter);
    if (verdict === 'refused') return false;
    if (verdict === 'granted') {
      account.spend(1);
      return true;
    }
    const take = account.ask(1, 1, counter.now, counter);
    account.answered(take, counter.add('k', take.points, take.seconds), counter.now, counter);
  }
}
