import { expect, test } from 'vitest';
import { CounterModel } from '../../../test/support/fake-counter.ts';
import { Limiter } from './limiter.ts';

const FAMILY = { key: 'family', points: 100, seconds: 60 };
const PROJECT = { key: 'project', points: 100, seconds: 60 };

function limiterOn(counter = new CounterModel()) {
  return { counter, limiter: new Limiter(counter, () => counter.now) };
}

async function admittedOf(limiter: Limiter, times: number, limits = [FAMILY, PROJECT], cost = 1) {
  const decisions = await Promise.all(Array.from({ length: times }, () => limiter.admit(limits, cost)));
  return decisions.filter(({ admitted }) => admitted).length;
}

test('if one of two limits denies, the other is not charged', async () => {
  const { limiter } = limiterOn();
  const narrow = { ...PROJECT, points: 3 };
  expect(await admittedOf(limiter, 50, [FAMILY, narrow])).toBe(3);
  expect(await admittedOf(limiter, 200, [FAMILY])).toBe(97);
});

test('reports the denying limit, else the one with fewer points left', async () => {
  const { limiter, counter } = limiterOn();
  const narrow = { ...PROJECT, points: 3 };
  expect(await limiter.admit([FAMILY, narrow], 1)).toMatchObject({
    admitted: true,
    limit: narrow,
    remaining: 2,
  });
  counter.now += 10_000;
  expect(await limiter.admit([FAMILY], 1)).toMatchObject({
    limit: FAMILY,
    remaining: 98,
    resetsInMs: 50_000,
  });
  await limiter.admit([FAMILY, narrow], 2);
  const refused = await limiter.admit([FAMILY, narrow], 1);
  expect(refused).toMatchObject({
    admitted: false,
    tooCostly: false,
    limit: narrow,
    remaining: 0,
    resetsInMs: 50_000,
  });
});

test('a cost above the limit is denied as too costly, without a call', async () => {
  const { limiter, counter } = limiterOn();
  const decision = await limiter.admit([FAMILY, { ...PROJECT, points: 4 }], 5);
  expect(decision).toMatchObject({ admitted: false, tooCostly: true, remaining: 4 });
  expect(counter.acquisitions).toBe(0);
});

test('concurrent requests share the acquisition in flight', async () => {
  const { limiter, counter } = limiterOn();
  let running = 0;
  let most = 0;
  const take = counter.acquire.bind(counter);
  counter.acquire = async (...given) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 1));
    running -= 1;
    return take(...given);
  };
  expect(await admittedOf(limiter, 200)).toBe(100);
  expect(most, 'one for each of the two limits').toBe(2);
});

test('a large plan needs few calls', async () => {
  const { limiter, counter } = limiterOn();
  const large = [{ ...FAMILY, points: 100_000 }];
  for (let n = 0; n < 100_000; n++) await limiter.admit(large, 1);
  expect(counter.acquisitions).toBeLessThan(150);
  const { acquisitions: takes } = counter;
  for (let n = 0; n < 10_000; n++) await limiter.admit(large, 1);
  expect(counter.acquisitions, 'an attacker costs none').toBe(takes);
});

test('nodes together admit exactly the limit', async () => {
  const counter = new CounterModel();
  const limiters = [1, 2, 3, 4].map(() => limiterOn(counter).limiter);
  const admitted = await Promise.all(limiters.map((limiter) => admittedOf(limiter, 500)));
  expect(admitted.reduce((a, b) => a + b)).toBe(100);
});

test('a node with little traffic holds little', async () => {
  const counter = new CounterModel();
  const [quiet, busy] = [limiterOn(counter).limiter, limiterOn(counter).limiter];
  await quiet.admit([FAMILY], 1);
  expect(await admittedOf(busy, 500, [FAMILY])).toBe(99);
});

test('one node never exceeds the limit through an outage of the counter', async () => {
  const { limiter, counter } = limiterOn();
  let admitted = await admittedOf(limiter, 20);
  counter.available = false;
  admitted += await admittedOf(limiter, 20);
  counter.reset();
  counter.available = true;
  admitted += await admittedOf(limiter, 20);
  counter.available = false;
  admitted += await admittedOf(limiter, 20);
  expect(admitted, 'no request was denied for it').toBe(80);
  counter.available = true;
  admitted += await admittedOf(limiter, 500);
  expect(admitted).toBe(100);
});
