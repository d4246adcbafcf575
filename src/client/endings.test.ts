import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createClient } from './index.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const READY = 'event: ready\ndata: {}\n\n';

/** When a client of a gateway that ends each stream after `text` connects, milliseconds. */
async function connections(text: string, milliseconds: number): Promise<number[]> {
  const at: number[] = [];
  const over = new AbortController();
  const client = createClient({
    baseUrl: 'https://gateway.example.org',
    async fetch(_, init) {
      init?.signal?.throwIfAborted();
      at.push(performance.now());
      return new Response(text, { headers: { 'content-type': 'text/event-stream' } });
    },
  });
  const listening = (async () => {
    for await (const _ of client.events({ signal: over.signal }));
  })().catch(() => {});
  await vi.advanceTimersByTimeAsync(milliseconds);
  over.abort();
  await listening;
  return at;
}

const pauses = (at: readonly number[]) => at.slice(1).map((time, index) => time - (at[index] ?? 0));

describe('a stream of events that ends after its first event', () => {
  test('is reopened with exponential backoff', async () => {
    const found = pauses(await connections(READY, 30_000));
    expect(found.length).toBeGreaterThan(4);
    expect(found.length).toBeLessThan(16);
    expect(Math.max(...found.slice(-2))).toBeGreaterThan(2_000);
  });

  test('is reopened no sooner than the gateway’s retry field', async () => {
    const found = pauses(await connections(`retry: 3000\n\n${READY}`, 30_000));
    expect(Math.min(...found)).toBeGreaterThanOrEqual(3_000);
    expect(new Set(found).size, 'with jitter').toBeGreaterThan(1);
  });
});

test('a finished call leaves no timer and no listener', async () => {
  const { signal } = new AbortController();
  const listeners = new Set<unknown>();
  vi.spyOn(signal, 'addEventListener').mockImplementation((_, listener) => void listeners.add(listener));
  vi.spyOn(signal, 'removeEventListener').mockImplementation(
    (_, listener) => void listeners.delete(listener),
  );
  const client = createClient({
    baseUrl: 'https://gateway.example.org',
    signal,
    fetch: async () => Response.json({ items: [], next_cursor: null }),
  });
  for (let n = 0; n < 3; n++) await client.flavors.list();
  expect(vi.getTimerCount()).toBe(0);
  expect([...listeners]).toEqual([]);
});
