import { get } from 'node:http';
import { expect, test, vi } from 'vitest';
import { silentLogger } from '../../test/support/silent-logger.ts';
import { prometheusMetrics } from './prometheus.ts';
import { serve } from './serve.ts';

async function stoppedWhile(fetch: () => Response | Promise<Response>, shutdownMs: number) {
  const log = { ...silentLogger, warn: vi.fn() };
  const server = await serve({
    fetch,
    host: '127.0.0.1',
    port: 0,
    receiveTimeoutMs: 10_000,
    keepAliveSeconds: 5,
    maxConnections: null,
    shutdownMs,
    log,
    metrics: prometheusMetrics(),
  });
  const received = new Promise<string>((resolve) => {
    const request = get(server.url, (response) => {
      response.on('error', ({ message }) => resolve(message)).on('end', () => resolve('complete'));
      response.resume();
    });
    request.on('error', ({ message }) => resolve(message));
  });
  return { server, log, received };
}

test('a request that outlasts the shutdown is cut, and counted in the log', async () => {
  const begun = Promise.withResolvers<void>();
  const { server, log, received } = await stoppedWhile(() => {
    begun.resolve();
    return new Promise(() => {});
  }, 300);
  await begun.promise;
  expect(await server.stop()).toBe(1);
  expect(await received).toBe('socket hang up');
  expect(log.warn.mock.calls).toEqual([['requests_cut', { requests: 1 }]]);
});

test('a response whose body outlasts the shutdown is cut', async () => {
  const begun = Promise.withResolvers<void>();
  const body = () =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(10));
        begun.resolve();
      },
    });
  const { server, log, received } = await stoppedWhile(() => new Response(body()), 300);
  await begun.promise;
  expect(await server.stop()).toBe(1);
  expect(await received).toBe('aborted');
  expect(log.warn).toHaveBeenCalledWith('requests_cut', { requests: 1 });
});

test('a request that ends before is not cut, and nothing is logged', async () => {
  const begun = Promise.withResolvers<void>();
  const { server, log, received } = await stoppedWhile(async () => {
    begun.resolve();
    await new Promise((resolve) => setTimeout(resolve, 50));
    return new Response('done');
  }, 5_000);
  await begun.promise;
  expect(await server.stop()).toBe(0);
  expect(await received).toBe('complete');
  expect(log.warn).not.toHaveBeenCalled();
});
