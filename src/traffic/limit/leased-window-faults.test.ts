/**
 * Nodes on a counter that fails, by random steps, all within one window. What must hold is in `docs/architecture.md`.
 *
 * @module
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AcquireResult } from './counter.ts';
import { type AcquireRequest, LeasedWindow, maxLease } from './leased-window.ts';

const SECONDS = 600;
/** Requests of one client in a hurry. */
const BURST = 60;
const COSTS = [1, 1, 1, 2, 5];
/** Less than what counts as a short absence. */
const SHORT = 400;

type Kind = 'request' | 'burst' | 'count' | 'answer' | 'fail' | 'late' | 'notice';
interface Step {
  readonly node: number;
  readonly kind: Kind;
  readonly cost: number;
  readonly milliseconds: number;
}

const steps = (kinds: readonly Kind[], most: number) =>
  fc.array(
    fc.record({
      node: fc.nat({ max: 3 }),
      kind: fc.constantFrom(...kinds),
      cost: fc.constantFrom(...COSTS),
      milliseconds: fc.nat({ max: 300 }),
    }),
    { maxLength: most, size: 'max' },
  );

class Node {
  readonly account: LeasedWindow;
  available = true;
  downSince = Number.NEGATIVE_INFINITY;
  upSince = Number.NEGATIVE_INFINITY;
  readonly nodes: number;
  way: { readonly take: AcquireRequest; taken?: AcquireResult } | undefined;
  /** The counter's total in its last result for this node. */
  heard = 0;

  constructor(points: number, nodes: number) {
    this.account = new LeasedWindow({ points, seconds: SECONDS });
    this.nodes = nodes;
  }
}

/** One window of a shared counter. */
class World {
  now = 0;
  total = 0;
  ends = 0;
  up = true;
  admitted = 0;
  readonly points: number;
  readonly nodes: readonly Node[];
  /** Acquisitions that reached the counter and are carried out after the node has timed out. */
  readonly #late: AcquireRequest[] = [];

  constructor(points: number, nodes: number) {
    this.points = points;
    this.nodes = Array.from({ length: nodes }, () => new Node(points, nodes));
  }

  step({ node: index, kind, cost, milliseconds }: Step): void {
    this.now += milliseconds;
    const node = this.#node(index);
    if (kind === 'request') this.request(node, cost);
    for (let n = 0; kind === 'burst' && n < BURST && this.request(node, cost); n++) this.#serve(node);
    if (kind === 'count' && this.up && node.way !== undefined) node.way.taken ??= this.#add(node.way.take);
    if (kind === 'answer') this.answer(node);
    if (kind === 'fail') this.fail(node);
    if (kind === 'notice') this.notice(node);
    if (kind === 'late' && this.up) {
      const take = this.#late.shift();
      if (take !== undefined) this.#add(take);
    }
  }

  /** True when it was admitted or may still be. */
  request(node: Node, cost: number): boolean {
    for (;;) {
      const verdict = node.account.check(cost, this.now, node);
      if (verdict === 'deny') return false;
      if (verdict === 'allow') {
        node.account.consume(cost);
        this.admitted += cost;
        return true;
      }
      if (node.way !== undefined) return true;
      const take = node.account.planAcquire(cost, cost, this.now, node);
      if (node.available) {
        node.way = { take };
        return true;
      }
      node.account.onAcquireFailed(take, this.now, node);
    }
  }

  answer(node: Node): void {
    if (node.way?.taken === undefined) return;
    node.heard = node.way.taken.total;
    node.account.onAcquired(node.way.take, node.way.taken, this.now, node);
    node.way = undefined;
  }

  fail(node: Node): void {
    if (!node.available) return;
    node.available = false;
    node.downSince = this.now;
    if (node.way === undefined) return;
    const { take, taken } = node.way;
    node.way = undefined;
    if (taken === undefined && take.points % 2 === 0) this.#late.push(take);
    node.account.onAcquireFailed(take, this.now, node);
  }

  notice(node: Node): void {
    if (!this.up || node.available) return;
    node.available = true;
    node.upSince = this.now;
  }

  forget(): void {
    this.total = 0;
  }

  /** All nodes are there and go on asking until all are refused. */
  exhaust(): void {
    for (const node of this.nodes) this.notice(node);
    for (let asking = true; asking; ) {
      asking = false;
      for (const node of this.nodes) {
        asking = this.request(node, 1) || asking;
        this.#serve(node);
      }
    }
  }

  #serve(node: Node): void {
    if (this.up && node.way !== undefined) node.way.taken ??= this.#add(node.way.take);
    this.answer(node);
  }

  #add(take: AcquireRequest): AcquireResult {
    if (this.total === 0) this.ends = this.now + take.seconds * 1000;
    this.total += take.points;
    return { total: this.total, endsInMs: this.ends - this.now };
  }

  #node(index: number): Node {
    const node = this.nodes[index % this.nodes.length];
    if (node === undefined) throw new Error('no nodes');
    return node;
  }
}

const well: Kind[] = ['request', 'request', 'request', 'count', 'answer'];
const points = fc.integer({ min: 20, max: 400 });
const nodes = fc.integer({ min: 1, max: 4 });

describe('an outage of the counter', () => {
  test('for all nodes: admits at most the limit plus the mean of points unknown to each node', () => {
    fc.assert(
      fc.property(
        points,
        nodes,
        steps(well, 200),
        steps(['request', 'burst', 'fail'], 100),
        steps([...well, 'burst', 'notice', 'notice', 'late'], 100),
        fc.boolean(),
        (limit, count, before, during, after, forgets) => {
          const world = new World(limit, count);
          for (const step of before) world.step(step);
          const taken = Math.min(limit, world.total);
          const unknown = world.nodes.reduce((sum, node) => sum + Math.max(0, taken - node.heard), 0) / count;
          world.up = false;
          for (const step of during) world.step(step);
          for (const node of world.nodes) world.fail(node);
          if (forgets) world.forget();
          world.up = true;
          for (const step of after) world.step(step);
          world.exhaust();
          expect(world.admitted).toBeLessThanOrEqual(limit + Math.ceil(unknown) + count * Math.max(...COSTS));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('for some nodes, short: admits at most the limit plus one lease for each of them', () => {
    fc.assert(
      fc.property(
        points,
        nodes,
        steps([...well, 'burst', 'fail', 'fail', 'late'], 200),
        (limit, count, order) => {
          const world = new World(limit, count);
          for (const step of order) {
            for (const node of world.nodes) if (world.now - node.downSince > SHORT / 4) world.notice(node);
            world.step(step);
          }
          world.exhaust();
          const lease = maxLease(limit) + Math.max(...COSTS);
          expect(world.admitted).toBeLessThanOrEqual(limit + count * lease);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('of any kind without a reset: never admits more than twice the limit', () => {
    fc.assert(
      fc.property(
        points,
        nodes,
        steps([...well, 'burst', 'fail', 'late', 'notice'], 200),
        (limit, count, order) => {
          const world = new World(limit, count);
          for (const step of order) world.step(step);
          world.exhaust();
          expect(world.admitted).toBeLessThanOrEqual(2 * limit + count * Math.max(...COSTS));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
