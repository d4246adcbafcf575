import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { prometheusMetrics } from '../../adapters/node/prometheus.ts';
import { undiciTransport } from '../../adapters/openstack/http/undici.ts';
import { type OpenStackDriver, openStackDriver } from '../../adapters/openstack/index.ts';
import type { LogFields, Logger } from '../../src/telemetry/logger.ts';
import { type Behaviour, FaultyCloud } from '../support/faulty-cloud.ts';
import { type RunningGateway, startGateway } from '../support/gateway.ts';
import { type ReduAnswer, ReduClient } from '../support/redu-client.ts';

/** Deadline of a request, and timeout that counts as a failure of the service, in ms. */
const DEADLINE = 3_000;
const PATIENCE = 500;
const FIRST_REST = 100;
const SECRET = randomBytes(32).toString('base64');

/** Makes each request unique, so that none is coalesced. */
const UNCACHED = { seconds: 0 };

let cloud: FaultyCloud;
let clouds: OpenStackDriver;
let gateway: RunningGateway;
let customer: ReduClient;
const logged: string[] = [];

beforeEach(async () => {
  logged.length = 0;
  cloud = await FaultyCloud.start({ bootMilliseconds: 10 });
  const write = (event: string, fields: LogFields = {}) => logged.push(`${event} ${fields.service}`);
  const log: Logger = { info: write, warn: write, error: write, with: () => log };
  clouds = openStackDriver({
    transport: undiciTransport(),
    authUrl: cloud.authUrl,
    endpoints: { region: null, interface: 'public' },
    serviceAccount: null,
    log,
    metrics: prometheusMetrics(),
    resilience: { serviceTimeoutMs: PATIENCE, initialOpenMs: FIRST_REST },
  });
  gateway = await startGateway(clouds, { deadline: DEADLINE, secret: SECRET, cache: UNCACHED });
  const [account] = cloud.accounts;
  if (account === undefined) throw new Error('the sandbox has no account');
  const { applicationCredentialId: id, applicationCredentialSecret: secret } = account;
  const key = await gateway.keyFor({ kind: 'application_credential', id, secret });
  customer = new ReduClient(gateway.url, key);
  expect((await customer.get('/v1/flavors')).status).toBe(200);
});

afterEach(async () => {
  await gateway.stop();
  await cloud.stop();
  await clouds.close();
});

const ready = async () => (await (await fetch(`${gateway.url}/readyz`)).json()) as { cloud: string };
const ofBreakers = () => logged.filter((line) => line.startsWith('upstream_breaker'));
const isRefusal = ({ status, headers, body }: ReduAnswer) =>
  status === 503 &&
  /^[1-9]\d*$/.test(headers.get('Retry-After') ?? '') &&
  body.error.code === 'serviceUnavailable';

/** Sends requests until the circuit breaker rejects them. */
async function untilSpared(path: string, arrived: readonly string[]): Promise<void> {
  await expect
    .poll(
      async () => {
        const before = arrived.length;
        const responses = await Promise.all(Array.from({ length: 4 }, () => customer.get(path)));
        expect(responses.every(({ status }) => [502, 503, 504].includes(status))).toBe(true);
        return arrived.length === before && responses.every(isRefusal);
      },
      { timeout: 25_000, interval: 10 },
    )
    .toBe(true);
}

const FAULTS: Behaviour[] = ['dead', 'silent', 'cut', 'rubbish', '503', '504 page'];

describe.each(FAULTS)('a service that is %s', { timeout: 90_000 }, (fault) => {
  test('opens its circuit, does not affect the others, and recovers without a restart', async () => {
    const neutron = cloud.service('networking');
    await neutron.behave(fault);
    await untilSpared('/v1/floating_ips', neutron.arrived);
    await expect.poll(async () => (await ready()).cloud, { timeout: 10_000 }).toBe('unreachable');
    expect((await customer.get('/v1/flavors')).status, 'another service').toBe(200);

    await neutron.behave('well');
    const back = async () => (await customer.get('/v1/floating_ips')).status;
    await expect.poll(back, { timeout: 40_000 }).toBe(200);
    await expect.poll(async () => (await ready()).cloud, { timeout: 10_000 }).toBe('ok');
    expect(ofBreakers(), 'one line for each change').toEqual([
      'upstream_breaker_opened network',
      'upstream_breaker_closed network',
    ]);
  });

  test('never gets a write twice', async () => {
    const nova = cloud.service('compute');
    await nova.behave(fault);
    const before = nova.arrived.length;
    const responses = await Promise.all(
      Array.from({ length: 20 }, () => customer.post('/v1/keypairs', { name: 'one' })),
    );
    for (const { status } of responses) expect([502, 503, 504]).toContain(status);
    const writes = nova.arrived.slice(before).filter((line) => line.startsWith('POST'));
    expect(writes.length).toBeLessThanOrEqual(20);
  });
});

test('while Keystone is down, cached tokens serve and new sign-ins are 503 with Retry-After', {
  timeout: 90_000,
}, async () => {
  const keystone = cloud.service('identity');
  await keystone.behave('503');
  for (let n = 0; n < 12; n++) expect((await customer.get('/v1/flavors')).status).toBe(200);
  // Another credential has to sign in, and its sign-in is what fails.
  const signUp = () =>
    fetch(`${gateway.url}/v1/api_keys`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        name: 'new',
        credentials: { application_credential_id: 'other', application_credential_secret: 'other' },
      }),
    });
  await expect
    .poll(async () => (await signUp()).headers.get('Retry-After'), { timeout: 20_000 })
    .toMatch(/^\d+$/);
  await expect.poll(async () => (await ready()).cloud, { timeout: 20_000 }).toBe('unreachable');
  expect((await customer.get('/v1/flavors')).status).toBe(200);
  await keystone.behave('well');
  await expect.poll(async () => (await signUp()).status, { timeout: 40_000 }).toBe(401);
});

test('500 concurrent requests of one project: its share in flight, a bounded queue, 503 with Retry-After for the rest', async () => {
  /** Of 64 calls to an endpoint. */
  const share = 48;
  const patient = await startGateway(clouds, { keys: gateway.keys, secret: SECRET, cache: UNCACHED });
  try {
    const neutron = cloud.service('networking');
    await neutron.behave('silent');
    const before = neutron.arrived.length;
    const many = new ReduClient(patient.url, customer.key);
    let refused = 0;
    const responses = Array.from({ length: 500 }, async () => {
      const response = await many.get('/v1/floating_ips');
      if (isRefusal(response)) refused += 1;
      return response.status;
    });
    await expect.poll(() => refused, { timeout: 20_000 }).toBeGreaterThanOrEqual(500 - share - 128);
    expect(neutron.arrived.length - before).toBe(share);
    expect((await many.get('/v1/flavors')).status, 'another service').toBe(200);
    await neutron.behave('well');
    const served = (await Promise.all(responses)).filter((status) => status === 200).length;
    expect(neutron.most).toBe(share);
    expect(served).toBeGreaterThanOrEqual(share);
    expect(served + refused, 'each got one or the other').toBe(500);
  } finally {
    await patient.stop();
  }
});
