import { expect, test } from 'vitest';
import { SignInQueue } from './sign-in-queue.ts';

/** Sign-ins that end when the test says so. */
function underTest() {
  const queue = new SignInQueue();
  const running: string[] = [];
  const ends: (() => void)[] = [];
  const begin = (address: string) =>
    queue.run(address, () => {
      running.push(address);
      return new Promise<void>((resolve) => ends.push(resolve));
    });
  return { begin, running, endNext: () => ends.shift()?.() };
}

test('runs one sign-in per address, without blocking other addresses', async () => {
  const { begin, running, endNext } = underTest();
  const first = begin('192.0.2.1');
  const second = begin('192.0.2.1');
  const other = begin('192.0.2.2');
  await expect.poll(() => running).toEqual(['192.0.2.1', '192.0.2.2']);
  endNext();
  await first;
  await expect.poll(() => running).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.1']);
  endNext();
  endNext();
  await Promise.all([second, other]);
});

test('runs eight at a time, and the others afterwards, also after failures', async () => {
  const queue = new SignInQueue();
  let running = 0;
  let most = 0;
  const outcomes = await Promise.allSettled(
    Array.from({ length: 40 }, (_, n) =>
      queue.run(`192.0.2.${n % 20}`, async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 1));
        running -= 1;
        if (n % 3 === 0) throw new Error('refused');
      }),
    ),
  );
  expect(most).toBe(8);
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(14);
});

test('rejects more than 64 waiting sign-ins of an address with Retry-After', async () => {
  const { begin } = underTest();
  for (let n = 0; n < 65; n++) void begin('192.0.2.1');
  await expect(begin('192.0.2.1')).rejects.toMatchObject({ code: 'unavailable', retryAfter: 5 });
  void begin('192.0.2.9');
});
