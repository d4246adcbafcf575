import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { expect, test } from 'vitest';
import { objectCounter } from '../../../adapters/workers/object-counter.ts';
import { counterConformance } from '../../conformance/counter.ts';
import { bindings } from './bindings.ts';

const { LIMITS } = bindings;
const counter = () => objectCounter(LIMITS, { nameOf: (key) => key, timeoutMs: 20_000 });
const objectOf = (key: string) => LIMITS.get(LIMITS.idFromName(key));

counterConformance('a Durable Object per key', async () => [counter(), counter()]);

test('an evicted object keeps counting in its window', async () => {
  const before = await counter().acquire('evicted', 7, 60);
  await evictDurableObject(objectOf('evicted'));
  const after = await counter().acquire('evicted', 1, 60);
  expect(after.total).toBe(8);
  expect(after.endsInMs).toBeLessThanOrEqual(before.endsInMs);
});

test('reports the number of isolates that take from a key', async () => {
  const [one, other] = [counter(), counter()];
  await one.acquire('shared', 1, 60);
  expect(one.nodes).toBe(1);
  await other.acquire('shared', 1, 60);
  await one.acquire('shared', 1, 60);
  expect([one.nodes, other.nodes]).toEqual([2, 2]);
});

test('sweeping keeps a running window and deletes an expired one', async () => {
  await counter().acquire('running', 5, 60);
  await runDurableObjectAlarm(objectOf('running'));
  await evictDurableObject(objectOf('running'));
  expect((await counter().acquire('running', 1, 60)).total).toBe(6);

  const { endsInMs: endsIn } = await counter().acquire('over', 5, 1);
  await new Promise((resolve) => setTimeout(resolve, endsIn + 20));
  expect(await runDurableObjectAlarm(objectOf('over'))).toBe(true);
  expect(await runDurableObjectAlarm(objectOf('over')), 'nothing is left to sweep').toBe(false);
});
