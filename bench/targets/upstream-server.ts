/**
 * As much of an OpenStack as reading instances takes, as fast as Node can: ready-made bytes in the shapes of a real one.
 * Every project has its own servers. `POST /bench/change?project=P&count=N` changes N instances of it; `GET /bench/calls` reports
 * the requests and how many bytes they took.
 *
 * @module
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { NETWORK_ID, ProjectServers } from '../targets/project-servers.ts';

const [instancesPerProject = '10'] = process.argv.slice(2);
/** Nova's `osapi_max_limit`. */
const PAGE = 1000;
const projects = new Map<string, ProjectServers>();
const calls = { count: 0, bytes: 0, paths: [] as string[] };
let base = '';

const server = createServer((request, response) => {
  respond(request, response).catch((error) => {
    console.error(error);
    send(response, 500, '{}');
  });
});

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const target = request.url ?? '/';
  const single = target.startsWith('/compute/v2.1/servers/') && !target.includes('?');
  const project = String(request.headers['x-auth-token'] ?? '');
  if (single && !target.endsWith('/detail')) {
    const server = serversOf(project).server(target.slice('/compute/v2.1/servers/'.length));
    return server === null
      ? count(response, 404, '{"itemNotFound":{"code":404,"message":"Instance could not be found."}}', target)
      : count(response, 200, server, target);
  }
  const url = new URL(target, base);
  if (url.pathname.startsWith('/compute/v2.1/servers/detail')) {
    return count(response, 200, serversOf(project).page(url, PAGE), target);
  }
  if (url.pathname === '/compute/v2.1/os-server-groups')
    return count(response, 200, '{"server_groups":[]}', target);
  if (url.pathname === '/networking/v2.0/security-groups')
    return count(response, 200, GROUPS(project), target);
  if (url.pathname === '/networking/v2.0/ports')
    return count(response, 200, serversOf(project).ports(url, GROUP_ID), target);
  if (url.pathname === '/networking/v2.0/networks') return count(response, 200, NETWORKS(project), target);
  if (url.pathname === '/networking/v2.0/floatingips')
    return count(response, 200, '{"floatingips":[]}', target);
  if (url.pathname === '/identity/v3/auth/tokens') return signIn(request, response);
  if (url.pathname.replace(/\/$/, '') === '/compute/v2.1') return send(response, 200, VERSION);
  if (url.pathname === '/bench/calls') return send(response, 200, JSON.stringify(calls));
  if (url.pathname === '/bench/change') {
    serversOf(url.searchParams.get('project') ?? '').change(Number(url.searchParams.get('count')));
    return send(response, 204, '');
  }
  return send(response, 200, '{}');
}

function serversOf(project: string): ProjectServers {
  const known = projects.get(project);
  if (known !== undefined) return known;
  const servers = new ProjectServers(project, Number(instancesPerProject), base);
  projects.set(project, servers);
  return servers;
}

function count(response: ServerResponse, status: number, body: string, target: string): void {
  calls.count += 1;
  calls.bytes += body.length;
  if (calls.paths.length < 100) calls.paths.push(target);
  send(response, status, body);
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

const GROUP_ID = 'f0a9a3c5-5b0e-4f3f-9d7e-0a3b0c1d2e3f';

const NETWORKS = (project: string) =>
  JSON.stringify({
    networks: [
      {
        id: NETWORK_ID,
        name: 'private',
        status: 'ACTIVE',
        'router:external': false,
        shared: false,
        is_default: false,
        project_id: project,
        tenant_id: project,
        subnets: [],
      },
    ],
  });

const GROUPS = (project: string) =>
  JSON.stringify({
    security_groups: [
      {
        id: GROUP_ID,
        name: 'default',
        project_id: project,
        tenant_id: project,
        description: 'Default security group',
        shared: false,
        security_group_rules: [],
        created_at: '2026-01-01T00:00:00Z',
        updated_at: '2026-01-01T00:00:00Z',
        revision_number: 1,
        stateful: true,
        tags: [],
      },
    ],
  });

const VERSION = JSON.stringify({
  version: { id: 'v2.1', status: 'CURRENT', version: '2.96', min_version: '2.1', links: [] },
});

/** The token is the project's id. A sign-in names the project, or an application credential of the same id. */
async function signIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const id = /"(?:id|project_id)":"([0-9a-f]{32})"/.exec(body)?.[1] ?? '0'.repeat(32);
  const endpoint = (url: string) => [
    { interface: 'public', region: 'RegionOne', region_id: 'RegionOne', url },
  ];
  const token = {
    methods: ['application_credential'],
    expires_at: new Date(Date.now() + 86_400_000).toISOString(),
    issued_at: new Date().toISOString(),
    user: { id, name: 'bench', domain: { id: 'default', name: 'Default' } },
    project: { id, name: 'bench', domain: { id: 'default', name: 'Default' } },
    roles: [{ id: '0'.repeat(32), name: 'member' }],
    catalog: [
      { type: 'identity', name: 'keystone', endpoints: endpoint(`${base}/identity/v3`) },
      { type: 'compute', name: 'nova', endpoints: endpoint(`${base}/compute/v2.1`) },
      { type: 'network', name: 'neutron', endpoints: endpoint(`${base}/networking`) },
      { type: 'image', name: 'glance', endpoints: endpoint(`${base}/image`) },
    ],
  };
  send(response, 201, JSON.stringify({ token }), { 'x-subject-token': id });
}

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') return;
  base = `http://127.0.0.1:${address.port}`;
  console.log(`listens on ${address.port}`);
});
process.on('SIGTERM', () => process.exit(0));
