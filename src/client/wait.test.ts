import { createClient } from 'linguanova/client';
import { expect, test, vi } from 'vitest';

/** A client whose responses have these statuses, one after the other; null: 404. */
function following(...statuses: readonly (string | null)[]) {
  const queue = [...statuses];
  return createClient({
    baseUrl: 'https://gateway.example.org',
    async fetch() {
      const status = queue.shift() ?? null;
      return status === null
        ? Response.json({ error: { code: 'itemNotFound', message: 'gone' } }, { status: 404 })
        : Response.json({ id: 'x', status });
    },
  });
}

test.each(['volumes', 'images'] as const)('%s: waitUntil polls until the status is reached', async (kind) => {
  vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 500 });
  const reached = await following('creating', 'creating', 'ready')[kind].waitUntil('x', ['ready', 'in-use']);
  expect(reached).toMatchObject({ status: 'ready' });
  expect(await following('deleting', null)[kind].waitUntil('x', 'deleted')).toBeNull();
  await expect(following(null)[kind].waitUntil('x', 'ready')).rejects.toMatchObject({ code: 'itemNotFound' });
  vi.useRealTimers();
});

test.each([
  ['volumes', 'error_extending', 'volumeFailed'],
  ['images', 'killed', 'imageFailed'],
] as const)('%s: waitUntil fails in the status %s', async (kind, status, code) => {
  await expect(following(status)[kind].waitUntil('x', 'ready')).rejects.toMatchObject({ code });
  // A status of failure that is wanted is reached.
  expect(await following(status)[kind].waitUntil('x', status)).toMatchObject({ status });
});
