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

/** What Nova, Neutron and Glance have answered so far. */
export interface Answered {
  calls: number;
  bytes: number;
  /** Servers in lists and single looks. */
  servers: number;
}

/**
 * A project of a sandbox with many servers, and fleets in front of it that count what they cost.
 *
 * @param bootMilliseconds What a boot takes in that sandbox.
 */
export function countedCloud(servers: number, options: InventoryOptions, bootMilliseconds = 60) {
  const sandbox = createSandbox({
    bootMilliseconds,
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
  const answered: Answered = { calls: 0, bytes: 0, servers: 0 };
  const plain = openStackDriver({
    transport: counting(
      fetchTransport((request) => sandbox.fetch(request)),
      answered,
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
    answered,
    versions,
    projectId: account.projectId,
    /** The customer's other tools, which are not counted. */
    behind: new OpenStackClient((request) => sandbox.fetch(request), sandbox.authUrl, secret),
    /** The cloud as a request sees it that only reads. */
    reader: () => driver.open(credential, readingCall()),
    /** The cloud without fleets. */
    truth: () => plain.open(credential, readingCall()),
  };
}

/** All instances as a list of the customer shows them: with the security groups of the project. */
export async function listAll(cloud: Cloud) {
  const [{ instances }] = await Promise.all([cloud.listInstances({}, {}), cloud.listSecurityGroups()]);
  return instances;
}

/** What `work` cost. */
export async function costOf(answered: Answered, work: () => Promise<unknown>): Promise<Answered> {
  const before = { ...answered };
  await work();
  return {
    calls: answered.calls - before.calls,
    bytes: answered.bytes - before.bytes,
    servers: answered.servers - before.servers,
  };
}

function counting(transport: Transport, answered: Answered): Transport {
  return {
    async open(request, deadline) {
      const response = await transport.open(request, deadline);
      if (request.url.includes('/identity/')) return response;
      answered.calls += 1;
      const body = response.body instanceof Uint8Array ? new TextDecoder().decode(response.body) : '';
      answered.bytes += body.length;
      if (request.url.includes('/servers/')) answered.servers += body.split('"tenant_id"').length - 1;
      return response;
    },
    close: () => transport.close(),
  };
}

function readingCall(): CallContext {
  return {
    deadline: deadlineIn(60_000),
    requestId: `req-${crypto.randomUUID()}`,
    allowStale: true,
    trace: new CallTrace(),
    log: silentLogger,
  };
}
