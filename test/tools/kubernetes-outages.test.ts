/** A cluster goes on after what happens to its gateway and its key. */

import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OpenStackClient } from '../support/openstack-client.ts';
import { Cluster, type Server } from './kubernetes/cluster.ts';
import { installKubernetes, KUBERNETES } from './kubernetes/programs.ts';
import {
  addressOf,
  createService,
  createVolume,
  deleteService,
  deleteVolume,
  isAttached,
  makeServers,
} from './kubernetes/workloads.ts';
import { record } from './record.ts';
import { openWay, type ToolGateway, type ToolProject, toolProject, type Way } from './ways.ts';

const MINUTE_MS = 60_000;
/** Longer than the controller's period of checks. */
const CHECK_MS = 10_000;

let project: ToolProject;
let way: Way;
let gateway: ToolGateway;
let cluster: Cluster;
let cloud: OpenStackClient;
let nodes: readonly Server[];
let before: Awaited<ReturnType<OpenStackClient['belongings']>>;

beforeAll(async () => {
  await installKubernetes();
  project = await toolProject();
  way = await openWay('gateway', project, { LINGUANOVA_PLANS: '' });
  if (way.gateway === null) throw new Error('there is no gateway to stop');
  gateway = way.gateway;
  cloud = new OpenStackClient(fetch, (await openWay('directly', project)).authUrl, project.credential);
  nodes = await makeServers(cloud, project.networkId, ['node-1', 'node-2']);
  before = await cloud.belongings();
  cluster = await Cluster.start();
  for (const [number, node] of nodes.entries()) await cluster.register(node, number + 1);
  await startWith(way.id, way.secret);
  await cluster.until(async () => expect(Object.keys(await cluster.initialised())).toHaveLength(2));
});
afterAll(async () => {
  await cluster?.close();
  await way?.close();
  await project?.remove();
});

async function startWith(id: string, secret: string): Promise<void> {
  const [first] = nodes;
  if (first === undefined) throw new Error('there is no node');
  await cluster.stopControllers();
  const conf = cloudConf(id, secret);
  await cluster.startCloudController(conf);
  await cluster.startStorage(conf, first);
}

const cloudConf = (id: string, secret: string) => `[Global]
auth-url = "${way.authUrl}"
region = "${way.region}"
application-credential-id = "${id}"
application-credential-secret = "${secret}"
`;

/** What a customer relies on: a Service gets its address, a claim its volume; both leave nothing. */
async function expectService(name: string): Promise<void> {
  await cluster.until(async () => expect(await addressOf(cluster, name)).toMatch(/^\d+\./));
  await deleteService(cluster, name);
}

async function expectVolume(name: string): Promise<void> {
  await cluster.until(async () => expect(await isAttached(cluster, name)).toBe(true));
  await deleteVolume(cluster, name);
}

async function create(name: string): Promise<void> {
  const [first] = nodes;
  if (first === undefined) throw new Error('there is no node');
  await createService(cluster, name);
  await createVolume(cluster, name, first);
}

async function expectNodes(): Promise<void> {
  const listed = await cluster.get('nodes');
  const shown = listed.items.map(
    // biome-ignore lint/suspicious/noExplicitAny: any object of Kubernetes
    ({ metadata, spec }: any) => ({ name: metadata.name, taints: spec.taints ?? [] }),
  );
  expect(shown).toEqual(nodes.map(({ name }) => ({ name, taints: [] })));
}

function recorded(run: string, work: () => Promise<void>): () => Promise<void> {
  return async () => {
    let outcome = 'fails';
    try {
      await work();
      await expectNodes();
      outcome = 'passes';
    } finally {
      record({ tool: 'Kubernetes', version: KUBERNETES, run, where: 'gateway', outcome });
    }
  };
}

const asCustomer = async (method: string, path: string, key: string, body: object) => {
  const response = await fetch(`${gateway.url}${path}`, {
    method,
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    ...(method === 'POST' && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: response.status === 204 ? null : await response.json() };
};

test(
  'a rotated key: the cluster goes on with the successor',
  recorded('a rotation of the key', async () => {
    const rotated = await asCustomer('POST', `/v1/api_keys/${way.id}/rotate`, way.secret, {
      overlap_seconds: 600,
    });
    expect(rotated.status).toBe(201);
    await create('overlap');
    await expectService('overlap');
    await expectVolume('overlap');
    await startWith(rotated.body.id, rotated.body.key);
    expect((await asCustomer('DELETE', `/v1/api_keys/${way.id}`, rotated.body.key, {})).status).toBe(204);
    await create('successor');
    await expectService('successor');
    await expectVolume('successor');
  }),
);

test(
  'a minute without the gateway: no node is lost, and what was asked for meanwhile is made',
  recorded('a minute without the gateway', async () => {
    for (const { name } of nodes) await cluster.report(name, 'Unknown');
    await gateway.stop();
    await create('away');
    await setTimeout(MINUTE_MS);
    await expectNodes();
    expect(await addressOf(cluster, 'away')).toBe('');
    await gateway.start();
    await setTimeout(CHECK_MS);
    for (const { name } of nodes) await cluster.report(name, 'True');
    await expectService('away');
    await expectVolume('away');
  }),
);

test(
  'the gateway is restarted while things are made',
  recorded('a restart of the gateway at work', async () => {
    await create('restart');
    await setTimeout(1_500);
    await gateway.stop();
    await gateway.start();
    await expectService('restart');
    await expectVolume('restart');
  }),
);

test('nothing is left at the cloud', async () => {
  await cluster.until(async () => expect(await cloud.belongings()).toEqual(before));
  expect((await cloud.volume('GET', '/volumes')).body.volumes).toEqual([]);
});
