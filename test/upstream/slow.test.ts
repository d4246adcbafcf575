import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { undiciTransport } from '../../adapters/openstack/http/undici.ts';
import { type OpenStackDriver, openStackDriver } from '../../adapters/openstack/index.ts';
import type { Logger } from '../../src/telemetry/logger.ts';
import { type GatewayUnderTest, type RunningGateway, startGateway } from '../support/gateway.ts';
import { type HeldCloud, startHeldCloud } from '../support/held-cloud.ts';
import { sendNova } from '../support/nova-client.ts';

/** More failures than open a breaker. */
const MANY = 15;
const GROUP = { security_group: { name: 'made' } };

let cloud: HeldCloud;
let clouds: OpenStackDriver;
let gateway: RunningGateway;
let key: string;
let logged: string[];

async function start(options: GatewayUnderTest): Promise<void> {
  clouds = openStackDriver({
    transport: undiciTransport(),
    authUrl: cloud.authUrl,
    endpoints: { region: null, interface: 'public' },
    serviceAccount: null,
    log,
    resilience: { serviceTimeoutMs: 1 },
  });
  gateway = await startGateway(clouds, options);
  const { applicationCredentialId: id, applicationCredentialSecret: secret } = cloud.account;
  key = await gateway.keyFor({ kind: 'application_credential', id, secret });
  expect((await networks()).status).toBe(200);
}

const note = (event: string) => logged.push(event);
const log: Logger = { info: note, warn: note, error: note, with: () => log };
const networks = () => sendNova(gateway.url, 'GET /networking/v2.0/networks', { 'x-auth-token': key });
const make = () =>
  sendNova(gateway.url, 'POST /networking/v2.0/security-groups', { 'x-auth-token': key }, GROUP);
const ofNetwork = ({ url = '' }: { url?: string | undefined }) => url.startsWith('/networking');

beforeEach(async () => {
  logged = [];
  cloud = await startHeldCloud();
});
afterEach(async () => {
  cloud.letGo();
  await gateway.stop();
  await clouds.close();
  await cloud.stop();
});

describe('a proxied call', () => {
  test('may take longer than the deadline of the redu dialect', async () => {
    await start({ deadline: 300, upstreamTimeoutMs: 60_000 });
    cloud.hold(ofNetwork);
    const made = make();
    await expect.poll(() => cloud.held.length).toBe(1);
    const redu = await sendNova(gateway.url, 'GET /v1/floating_ips', { 'x-api-key': key });
    expect(redu.status, 'the deadline has passed').toBe(504);
    cloud.letGo();
    expect((await made).status).toBe(201);
  });

  test('is 504 when the head of the response exceeds the upstream timeout', async () => {
    await start({ upstreamTimeoutMs: 300 });
    cloud.hold(ofNetwork);
    expect((await make()).status).toBe(504);
    await expect.poll(() => cloud.hungUp.length).toBe(1);
  });

  test('does not open the circuit by being slow', async () => {
    await start({ upstreamTimeoutMs: 300 });
    cloud.hold(ofNetwork);
    const statuses = await Promise.all(Array.from({ length: MANY }, async () => (await make()).status));
    expect(statuses).toEqual(Array.from({ length: MANY }, () => 504));
    cloud.letGo();
    expect((await networks()).status).toBe(200);
    expect(logged).not.toContain('upstream_breaker_opened');
  });

  test('is cancelled when its client disconnects, without opening the circuit', async () => {
    await start({ upstreamTimeoutMs: 60_000 });
    cloud.hold(ofNetwork);
    const leaving = new AbortController();
    const calls = Array.from({ length: MANY }, () =>
      fetch(`${gateway.url}/networking/v2.0/routers`, {
        headers: { 'x-auth-token': key },
        signal: leaving.signal,
      }).catch(() => null),
    );
    await expect.poll(() => cloud.held.length).toBe(MANY);
    leaving.abort();
    await Promise.all(calls);
    await expect.poll(() => cloud.hungUp.length).toBe(MANY);
    cloud.letGo();
    expect((await networks()).status).toBe(200);
    expect(logged).not.toContain('upstream_breaker_opened');
    expect(logged).not.toContain('upstream_unreachable');
  });
});
