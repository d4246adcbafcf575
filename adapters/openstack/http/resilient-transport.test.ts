import { describe, expect, test, vi } from 'vitest';
import { deadlineIn } from '../../../src/clock.ts';
import { later, now } from '../../../test/support/later.ts';
import { prometheusMetrics } from '../../node/prometheus.ts';
import { type ResilienceOptions, ResilientTransport } from './resilient-transport.ts';
import { type StreamedResponse, type Transport, TransportError, type UpstreamRequest } from './transport.ts';

const FAR = deadlineIn(3_600_000);
const NEUTRON: UpstreamRequest = {
  region: 'RegionOne',
  service: 'network',
  method: 'GET',
  url: 'http://cloud.test/n/v2.0/ports?limit=1',
  headers: {},
  buffered: true,
};
const NOVA: UpstreamRequest = { ...NEUTRON, service: 'compute' };
const URGENT: UpstreamRequest = { ...NEUTRON, method: 'DELETE', urgent: true };

type Reply = number | Error | Promise<number>;

/** In front of a service whose outcomes the test decides. */
function guarded(reply: (request: UpstreamRequest) => Reply, options: ResilienceOptions = {}) {
  const sent: UpstreamRequest[] = [];
  const inner: Transport = {
    async open(request) {
      sent.push(request);
      const outcome = await reply(request);
      if (outcome instanceof Error) throw outcome;
      return responseOf(outcome);
    },
    close: async () => {},
  };
  const transport = new ResilientTransport(inner, {}, options);
  const call = (request = NEUTRON, deadline = FAR) =>
    transport.open(request, deadline).then(
      ({ status }) => status,
      (error) => error.code ?? error.name,
    );
  const callOften = async (times: number, request = NEUTRON) => {
    for (let n = 0; n < times; n++) await call(request);
  };
  return { transport, sent, call, callOften };
}

function responseOf(status: number): StreamedResponse {
  return { status, body: null, headers: {} };
}

function broken(state: { timedOut?: boolean; tooLarge?: boolean } = {}): TransportError {
  return new TransportError('broken', { sent: true, timedOut: false, ...state });
}

describe('opening the circuit', () => {
  test.each<[string, Reply, boolean]>([
    ['no connection', broken(), true],
    ['502', 502, true],
    ['503', 503, true],
    ['504', 504, true],
    ['500: a fault in one request', 500, false],
    ['404', 404, false],
    ['429: the rate limit of one client', 429, false],
    ['a response beyond the size limit', broken({ tooLarge: true }), false],
    ['a timeout due to a short deadline', broken({ timedOut: true }), false],
  ])('%s: %#', async (_, reply, opens) => {
    const { transport, sent, callOften } = guarded(() => reply);
    await callOften(40);
    expect(transport.downIn('RegionOne')).toEqual(opens ? ['network'] : []);
    expect(sent.length).toBe(opens ? 10 : 40);
  });

  test('a timeout of a request with enough time counts as a failure', async () => {
    const { transport, callOften } = guarded(() => broken({ timedOut: true }), { serviceTimeoutMs: 0 });
    await callOften(10);
    expect(transport.downIn('RegionOne')).toEqual(['network']);
  });

  test('one failing backend of three does not open it', async () => {
    let n = 0;
    const { transport, callOften } = guarded(() => (++n % 3 === 0 ? 503 : 200));
    await callOften(300);
    expect(transport.downIn('RegionOne')).toEqual([]);
  });
});

describe('an open circuit', () => {
  const down = async (options: ResilienceOptions = {}) => {
    let reply: Reply = 503;
    const on = guarded((request) => (request.service === 'network' ? reply : 200), options);
    await on.callOften(10);
    return {
      ...on,
      setReply: (next: Reply) => {
        reply = next;
      },
    };
  };

  test('rejects calls immediately, with Retry-After and notApplied', async () => {
    const { transport, sent } = await down();
    await expect(transport.open(NEUTRON, FAR)).rejects.toMatchObject({
      code: 'unavailable',
      retryAfter: 1,
      notApplied: true,
    });
    expect(sent).toHaveLength(10);
  });

  test('does not affect another service at the same origin', async () => {
    const { call } = await down();
    expect(await call(NOVA)).toBe(200);
    expect(await call(NEUTRON)).toBe('unavailable');
  });

  test('lets urgent calls through', async () => {
    const { call, sent, setReply } = await down();
    expect(await call(URGENT)).toBe(503);
    setReply(204);
    expect(await call(URGENT)).toBe(204);
    expect(sent).toHaveLength(12);
  });

  test('lets one probe through after a while, and closes when it succeeds', async () => {
    const { call, sent, setReply } = await down({ initialOpenMs: 1 });
    const probe = Promise.withResolvers<number>();
    setReply(probe.promise);
    await vi.waitUntil(() => {
      if (sent.length === 10) call();
      return sent.length > 10;
    });
    expect(await Promise.all([call(), call(), call()]), 'while the probe is in flight').toEqual(
      Array(3).fill('unavailable'),
    );
    expect(sent).toHaveLength(11);
    probe.resolve(200);
    await vi.waitFor(async () => expect(await call()).toBe(200));
  });

  test('is closed by a health check of the version document, which needs no token', async () => {
    const { transport, sent, setReply } = await down({ initialOpenMs: 1 });
    await vi.waitFor(async () => {
      await transport.probe('RegionOne', FAR);
      expect(sent.length).toBeGreaterThan(10);
    });
    expect(transport.downIn('RegionOne')).toEqual(['network']);
    setReply(401);
    await vi.waitFor(async () => {
      await transport.probe('RegionOne', FAR);
      expect(transport.downIn('RegionOne')).toEqual([]);
    });
    expect(sent.at(-1)).toMatchObject({ method: 'GET', url: 'http://cloud.test/n/v2.0' });
  });

  test('is of no account once the endpoint had no call for an hour', async () => {
    const { transport, sent, call } = await down({ initialOpenMs: 1 });
    later(3_500_000);
    await transport.probe('RegionOne', deadlineIn(1_000));
    expect(transport.downIn('RegionOne')).toEqual(['network']);
    later(200_000);
    const { length } = sent;
    await transport.probe('RegionOne', deadlineIn(1_000));
    expect([sent.length, transport.downIn('RegionOne')]).toEqual([length, []]);
    expect(transport.services).toEqual([expect.objectContaining({ service: 'network', open: 0 })]);
    await call();
    expect(transport.downIn('RegionOne')).toEqual(['network']);
    now();
  });

  test('stays open for longer after each failed probe, up to a maximum', async () => {
    vi.useFakeTimers({ now: 0 });
    try {
      const { call, sent } = await down();
      const rests: number[] = [];
      for (let last = 0; rests.length < 8; ) {
        vi.advanceTimersByTime(100);
        const before = sent.length;
        await call();
        if (sent.length === before) continue;
        rests.push(Date.now() - last);
        last = Date.now();
      }
      for (const [index, rest] of rests.entries()) {
        const whole = Math.min(30_000, 1_000 * 2 ** index);
        expect(rest).toBeGreaterThanOrEqual(whole / 2);
        expect(rest).toBeLessThanOrEqual(whole + 200);
      }
    } finally {
      vi.useRealTimers();
    }
  });

  test('ignores outcomes of calls that began before it opened', async () => {
    const late = Promise.withResolvers<number>();
    let reply: Reply = late.promise;
    const { transport, call, callOften } = guarded(() => reply, { initialOpenMs: 1 });
    const stragglers = Array.from({ length: 30 }, () => call());
    reply = 503;
    await callOften(10);
    expect(transport.downIn('RegionOne')).toEqual(['network']);
    reply = 200;
    await vi.waitFor(async () => expect(await call()).toBe(200));
    late.resolve(503);
    expect(await Promise.all(stragglers)).toEqual(Array(30).fill(503));
    expect(transport.downIn('RegionOne')).toEqual([]);
    expect(await call()).toBe(200);
  });
});

describe('the concurrency limit', () => {
  const narrow = (options: ResilienceOptions) => {
    const ends: (() => void)[] = [];
    const on = guarded(() => new Promise((resolve) => ends.push(() => resolve(200))), options);
    return { ...on, end: () => ends.shift()?.() };
  };

  test('queues further calls in order, urgent ones first, and rejects those beyond the queue', async () => {
    const { transport, sent, end } = narrow({ maxConcurrent: 1, maxQueued: 2 });
    const order: string[] = [];
    const call = (name: string, request = NEUTRON) =>
      transport.open({ ...request, headers: { name } }, FAR).then(() => order.push(name));
    const all = [
      call('first'),
      call('second'),
      call('third'),
      call('undo', URGENT),
      call('undo again', URGENT),
    ];
    await expect(transport.open(NEUTRON, FAR)).rejects.toMatchObject({
      code: 'unavailable',
      retryAfter: 2,
      notApplied: true,
    });
    for (const [index] of all.entries()) {
      await vi.waitFor(() => expect(sent).toHaveLength(index + 1));
      end();
    }
    await Promise.all(all);
    expect(order).toEqual(['first', 'undo', 'undo again', 'second', 'third']);
  });

  test('a queued call ends at the queue timeout or its deadline, and then takes no slot', async () => {
    const { call, sent, end } = narrow({ maxConcurrent: 1, maxQueued: 9, queueTimeoutMs: 20 });
    const first = call();
    const hurried = call(URGENT, deadlineIn(50));
    expect(await call()).toBe('unavailable');
    expect(await hurried).toBe('TransportError');
    end();
    expect(await first).toBe(200);
    const next = call();
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    end();
    expect(await next).toBe(200);
  });

  test('applies to each service separately', async () => {
    const { call, sent, end } = narrow({ maxConcurrent: 1, maxQueued: 0 });
    const both = [call(NEUTRON), call(NOVA)];
    expect(await call(NOVA)).toBe('unavailable');
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    end();
    end();
    expect(await Promise.all(both)).toEqual([200, 200]);
  });
});

test('metrics count calls, rejections and open circuits', async () => {
  const metrics = prometheusMetrics();
  const inner: Transport = {
    open: async ({ service }) => responseOf(service === 'network' ? 503 : 200),
    close: async () => {},
  };
  const transport = new ResilientTransport(inner, { metrics });
  for (let n = 0; n < 12; n++) await transport.open(NEUTRON, FAR).catch(() => {});
  await transport.open(NOVA, FAR);
  const lines = (await metrics.expose()).split('\n').filter((line) => line.includes('_upstream_'));
  expect(lines).toEqual(
    expect.arrayContaining([
      'linguanova_upstream_duration_seconds_count{region="RegionOne",service="network",method="GET",status="5xx"} 10',
      'linguanova_upstream_duration_seconds_count{region="RegionOne",service="compute",method="GET",status="2xx"} 1',
      'linguanova_upstream_rejections_total{region="RegionOne",service="network",reason="breaker_open"} 2',
      'linguanova_upstream_breakers_open{region="RegionOne",service="network"} 1',
      'linguanova_upstream_breakers_open{region="RegionOne",service="compute"} 0',
      'linguanova_upstream_calls_in_flight{region="RegionOne",service="network"} 0',
    ]),
  );
});
