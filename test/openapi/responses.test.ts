import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { PROVOCATIONS } from './provocations.ts';
import { World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterEach(() => world.gateways.revokeOthers());
afterAll(() => world.gateways.stop());

test.each(PROVOCATIONS)('the contract has the responses to %s', async (_, provoke) => {
  await provoke(world);
  expect(world.recorder.takeViolations()).toEqual([]);
});

test('every response of the contract has occurred in these tests', () => {
  expect(world.recorder.missing()).toEqual([]);
});
