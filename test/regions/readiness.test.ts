import { afterAll, afterEach, expect, test } from 'vitest';
import { later, now } from '../support/later.ts';
import { ONE, type RegionalGateway, regionalGateway, TWO } from '../support/regional-gateway.ts';

const gateways: RegionalGateway[] = [];
afterEach(now);
afterAll(() => Promise.all(gateways.map((gateway) => gateway.stop())));
const started = async (...options: Parameters<typeof regionalGateway>) => {
  const gateway = await regionalGateway(...options);
  gateways.push(gateway);
  return gateway;
};
const readiness = async (gateway: RegionalGateway) => (await gateway.request('/readyz', {}, '')).body;
const SOON = { timeout: 15_000, interval: 250 };

test('a region that is out of reach is found without a request to it, and its return too', async () => {
  const gateway = await started();
  await gateway.request('/v1/flavors');
  gateway.down.add(TWO);
  const down = { status: 'degraded', cloud: 'ok', regions: { [ONE]: 'ok', [TWO]: 'unreachable' } };
  expect(await readiness(gateway)).toMatchObject(down);
  gateway.down.clear();
  await expect.poll(() => readiness(gateway), SOON).toMatchObject({ status: 'ok', regions: { [TWO]: 'ok' } });
  const reported = gateway.logged.filter(({ event }) => event === 'upstream_unreachable');
  expect(reported.map(({ fields }) => fields.origin).length).toBe(3);
});

test('50 requests of readiness at once, and 50 more, call each service once', async () => {
  const gateway = await started();
  await gateway.request('/v1/flavors');
  gateway.sent.length = 0;
  for (let round = 0; round < 2; round++)
    await Promise.all(Array.from({ length: 50 }, () => readiness(gateway)));
  const ofServices = gateway.sent.filter((sent) => !sent.includes('/identity/'));
  expect(new Set(ofServices).size).toBe(ofServices.length);
  // The second region has no block storage.
  expect(ofServices).toHaveLength(7);
});

test('before the first sign-in of a customer, the service account finds the regions', async () => {
  const gateway = await started([ONE, TWO], { hasServiceAccount: true });
  gateway.down.add(TWO);
  expect(await readiness(gateway)).toMatchObject({ cloud: 'ok', regions: { [TWO]: 'unreachable' } });
});

test('a served region that no catalog has is unreachable', async () => {
  const gateway = await started([ONE, 'Regiontwo'], { hasServiceAccount: true });
  expect(await readiness(gateway)).toMatchObject({ cloud: 'ok', regions: { Regiontwo: 'unreachable' } });
});

test.each([
  ['of a customer', false],
  ['of the service account, which readiness makes', true],
])(
  'a service that has left the catalog is tried until an hour after the last sign-in that had it: %s',
  async (_, has) => {
    const gateway = await started([ONE, TWO], { hasServiceAccount: has });
    const look = async () => {
      if (!has) await gateway.request('/v1/flavors');
      return readiness(gateway);
    };
    expect(await look()).toMatchObject({ status: 'ok' });
    gateway.without.push('image');
    gateway.down.add(`${TWO}/image`);
    later(120_000);
    await look();
    expect(await look()).toMatchObject({ regions: { [TWO]: 'unreachable' } });
    later(3_601_000);
    await look();
    later(6_000);
    expect(await look()).toMatchObject({ status: 'ok', regions: { [TWO]: 'ok' } });
  },
);

test('counters of revalidations, syncs, events and idempotency keys have the region', async () => {
  const gateway = await started([ONE, TWO], { cache: { seconds: 1 } });
  const prefix = `/regions/${TWO}/v1`;
  const events = new AbortController();
  const stream = await fetch(`${gateway.url}${prefix}/events`, {
    headers: { 'x-api-key': gateway.key },
    signal: events.signal,
  });
  expect(stream.status).toBe(200);
  const images = await gateway.request(`${prefix}/images`);
  const json = { name: 'counted', flavor_id: 'm1.tiny', image_id: images.body.items[0].id };
  const headers = { 'Idempotency-Key': 'counted' };
  expect((await gateway.request(`${prefix}/instances`, { method: 'POST', json, headers })).status).toBe(202);
  const counted = async () => {
    await gateway.request(`${prefix}/instances`);
    await gateway.request(`${prefix}/flavors`);
    const metrics: string = (await gateway.request('/metrics')).body;
    const names = ['cache_revalidations', 'inventory_syncs', 'events', 'event_polls', 'idempotent_requests'];
    return names.filter((name) =>
      new RegExp(`^linguanova_${name}_total{[^}]*region="${TWO}"[^}]*} [1-9]`, 'm').test(metrics),
    );
  };
  await expect.poll(counted, SOON).toHaveLength(5);
  const metrics: string = (await gateway.request('/metrics')).body;
  for (const name of ['cache_revalidations', 'inventory_syncs', 'events', 'event_polls'])
    expect(metrics).not.toMatch(new RegExp(`^linguanova_${name}_total{[^}]*region="${ONE}"`, 'm'));
  events.abort();
});
