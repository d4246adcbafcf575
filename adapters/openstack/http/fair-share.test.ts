import { describe, expect, test, vi } from 'vitest';
import { deadlineIn } from '../../../src/clock.ts';
import { type ResilienceOptions, ResilientTransport } from './resilient-transport.ts';
import type { Transport, UpstreamRequest } from './transport.ts';

const FAR = deadlineIn(3_600_000);

interface Held {
  readonly tenant: string;
  readonly end: () => void;
}

/** A cloud whose responses the test releases. */
function held(options: ResilienceOptions) {
  const running: Held[] = [];
  const transport: Transport = {
    open: ({ tenant = '' }) =>
      new Promise((resolve) => {
        const end = () => resolve({ status: 200, headers: {}, body: null });
        running.push({ tenant, end });
      }),
    close: async () => {},
  };
  const resilient = new ResilientTransport(transport, {}, options);
  const request = (tenant: string) =>
    resilient
      .open(
        {
          service: 'compute',
          method: 'GET',
          url: 'http://cloud.test/c/v2.1/x',
          headers: {},
          tenant,
          buffered: true,
        },
        FAR,
      )
      .then(
        ({ status }) => status,
        (error) => error.code,
      );
  const requests = (tenant: string, count: number) => Array.from({ length: count }, () => request(tenant));
  const countOf = (tenant: string) => running.filter((call) => call.tenant === tenant).length;
  const end = () => running.shift()?.end();
  return { requests, running, countOf, end };
}

describe('calls of several tenants', () => {
  test('a tenant that exceeds limit and queue does not delay those of another', async () => {
    const { requests, running, countOf, end } = held({ queueTimeoutMs: 3_600_000 });
    const flood = requests('acme', 260);
    expect(countOf('acme')).toBe(48);
    const reads = requests('globex', 10);
    expect(countOf('globex'), 'immediately').toBe(10);
    let open = flood.length + reads.length;
    for (const call of [...flood, ...reads]) void call.then(() => (open -= 1));
    await vi.waitUntil(
      () => {
        end();
        return open === 0;
      },
      { interval: 1, timeout: 20_000 },
    );
    expect(running).toEqual([]);
    expect(await Promise.all(reads)).toEqual(Array(10).fill(200));
    const outcomes = await Promise.all(flood);
    expect(
      outcomes.filter((outcome) => outcome === 'unavailable'),
      'beyond 48 and 128',
    ).toHaveLength(84);
  });

  test('a free slot goes to the queued tenant with the fewest', async () => {
    const { requests, running, end } = held({ maxConcurrent: 4, queueTimeoutMs: 3_600_000 });
    const all = [...requests('acme', 9), ...requests('globex', 2), ...requests('initech', 1)];
    const order: string[] = [];
    while (order.length < all.length) {
      await vi.waitUntil(() => running.length > 0);
      order.push(running[0]?.tenant ?? '');
      end();
    }
    expect(await Promise.all(all)).toEqual(Array(12).fill(200));
    // Three calls of acme had slots before the others came.
    expect(order.slice(0, 5)).toEqual(['acme', 'acme', 'acme', 'globex', 'initech']);
    expect(order.slice(5, 7).toSorted()).toEqual(['acme', 'globex']);
  });

  test('the last free slot goes to a tenant without one', async () => {
    const { requests, countOf, running } = held({});
    for (let n = 0; n < 3; n++) void requests(`tenant ${n}`, 100);
    void requests('late', 1);
    expect(running.length).toBeLessThanOrEqual(64);
    expect(countOf('late')).toBe(1);
  });
});

test('a tenant that reads slowly does not take all connections', async () => {
  const bodies: ReadableStreamDefaultController<Uint8Array>[] = [];
  const transport: Transport = {
    maxConnections: 4,
    open: async () => {
      const body = new ReadableStream<Uint8Array>({ start: (controller) => void bodies.push(controller) });
      return { status: 200, headers: {}, body };
    },
    close: async () => {},
  };
  const resilient = new ResilientTransport(transport, {}, { maxQueued: 0 });
  const request: UpstreamRequest = {
    service: 'image',
    method: 'GET',
    url: 'http://cloud.test/v2/images/1/file',
    headers: {},
    body: null,
  };
  const open = (tenant: string) => resilient.open({ ...request, tenant }, FAR);
  for (let n = 0; n < 3; n++) await open('acme');
  await expect(open('acme'), 'its own share').rejects.toMatchObject({
    code: 'unavailable',
    notApplied: true,
  });
  const { body } = await open('globex');
  await expect(open('initech')).rejects.toMatchObject({ code: 'unavailable' });
  bodies[3]?.enqueue(new Uint8Array([1, 2]));
  bodies[3]?.close();
  expect(new Uint8Array(await new Response(body as BodyInit).arrayBuffer())).toEqual(new Uint8Array([1, 2]));
  await open('initech');
  bodies[0]?.error(new Error('the connection broke'));
  await vi.waitFor(() => open('globex'));
});
