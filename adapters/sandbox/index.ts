/**
 * @module
 * An OpenStack in memory: Keystone v3, Nova v2.1, Neutron v2.0, Glance v2 and Cinder v3 as one fetch handler. It responds over HTTP as a real
 * cloud does (bodies, headers, status codes, error texts, states over time), and knows nothing of the gateway.
 *
 * @example
 * const sandbox = createSandbox();
 * const [account] = sandbox.accounts;
 * const reply = await sandbox.fetch(new Request('http://sandbox.invalid/identity/v3/auth/tokens', {
 *   method: 'POST',
 *   body: JSON.stringify({ auth: { identity: { methods: ['application_credential'], application_credential: {
 *     id: account.applicationCredentialId, secret: account.applicationCredentialSecret } } } }),
 * }));
 */

import { monotonicMs, wallMs } from '../../src/clock.ts';
import {
  type Account,
  type AdminAccount,
  addAdmin,
  addProject,
  addPublicNetwork,
  addResources,
  type ProjectOptions,
} from './accounts.ts';
import { cinder } from './cinder/index.ts';
import { type Cloud, type CloudOptions, createCloud } from './cloud.ts';
import { addExampleServers, EXAMPLE, EXAMPLE_IMAGES } from './example-servers.ts';
import { glance } from './glance/index.ts';
import { newImage } from './glance/model.ts';
import { json } from './http.ts';
import { keystone } from './keystone/index.ts';
import { addRegion } from './keystone/model.ts';
import { addManyServers } from './many-servers.ts';
import { neutron } from './neutron/index.ts';
import { nova } from './nova/index.ts';
import { MINORS, type Minors } from './nova/microversion.ts';
import { listen } from './nova/network-info.ts';

export type { Account, AdminAccount, ProjectOptions } from './accounts.ts';

/** How a sandbox differs from the default one. */
export interface SandboxOptions {
  /**
   * Where the catalog's URLs point, without a trailing slash; a path in it is part of every URL. Default
   * `http://sandbox.invalid`. Below it: `/identity/v3`, `/compute/v2.1`, `/networking` (`/v2.0`), `/image` (`/v2`), `/volume/v3`.
   */
  baseUrl?: string;
  /**
   * Regions under one Keystone, each with its own services. The first one's are at these paths, another's below `/<name>`. Default: one,
   * `RegionOne`.
   */
  regions?: readonly RegionOptions[];
  /** The clock, in epoch milliseconds. Tests replace it to see states pass. By default the wall clock as it was at the start, then
   * steady: a cloud is another machine, whose clock is not set with the gateway's. */
  now?: () => number;
  /** Duration of a boot in ms. Reboot, resize, deletion and the rest take a part of it. Default 2500. */
  bootMilliseconds?: number;
  /** The projects that exist. Default: the one of redu's documentation, with its two servers. */
  projects?: readonly ProjectOptions[];
  /** The application credential of the default project; made up unless given. */
  applicationCredential?: { readonly id: string; readonly secret: string };
  /**
   * Whether the boot of a server of this name finds no host: accepted with 202, then ERROR with a fault. Default: names
   * that contain `no-valid-host`. (A second server in an anti-affinity group fails as well: there is one host.)
   */
  failsToBoot?: (name: string) => boolean;
  /**
   * Time in ms in which a deleted server can be restored (Nova's `reclaim_instance_interval`). Default 0: it is gone immediately.
   */
  reclaimMilliseconds?: number;
  /** Nova's microversions, by their second numbers. Default: those of OpenStack 2026.2, 2.1 to 2.104. */
  novaMinors?: Partial<Minors>;
}

export interface RegionOptions {
  readonly name: string;
  /** Types that its catalog lacks, such as `volumev3`. */
  readonly without?: readonly string[];
}

/** A cloud of its own; its data lives as long as the object. */
export interface Sandbox {
  /** Responds to a request to any of the five services. */
  fetch(request: Request): Promise<Response>;
  /** Keystone's URL, for OS_AUTH_URL. */
  readonly authUrl: string;
  /** One per project, in the order of the options. Secrets and passwords are new in every sandbox. */
  readonly accounts: readonly Account[];
  /** Role admin: all tenants, hypervisors, roles, others' quotas. */
  readonly admin: AdminAccount;
  /** The network floating IPs come from, 203.0.113.0/24. */
  readonly publicNetworkId: string;
  /** Ids of the two images, by name. */
  readonly images: { readonly 'ubuntu-22.04-amd64': string; readonly 'debian-12-amd64': string };
}

const EXAMPLE_PROJECT: ProjectOptions = {
  name: 'demo',
  id: EXAMPLE.projectId,
  userId: EXAMPLE.userId,
  userName: 'demo',
  withExampleServers: true,
};

function exampleProject({ applicationCredential }: SandboxOptions): ProjectOptions {
  return { ...EXAMPLE_PROJECT, ...(applicationCredential && { applicationCredential }) };
}

/** Makes a cloud with four flavors, two images, an external network, an administrator and the given projects. */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const baseUrl = options.baseUrl ?? 'http://sandbox.invalid';
  const [{ name, without = [] } = DEFAULT_REGION, ...furtherRegions] = options.regions ?? [DEFAULT_REGION];
  const cloudOptions: CloudOptions = {
    baseUrl,
    now: options.now ?? steadyClock(),
    bootMilliseconds: options.bootMilliseconds ?? 2500,
    failsToBoot: options.failsToBoot ?? ((server) => server.includes('no-valid-host')),
    reclaimMilliseconds: options.reclaimMilliseconds ?? 0,
    novaMinors: { ...MINORS, ...options.novaMinors },
  };
  const cloud = createCloud(cloudOptions);
  addRegion(cloud.identity, { name, baseUrl, without });
  listen(cloud);
  const admin = addAdmin(cloud);
  addImages(cloud, admin.projectId);
  const publicNetworkId = addPublicNetwork(cloud, admin.projectId).id;
  const projects = options.projects ?? [exampleProject(options)];
  const accounts = projects.map((project) => {
    const account = addProject(cloud, { publicNetworkId, adminUserId: admin.userId }, project);
    if (project.withExampleServers) addExampleServers(cloud, account, publicNetworkId);
    addManyServers(cloud, account, project.withManyServers ?? 0, EXAMPLE_IMAGES.ubuntu);
    return account;
  });
  const further = furtherRegions.map((region, index) => {
    const next = createCloud(
      { ...cloudOptions, baseUrl: `${baseUrl}/${encodeURIComponent(region.name)}` },
      cloud,
    );
    addRegion(cloud.identity, { name: region.name, baseUrl: next.baseUrl, without: region.without ?? [] });
    listen(next);
    addImages(next, admin.projectId, false);
    const external = addPublicNetwork(next, admin.projectId, `198.51.${100 + index}`).id;
    accounts.forEach((account, at) => {
      const { projectId: id, projectName, userId } = account;
      addResources(next, { id, name: projectName }, userId, external, projects[at] ?? { name: projectName });
    });
    return next;
  });
  const prefix = new URL(baseUrl).pathname.replace(/\/$/, '');
  return {
    fetch: (request) => dispatch(cloud, further, prefix, request),
    authUrl: cloud.authUrl,
    accounts,
    admin,
    publicNetworkId,
    images: { 'ubuntu-22.04-amd64': EXAMPLE_IMAGES.ubuntu, 'debian-12-amd64': EXAMPLE_IMAGES.debian },
  };
}

const DEFAULT_REGION: RegionOptions = { name: 'RegionOne' };

/** Those of a sandbox that has what its gateway serves; `*`: two. */
export function sandboxRegions(wanted: {
  readonly region: string | null;
  readonly served: readonly string[] | '*';
}): RegionOptions[] {
  const served = wanted.served === '*' ? [DEFAULT_REGION.name, 'RegionTwo'] : wanted.served;
  return [...new Set([wanted.region ?? DEFAULT_REGION.name, ...served])].map((name) => ({ name }));
}

function steadyClock(): () => number {
  const startedAt = wallMs() - monotonicMs();
  return () => Math.floor(startedAt + monotonicMs());
}

/** @param areExamples With the ids of redu's documentation, which one region of a cloud can have. */
function addImages(cloud: Cloud, owner: string, areExamples = true): void {
  const createdAt = Date.parse('2026-02-01T08:00:00Z');
  const add = (example: string, name: string, distribution: string) => {
    const id = areExamples ? example : crypto.randomUUID();
    const properties = { os_distro: distribution, architecture: 'x86_64' };
    cloud.images.set(id, newImage({ id, name, owner, createdAt, properties }));
  };
  add(EXAMPLE_IMAGES.debian, 'debian-12-amd64', 'debian');
  add(EXAMPLE_IMAGES.ubuntu, 'ubuntu-22.04-amd64', 'ubuntu');
}

const SERVICES = { identity: keystone, compute: nova, networking: neutron, image: glance, volume: cinder };

async function dispatch(
  first: Cloud,
  further: readonly Cloud[],
  prefix: string,
  request: Request,
): Promise<Response> {
  first.timeline.settle();
  const url = new URL(request.url);
  const rootOf = ({ baseUrl }: Cloud) => new URL(baseUrl).pathname;
  const region = further.find((one) => url.pathname.startsWith(`${rootOf(one)}/`));
  const cloud = region ?? first;
  const root = region === undefined ? prefix : rootOf(region);
  const path = url.pathname.startsWith(root) ? url.pathname.slice(root.length) : url.pathname;
  const [, name = '', rest = ''] = /^\/([^/]*)(.*)$/.exec(path) ?? [];
  if (!(name in SERVICES) || (region !== undefined && name === 'identity'))
    return json(404, { message: `The sandbox has no service at /${name}` });
  const reply = await SERVICES[name as keyof typeof SERVICES](cloud, request, url, rest);
  if (request.method !== 'HEAD') return reply;
  return new Response(null, { status: reply.status, headers: reply.headers });
}
