import { describe, expect, test, vi } from 'vitest';
import type { ExecutionContext } from './bindings.ts';
import { type EdgeGateway, edgeHandler } from './handler.ts';

const REQUEST = new Request('http://edge.invalid/v1/instances');

function context(): ExecutionContext & { readonly kept: Promise<unknown>[] } {
  const kept: Promise<unknown>[] = [];
  return { kept, waitUntil: (work) => void kept.push(work), passThroughOnException() {}, props: {} };
}

function gateway(changes: Partial<EdgeGateway> = {}): EdgeGateway {
  return {
    fetch: () => new Response('ok'),
    flush: async () => {},
    reconcile: async () => {},
    ...changes,
  };
}

describe('a handler', () => {
  test('passes each request to waitUntil, so that a disconnect does not cancel it', async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const { fetch } = edgeHandler(async () => gateway({ fetch: () => promise }));
    const running = context();
    const answer = fetch(REQUEST, {}, running);
    expect(running.kept).toHaveLength(1);
    let over = false;
    running.kept[0]?.then(() => {
      over = true;
    });
    await Promise.resolve();
    expect(over).toBe(false);
    resolve(new Response('late'));
    expect(await (await answer).text()).toBe('late');
    await running.kept[0];
  });

  test('creates one gateway for all requests, and retries after a failure', async () => {
    const wire = vi
      .fn<() => Promise<EdgeGateway>>()
      .mockRejectedValueOnce(new Error('LINGUANOVA_SECRET is required'))
      .mockResolvedValue(gateway());
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { fetch } = edgeHandler(wire);
    const refused = await fetch(REQUEST, {}, context());
    expect(refused.status).toBe(500);
    expect(await refused.text()).not.toContain('LINGUANOVA_SECRET');
    expect(said.mock.calls.flat().join()).toContain('LINGUANOVA_SECRET is required');
    said.mockRestore();
    const answers = await Promise.all([1, 2, 3].map(() => fetch(REQUEST, {}, context())));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(wire).toHaveBeenCalledTimes(2);
  });

  test('batches writes of many requests into one background flush', async () => {
    vi.useFakeTimers();
    const flush = vi.fn(async () => {});
    const { fetch } = edgeHandler(async () => gateway({ flush }));
    const running = context();
    for (let n = 0; n < 5; n++) await fetch(REQUEST, {}, running);
    expect(flush).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(flush).toHaveBeenCalledTimes(1);
    await fetch(REQUEST, {}, running);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(flush).toHaveBeenCalledTimes(2);
    await Promise.all(running.kept);
    vi.useRealTimers();
  });

  test('reschedules a flush that was cancelled with its request', async () => {
    vi.useFakeTimers();
    const flush = vi.fn(async () => {});
    const { fetch } = edgeHandler(async () => gateway({ flush }));
    await fetch(REQUEST, {}, context());
    vi.clearAllTimers();
    await vi.advanceTimersByTimeAsync(61_000);
    await fetch(REQUEST, {}, context());
    await vi.advanceTimersByTimeAsync(5_000);
    expect(flush).toHaveBeenCalledTimes(1);
    vi.useRealTimers();
  });
});
