import { expect, test } from 'vitest';
import { deadlineIn } from '../../../src/clock.ts';
import { CallTrace } from '../../../src/compute/call-trace.ts';
import { ComputeError } from '../../../src/compute/errors.ts';
import type { Logger } from '../../../src/telemetry/logger.ts';
import { type StreamedResponse, type Transport, TransportError, type UpstreamRequest } from './transport.ts';
import { open, send } from './upstream-client.ts';

const silent: Logger = { info: () => {}, warn: () => {}, error: () => {}, with: () => silent };
const BROKEN = new TransportError('broken', { sent: true, timedOut: false });
const UNSENT = new TransportError('refused', { sent: false, timedOut: false });
const CIRCUIT_OPEN = new ComputeError('unavailable', 'The circuit is open.');
const responseOf = (status: number): StreamedResponse => ({ status, headers: {}, body: null });

/** A transport whose outcomes are given in order, and the requests that it got. */
function scripted(...outcomes: (StreamedResponse | Error)[]) {
  const requests: UpstreamRequest[] = [];
  const transport: Transport = {
    async open(request) {
      requests.push(request);
      const outcome = outcomes[requests.length - 1];
      if (outcome === undefined || outcome instanceof Error) throw outcome;
      return outcome;
    },
    close: async () => {},
  };
  return { transport, requests };
}

const context = () => ({
  region: '',
  deadline: deadlineIn(5_000),
  requestId: 'req-1',
  log: silent,
  trace: new CallTrace(),
});
const request = (method: string, body: UpstreamRequest['body'] = null): UpstreamRequest => ({
  service: 'compute',
  method,
  url: 'http://cloud.test/v2.1/servers',
  headers: {},
  body,
});

async function* stream() {
  yield new Uint8Array([1]);
}

test.each([
  [2, 'a proxied read whose connection broke', open, request('GET'), BROKEN],
  [2, 'a proxied read that got 503', open, request('GET'), responseOf(503)],
  [1, 'a proxied write whose connection broke', open, request('PUT'), BROKEN],
  [2, 'a proxied write of which nothing was sent', open, request('POST'), UNSENT],
  [1, 'a streamed body of which nothing was sent', open, request('PUT', stream()), UNSENT],
  [2, 'an own PUT whose connection broke', send, request('PUT'), BROKEN],
  [1, 'an own POST whose connection broke', send, request('POST'), BROKEN],
])('attempts: %i for %s', async (attempts, _, call, sent, outcome) => {
  const { transport, requests } = scripted(outcome, responseOf(200));
  await call(transport, sent, context()).catch(() => {});
  expect(requests).toHaveLength(attempts);
});

test('when the circuit opens between two attempts, the outcome of the first counts', async () => {
  const { transport } = scripted(responseOf(503), CIRCUIT_OPEN);
  expect(await send(transport, request('GET'), context())).toMatchObject({ status: 503 });
});

test('the body of a response that is retried is cancelled', async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    cancel: () => {
      cancelled = true;
    },
  });
  const { transport } = scripted({ ...responseOf(502), body }, responseOf(200));
  expect(await open(transport, request('GET'), context())).toMatchObject({ status: 200 });
  expect(cancelled).toBe(true);
});
