import { describe, expect, test } from 'vitest';
import { SecretCheck } from '../../src/access/secret-check.ts';
import { importServerSecret, type ServerSecret } from '../../src/access/server-secret.ts';
import { memoryKeyStore } from '../support/memory-key-store.ts';

const [A, B, C] = ['a', 'b', 'c'].map((letter) => btoa(letter.repeat(32))) as [string, string, string];
const secret = (current: string, previous: string | null = null) => importServerSecret(current, previous);

function store() {
  const { secrets } = memoryKeyStore();
  const check = (given: ServerSecret) => new SecretCheck(secrets, given);
  return {
    secrets,
    check,
    starts: async (current: string, previous?: string) => check(await secret(current, previous)).adopt(true),
  };
}

describe('a start', () => {
  test('stores the first secret and rejects another one', async () => {
    const { starts } = store();
    expect(await starts(A)).toBe(true);
    expect(await starts(A)).toBe(true);
    expect(await starts(B)).toBe(false);
    expect(await starts(B, C)).toBe(false);
  });

  test('of two concurrent starts with different secrets one is rejected', async () => {
    const { starts } = store();
    expect((await Promise.all([starts(A), starts(B)])).toSorted()).toEqual([false, true]);
  });

  test('the stored check does not reveal the secret', async () => {
    const { starts, secrets } = store();
    await starts(A);
    const stored = JSON.stringify(await secrets.find());
    expect(stored).not.toContain(A);
    expect(stored).not.toContain('a'.repeat(32));
  });
});

test('during a rotation in two rollouts nodes of adjacent steps interoperate', async () => {
  const { starts, check, secrets } = store();
  await starts(A);
  const one = check(await secret(A, B));
  expect(await one.adopt(true), 'the next one is given as previous').toBe(true);
  expect((await secrets.find())?.current.check).toBe((await secret(A)).check);
  expect(await starts(B, A), 'swapped').toBe(true);
  expect((await secrets.find())?.current.check).toBe((await secret(B)).check);
  expect(await one.isCurrent(), 'one that is not swapped yet').toBe(true);
  expect(await starts(A, B), 'and starts again').toBe(true);
  expect((await secrets.find())?.current.check, 'does not undo it').toBe((await secret(B)).check);
  expect(await starts(A), 'one that has never been given the next').toBe(false);
  expect(await starts(B), 'the old one is dropped').toBe(true);
  expect(await starts(C, A), 'a further one needs the current one').toBe(false);
  expect(await starts(C, B)).toBe(true);
});

test('the store key stays the same over rotations of the secret', async () => {
  const { check } = store();
  const keys: Uint8Array[] = [];
  for (const [current, previous] of [[A], [A, B], [B, A], [A, B], [B], [C, B]] as const) {
    const node = check(await secret(current, previous));
    expect(await node.adopt(true)).toBe(true);
    keys.push(await node.storeKey());
  }
  expect(new Set(keys.map((key) => key.join())).size).toBe(1);
  expect(keys[0]).toHaveLength(32);
});
