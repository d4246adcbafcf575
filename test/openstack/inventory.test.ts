import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { undiciTransport } from '../../adapters/openstack/http/undici.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { deadlineIn } from '../../src/clock.ts';
import { CallTrace } from '../../src/compute/call-trace.ts';
import type { CallContext, Cloud, CloudCredential } from '../../src/compute/cloud.ts';
import { ComputeError } from '../../src/compute/errors.ts';
import type { CloudInstance } from '../../src/compute/model.ts';
import { withInventory } from '../../src/inventory/inventory-cloud.ts';
import { RELIST_INTERVAL_MS } from '../../src/inventory/sync.ts';
import { testVersions } from '../support/fake-versions.ts';
import { OpenStackClient } from '../support/openstack-client.ts';
import { silentLogger } from '../support/silent-logger.ts';
import { requireOpenStack } from './target.ts';

/** Names of what this test makes; the project may have other instances, which come and go. */
const PREFIX = `inventory-${crypto.randomUUID().slice(0, 8)}`;
/** Longest wait for the next full list, and for the cloud itself, in ms. */
const FULL = { timeout: RELIST_INTERVAL_MS + 30_000, interval: 1_000 };
const SOON = { timeout: 30_000, interval: 300 };

/** Changes made directly at Nova and Neutron, as an inventory shows them that always syncs by changes. */
describe('an inventory follows a real Nova', () => {
  const variables = requireOpenStack();
  const read = (name: string) => variables[name] ?? '';
  const secret = { id: read('ACME_APP_CRED_ID'), secret: read('ACME_APP_CRED_SECRET') };
  const credential: CloudCredential = { kind: 'application_credential', ...secret };
  const behind = new OpenStackClient(fetch, read('OS_AUTH_URL'), secret);
  const plain = openStackDriver({
    transport: undiciTransport(),
    authUrl: read('OS_AUTH_URL'),
    endpoints: { region: read('OS_REGION_NAME'), interface: 'public' },
    serviceAccount: null,
  });
  const refreshes: string[] = [];
  const metrics = {
    count: (_: string, labels: object) => refreshes.push(String(Object.values(labels)[0])),
    set: () => {},
    observe() {},
    beforeExpose() {},
    expose: async () => '',
  };
  const driver = withInventory(plain, testVersions(), metrics, { maxAgeMs: 1e-6, relistThreshold: 0 });
  const call = (): CallContext => ({
    region: '',
    deadline: deadlineIn(60_000),
    requestId: `req-${crypto.randomUUID()}`,
    allowStale: true,
    trace: new CallTrace(),
    log: silentLogger,
  });
  const own = async (cloud: Cloud) =>
    (await cloud.listInstances({}, {})).instances.filter(({ name }) => name.startsWith(PREFIX));
  const listed = () => own(driver.open(credential, call()));
  const truth = () => own(plain.open(credential, call()));
  const ids: string[] = [];
  const addresses: string[] = [];

  /** Waits until the cloud and then the inventory have this state. */
  const bothShow = async (
    what: (instances: readonly CloudInstance[]) => unknown,
    wanted: unknown,
    wait = SOON,
  ) => {
    await expect.poll(async () => what(await truth()), wait).toEqual(wanted);
    await expect.poll(async () => what(await listed()), wait).toEqual(wanted);
  };

  beforeAll(async () => {
    const made = await behind.compute('POST', '/servers', {
      server: {
        name: PREFIX,
        flavorRef: 'm1.tiny',
        imageRef: read('UBUNTU_IMAGE_ID'),
        networks: [{ uuid: read('ACME_NETWORK_ID') }],
        metadata: { a: '1', b: '2' },
        min_count: 3,
      },
    });
    expect(made.status).toBe(202);
    await vi.waitFor(
      async () => expect((await truth()).map(({ status }) => status)).toEqual(Array(3).fill('ACTIVE')),
      SOON,
    );
    await listed();
    ids.push(...(await truth()).map(({ id }) => id));
  });
  afterAll(async () => {
    for (const id of addresses) await behind.network('DELETE', `/floatingips/${id}`);
    for (const { id } of await truth()) await behind.compute('DELETE', `/servers/${id}`);
    await vi.waitFor(async () => expect(await truth()).toEqual([]), SOON);
    await driver.close();
  });

  test('lists in the order of Nova, those of one second by id', async () => {
    expect((await listed()).map(({ id }) => id)).toEqual((await truth()).map(({ id }) => id));
  });

  test('a rename is visible immediately', async () => {
    await behind.compute('PUT', `/servers/${ids[0]}`, { server: { name: `${PREFIX}-renamed` } });
    expect((await listed()).map(({ name }) => name)).toContain(`${PREFIX}-renamed`);
  });

  test('a stop is visible from start to end', async () => {
    await behind.compute('POST', `/servers/${ids[1]}/action`, { 'os-stop': null });
    const [seen] = (await listed()).filter(({ id }) => id === ids[1]);
    expect(['stopping', 'stopped']).toContain(seen?.state);
    await bothShow((all) => all.find(({ id }) => id === ids[1])?.status, 'SHUTOFF');
  });

  test('a boot, and a delete before scheduling, are visible', async () => {
    const server = {
      name: `${PREFIX}-short`,
      flavorRef: 'm1.tiny',
      imageRef: read('UBUNTU_IMAGE_ID'),
      networks: [{ uuid: read('ACME_NETWORK_ID') }],
    };
    const { body } = await behind.compute('POST', '/servers', { server });
    expect((await listed()).map(({ name }) => name)).toContain(`${PREFIX}-short`);
    await behind.compute('DELETE', `/servers/${body.server.id}`);
    await bothShow((all) => all.some(({ id }) => id === body.server.id), false);
  });

  test('a deletion is visible', async () => {
    await behind.compute('DELETE', `/servers/${ids[2]}`);
    await bothShow((all) => all.some(({ id }) => id === ids[2]), false);
  });

  test('the next full list shows what changes-since does not: removed metadata, public addresses', async () => {
    const { ports } = (await behind.network('GET', `/ports?device_id=${ids[0]}`)).body;
    const made = await behind.network('POST', '/floatingips', {
      floatingip: { floating_network_id: read('PUBLIC_NETWORK_ID'), port_id: ports[0].id },
    });
    const { id, floating_ip_address: address } = made.body.floatingip;
    addresses.push(id);
    await behind.compute('DELETE', `/servers/${ids[0]}/metadata/a`);
    const shown = (all: readonly CloudInstance[]) => {
      const instance = all.find((candidate) => candidate.id === ids[0]);
      return [instance?.metadata, instance?.addresses.find(({ type }) => type === 'floating')?.address];
    };
    await bothShow(shown, [{ b: '2' }, address], FULL);
  });

  test('syncs by changes, and sometimes by a full list', () => {
    expect(new Set(refreshes)).toEqual(new Set(['full', 'delta']));
  });

  test('single instances have all fields of a direct read', async () => {
    const reader = plain.open(credential, call());
    const [listed] = await truth();
    if (listed === undefined) throw new ComputeError('internal', 'no instance is left');
    expect(await reader.getInstance(listed.id)).toEqual(listed);
  });
});
