import { expect, test } from 'vitest';
import { addressLimit } from './address-limit.ts';
import { localCounter } from './local-counter.ts';

test('gateways on one counter admit together what one address may send, by its network', async () => {
  const counter = localCounter();
  const nodes = [addressLimit(counter, 'objects', 20), addressLimit(counter, 'objects', 20)];
  const spend = async (address: string | null, times: number) => {
    const results: (number | null)[] = [];
    for (let count = 0; count < times; count++) results.push((await nodes[count % 2]?.(address)) ?? null);
    return results.filter((wait) => wait === null).length;
  };
  expect(await spend('192.0.2.1', 60)).toBe(20);
  expect(await spend('192.0.2.2', 5)).toBe(5);
  expect(await spend('2001:db8::1', 60)).toBe(20);
  expect(await spend('2001:db8::2', 5)).toBe(0);
  expect(await spend(null, 5)).toBe(5);
});

test('a refused address waits until its window ends', async () => {
  const spend = addressLimit(localCounter(), 'objects', 1);
  expect(await spend('192.0.2.1')).toBeNull();
  expect(await spend('192.0.2.1')).toBeGreaterThan(55);
});
