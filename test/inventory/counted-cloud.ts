import { fetchTransport } from '../../adapters/openstack/http/fetch.ts';
import type { Transport } from '../../adapters/openstack/http/transport.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { createSandbox } from '../../adapters/sandbox/index.ts';
import { deadlineIn } from '../../src/clock.ts';
import { CallTrace } from '../../src/compute/call-trace.ts';
import type { CallContext, Cloud, CloudCredential } from '../../src/compute/cloud.ts';
import type { InventoryOptions } from '../../src/inventory/inventory-cache.ts';
import { withInventory } from '../../src/inventory/inventory-cloud.ts';
import { testVersions } from '../support/fake-versions.ts';
import { OpenStackClient } from '../support/openstack-client.ts';
import { silentLogger } from '../support/silent-logger.ts';

/** Responses of Nova, Neutron and Glance so far. */
export interface Traffic {
  calls: number;
  bytes: number;
  /** Servers in those responses. */
  servers: number;
}

/**
 * A sandbox project with many servers behind an inventory, with its upstream traffic counted.
 */
export function countedCloud(servers: number, options: InventoryOptions, bootMs = 60) {
  const sandbox = createSandbox({
    bootMilliseconds: bootMs,
    projects: [
      {
        name: 'acme',
        cidr: '10.64.0.0/16',
        quota: { instances: -1, cores: -1, ram: -1 },
        withManyServers: servers,
      },
    ],
  });
  const [account] = sandbox.accounts;
  if (account === undefined) throw new Error('the sandbox has no account');
  const traffic: Traffic = { calls: 0, bytes: 0, servers: 0 };
  const plain = openStackDriver({
    transport: counting(
      fetchTransport((request) => sandbox.fetch(request)),
      traffic,
    ),
    authUrl: sandbox.authUrl,
    endpoints: { region: null, interface: 'public' },
    serviceAccount: null,
  });
  const versions = testVersions();
  const metrics = { count: () => {}, set: () => {}, observe() {}, beforeExpose() {}, expose: async () => '' };
  const driver = withInventory(plain, versions, metrics, options);
  const secret = { id: account.applicationCredentialId, secret: account.applicationCredentialSecret };
  const credential: CloudCredential = { kind: 'application_credential', ...secret };
  return {
    traffic,
    versions,
    projectId: account.projectId,
    /** The customer's other tools, which are not counted. */
    behind: new OpenStackClient((request) => sandbox.fetch(request), sandbox.authUrl, secret),
    /** As a request that only reads sees it. */
    reader: () => driver.open(credential, readingCall()),
    /** Without the inventory. */
    truth: () => plain.open(credential, readingCall()),
  };
}

export async function listAll(cloud: Cloud) {
  const [{ instances }] = await Promise.all([cloud.listInstances({}, {}), cloud.listSecurityGroups()]);
  return instances;
}

export async function costOf(traffic: Traffic, work: () => Promise<unknown>): Promise<Traffic> {
  const before = { ...traffic };
  await work();
  return {
    calls: traffic.calls - before.calls,
    bytes: traffic.bytes - before.bytes,
    servers: traffic.servers - before.servers,
  };
}

function counting(transport: Transport, traffic: Traffic): Transport {
  return {
    async open(request, deadline) {
      const response = await transport.open(request, deadline);
      if (request.url.includes('/identity/')) return response;
      traffic.calls += 1;
      const body = response.body instanceof Uint8Array ? new TextDecoder().decode(response.body) : '';
      traffic.bytes += body.length;
      if (request.url.includes('/servers/')) traffic.servers += body.split('"tenant_id"').length - 1;
      return response;
    },
    close: () => transport.close(),
  };
}

function readingCall(): CallContext {
  return {
    region: '',
    deadline: deadlineIn(60_000),
    requestId: `req-${crypto.randomUUID()}`,
    allowStale: true,
    trace: new CallTrace(),
    log: silentLogger,
  };
}
