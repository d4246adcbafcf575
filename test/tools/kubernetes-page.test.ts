/** docs/tools/kubernetes.md as printed, and the scopes that it names: enough for what the row says, and none too many. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { fenced, read, rows, section } from '../docs/pages.ts';
import { OpenStackClient } from '../support/openstack-client.ts';
import { Cluster, type Server } from './kubernetes/cluster.ts';
import { installKubernetes, KUBERNETES, manifests, PROGRAMS } from './kubernetes/programs.ts';
import {
  addressOf,
  createService,
  createVolume,
  deleteService,
  deleteVolume,
  isAttached,
  makeServers,
  podRoutes,
} from './kubernetes/workloads.ts';
import { record } from './record.ts';
import { openWay, type ToolProject, toolProject, type Way } from './ways.ts';

const PAGE = read('docs/tools/kubernetes.md');
const CLOUD_CONTROLLER = 'openstack-cloud-controller-manager';
const STORAGE = 'cinder-csi-plugin';
const SHUTDOWN = 'node.cloudprovider.kubernetes.io/shutdown';

let project: ToolProject;
let way: Way;
let cluster: Cluster;
let cloud: OpenStackClient;
let nodes: readonly Server[];

beforeAll(async () => {
  await installKubernetes();
  project = await toolProject();
  way = await openWay('gateway', project, { LINGUANOVA_PLANS: '' });
  cloud = new OpenStackClient(fetch, (await openWay('directly', project)).authUrl, project.credential);
  nodes = await makeServers(cloud, project.networkId, ['node-1', 'node-2']);
  cluster = await Cluster.start();
  await registerAll();
});
afterEach(() => cluster?.stopControllers());
afterAll(async () => {
  await cluster?.close();
  await way?.close();
  await project?.remove();
});

async function registerAll(): Promise<void> {
  for (const [number, node] of nodes.entries()) await cluster.register(node, number + 1);
}

const deleteNodes = () => cluster.kubectl('delete', 'nodes', '--all');

async function expectInitialised(): Promise<void> {
  const wanted = Object.fromEntries(nodes.map(({ id, name }) => [name, `openstack:///${id}`]));
  await cluster.until(async () => expect(await cluster.initialised()).toEqual(wanted));
}

function printedConf(id: string, key: string): string {
  const [conf = ''] = fenced(PAGE, 'ini');
  const url = new URL(way.authUrl).origin;
  return conf
    .replace('https://api.example.org', url)
    .replace('RegionOne', way.region)
    .replace('"ID"', `"${id}"`)
    .replace('"KEY"', `"${key}"`);
}

/** Commands of the page in a shell of the cluster, with the manifests of the release where the page has their address. */
async function shell(script: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const repository = await manifests();
  const { stdout } = await promisify(execFile)(
    'bash',
    ['-euo', 'pipefail', '-c', script.replace(/^REPOSITORY=.*$/m, '')],
    {
      cwd: cluster.folder,
      env: {
        PATH: `${PROGRAMS}:${process.env.PATH}`,
        KUBECONFIG: join(cluster.folder, 'kubeconfig'),
        REPOSITORY: repository,
        URL: new URL(way.authUrl).origin,
        OS_USERNAME: project.userName,
        OS_PASSWORD: project.password,
        OS_PROJECT_NAME: project.projectName,
        ...env,
      },
    },
  );
  return stdout;
}

interface Key {
  readonly id: string;
  readonly key: string;
}

async function confOfSecret(): Promise<string> {
  const { data } = await cluster.get('secret', '-n', 'kube-system', 'cloud-config');
  return Buffer.from(data['cloud.conf'], 'base64').toString();
}

test('the commands of the page lead to nodes that kubectl shows with their addresses', async () => {
  const [createKey = '', configure = '', start = ''] = fenced(section(PAGE, 'Nodes'), 'sh');
  const [storage = ''] = fenced(section(PAGE, 'Load balancers, routes, volumes'), 'sh');
  const [rotate = '', replace = ''] = fenced(section(PAGE, 'Another key'), 'sh');
  const lines = start.trim().split('\n');
  const key: Key = JSON.parse(await shell(createKey));
  await shell(configure, { KEY: key.key });
  await shell(lines.slice(0, -1).join('\n'));
  await cluster.startCloudController(await confOfSecret());
  await expectInitialised();
  const shown = await shell(lines.at(-1) ?? '');
  const outcome = /node-1 +Ready .* 10\.30\.0\.\d+ /.test(shown) ? 'passes' : 'fails';
  const run = 'its page as printed: `kubectl get nodes`';
  record({ tool: 'Kubernetes', version: KUBERNETES, run, where: 'gateway', outcome });
  expect(outcome, shown).toBe('passes');

  await shell(storage);
  const successor: Key = JSON.parse(await shell(rotate, { ID: key.id, KEY: key.key }));
  await shell(replace, { KEY: successor.key });
  expect(await confOfSecret()).toContain(successor.key);
});

/** What a row of the page promises, in the order of the rows. */
interface Feature {
  /** Starts it; a key without a scope fails here, as the log of `program` says. */
  begin(): Promise<void>;
  succeed(): Promise<void>;
  readonly program: string;
  readonly withRoutes?: boolean;
  end(): Promise<void>;
}

const FEATURES: readonly Feature[] = [
  {
    program: CLOUD_CONTROLLER,
    async begin() {
      await deleteNodes();
      await registerAll();
    },
    async succeed() {
      await expectInitialised();
      const [first] = nodes;
      const isShutDown = async () =>
        ((await cluster.get('node', first?.name ?? '')).spec.taints ?? []).some(
          ({ key }: { key: string }) => key === SHUTDOWN,
        );
      for (const [action, status] of [['os-stop', 'Unknown'] as const, ['os-start', 'True'] as const]) {
        await cloud.compute('POST', `/servers/${first?.id}/action`, { [action]: null });
        await cluster.report(first?.name ?? '', status);
        await cluster.until(async () => expect(await isShutDown()).toBe(status === 'Unknown'));
      }
    },
    async end() {},
  },
  {
    program: CLOUD_CONTROLLER,
    withRoutes: true,
    begin: registerAll,
    async succeed() {
      await cluster.until(async () =>
        expect(await podRoutes(cloud, project.routerId)).toEqual(['10.244.1.0/24', '10.244.2.0/24']),
      );
      await deleteNodes();
      await cluster.until(async () => expect(await podRoutes(cloud, project.routerId)).toEqual([]));
    },
    end: registerAll,
  },
  {
    program: CLOUD_CONTROLLER,
    begin: () => createService(cluster, 'web'),
    succeed: () => cluster.until(async () => expect(await addressOf(cluster, 'web')).toMatch(/^\d+\./)),
    end: () => deleteService(cluster, 'web'),
  },
  {
    program: STORAGE,
    begin: () => createVolume(cluster, 'data', nodes[0] ?? missingNode()),
    succeed: () => cluster.until(async () => expect(await isAttached(cluster, 'data')).toBe(true)),
    end: () => deleteVolume(cluster, 'data'),
  },
];

function missingNode(): never {
  throw new Error('there is no node');
}

const ROWS = rows(section(PAGE, 'Scopes')).map(([what = '', cell = ''], n) => ({
  what,
  scopes: [...cell.matchAll(/`([^`]+)`/g)].map(([, scope = '']) => scope),
  feature: FEATURES[n],
}));

async function startWith(scopes: readonly string[], withRoutes = false): Promise<void> {
  const { id, key } = (await way.gateway?.keyFor(scopes)) ?? { id: '', key: '' };
  const conf = printedConf(id, key);
  const routes = `[Route]\nrouter-id = "${project.routerId}"\n`;
  await cluster.startCloudController(withRoutes ? conf + routes : conf, { withRoutes });
  await cluster.startStorage(conf, nodes[0] ?? missingNode());
}

describe.each(ROWS)('$what', ({ what, scopes, feature }) => {
  if (feature === undefined) throw new Error(`no test of the row "${what}"`);

  test('the scopes are enough', async () => {
    await startWith(scopes, feature.withRoutes);
    await feature.begin();
    await feature.succeed();
    await feature.end();
  });

  const removable = scopes.length > 1 ? scopes : [];
  test.each(removable)('without %s the controller names the scope that is missing', async (scope) => {
    await startWith(
      scopes.filter((one) => one !== scope),
      feature.withRoutes,
    );
    const from = cluster.programs.log(feature.program).length;
    await feature.begin();
    const missing = new RegExp(`lacks the scope \\\\*"${scope}\\\\*"`);
    await cluster.until(async () =>
      expect(cluster.programs.log(feature.program).slice(from)).toMatch(missing),
    );
    await cluster.stopControllers();
    await startWith(scopes, feature.withRoutes);
    await feature.succeed();
    await feature.end();
  });
});
