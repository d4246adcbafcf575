/**
 * What each route requests of an OpenStack with the caller's credential, so that access rules can be checked before the first call
 * and before a cached response. `test/conformance/sandbox.test.ts` compares it with the calls that were made.
 */

import type { Context } from 'hono';
import type { ServiceCall } from '../../access/access-rules.ts';
import type { Principal } from '../../access/principal.ts';
import { ComputeError } from '../../compute/errors.ts';
import type { GatewayEnv } from '../../context.ts';
import type { RouteDefinition } from '../../http/route.ts';

/** Service, methods and path below the version; in braces a parameter of the route, or an id that depends on the request. */
type Row = readonly string[];

const VERSIONS: Readonly<Record<string, string>> = {
  compute: '/v2.1',
  network: '/v2.0',
  image: '/v2',
  'block-storage': '/v3',
  identity: '/v3',
};

const SERVER = 'compute GET /servers/{id}';
const IMAGES = 'image GET /images';
const IMAGE = 'image GET /images/{image}';
const FLAVORS = 'compute GET /flavors/detail';
const NETWORKS = 'network GET /networks';
const GROUPS = 'network GET /security-groups';
const GROUP = 'network GET /security-groups/{id}';
const PORTS = 'network GET /ports';
const FLOATING_IPS = 'network GET /floatingips';
const SERVER_GROUPS = 'compute GET /os-server-groups';
const KEYPAIRS = 'compute GET /os-keypairs';
const SUBNETS = 'network GET /subnets';
const ROUTERS = 'network GET /routers';
const VOLUME = 'block-storage GET /volumes/{id}';
const REACH: Row = [GROUPS, PORTS, NETWORKS, FLOATING_IPS, SERVER_GROUPS];
/** The marker of a page is read. */
const MARKER: Row = [SERVER, 'compute GET /servers/{id}/os-instance-actions'];
const LIST: Row = ['compute GET /servers/detail', ...MARKER, ...REACH];
const DETAIL: Row = [SERVER, 'compute GET /servers/{id}/os-volume_attachments', ...REACH];
const MAKE_PUBLIC: Row = [
  ...[PORTS, 'network GET,PUT,DELETE /ports/{port}', FLOATING_IPS, 'network POST /floatingips'],
  ...['network GET,PUT,DELETE /floatingips/{floating_ip}', NETWORKS, GROUPS],
  ...['network POST /security-groups', 'network POST /security-group-rules'],
];
const RELEASE: Row = [
  ...[PORTS, 'network DELETE /ports/{port}', FLOATING_IPS, 'network DELETE /floatingips/{floating_ip}'],
];
const FLAGS: Row = [
  ...['compute POST /servers/{instance}/metadata', 'compute DELETE /servers/{instance}/metadata/{key}'],
];
const CREATE: Row = [
  ...['compute POST /servers', 'compute GET /servers/{instance}', FLAVORS, IMAGES, IMAGE, GROUP],
  ...['compute GET /os-server-groups/{group}', 'block-storage GET /volumes/{volume}', 'network POST /ports'],
  ...MAKE_PUBLIC,
];
const CREATE_NETWORK: Row = [
  ...[NETWORKS, PORTS, ROUTERS, SUBNETS, 'network POST /networks', 'network PUT,DELETE /networks/{network}'],
  ...['network POST /subnets', 'network POST /routers', 'network DELETE /routers/{router}'],
  ...['network PUT /routers/{router}/add_router_interface'],
  ...['network PUT /routers/{router}/remove_router_interface'],
];
const ME: Row = ['identity GET /users/{user}'];
const CREDENTIALS = '/users/{user}/application_credentials';

const ROWS: Readonly<Record<string, Row>> = {
  'GET /v1/me': ME,
  'GET /v1/usage': [],
  'GET /v1/config': [],
  'GET /v1/regions': [],
  'GET /v1/events': LIST,
  'GET /v1/api_keys': [`identity GET ${CREDENTIALS}`],
  'GET /v1/api_keys/{id}': [`identity GET ${CREDENTIALS}/{id}`],
  'DELETE /v1/api_keys/{id}': [`identity GET ${CREDENTIALS}`, `identity DELETE ${CREDENTIALS}/{id}`],
  'POST /v1/api_keys/{id}/rotate': [`identity POST ${CREDENTIALS}`],

  'GET /v1/instances': LIST,
  'POST /v1/instances': CREATE,
  'GET /v1/instances/{id}': DETAIL,
  'PATCH /v1/instances/{id}': [
    ...['compute PUT /servers/{id}', 'compute PUT /servers/{id}/tags/{tag}', ...FLAGS, ...DETAIL],
    ...MAKE_PUBLIC,
  ],
  'DELETE /v1/instances/{id}': ['compute GET,DELETE /servers/{id}', ...RELEASE],
  'GET /v1/instances/{id}/events': DETAIL,
  'GET /v1/instances/{id}/actions': [SERVER, 'compute GET /servers/{id}/os-instance-actions'],
  'POST /v1/instances/{id}/actions': [
    ...[SERVER, 'compute POST /servers/{id}/action', 'compute GET /servers/{id}/os-instance-actions'],
    ...[FLAVORS, IMAGES, IMAGE],
  ],
  'GET /v1/instances/{id}/console_log': [SERVER, 'compute POST /servers/{id}/action'],
  'POST /v1/instances/{id}/console': [SERVER, 'compute POST /servers/{id}/remote-consoles'],
  'PUT /v1/instances/{id}/tags': [SERVER, 'compute GET,PUT /servers/{id}/tags'],
  'PUT /v1/instances/{id}/security_groups/{group_id}': [
    ...[SERVER, PORTS, 'network GET,PUT /ports/{port}', 'network GET /security-groups/{group_id}'],
  ],
  'DELETE /v1/instances/{id}/security_groups/{group_id}': [SERVER, PORTS, 'network GET,PUT /ports/{port}'],
  'GET /v1/instances/{id}/networks': [SERVER, PORTS],
  'POST /v1/instances/{id}/networks': [
    ...[SERVER, NETWORKS, PORTS, SUBNETS, 'compute POST /servers/{id}/os-interface'],
  ],
  'DELETE /v1/instances/{id}/networks/{port_id}': [
    ...[SERVER, 'compute DELETE /servers/{id}/os-interface/{port_id}', ...FLAGS, ...RELEASE],
  ],
  'POST /v1/instances/{id}/volumes': [
    ...[SERVER, 'block-storage GET /volumes/{volume}', 'compute POST /servers/{id}/os-volume_attachments'],
  ],
  'DELETE /v1/instances/{id}/volumes/{volume_id}': [
    ...[SERVER, 'block-storage GET /volumes/{volume_id}'],
    ...['compute DELETE /servers/{id}/os-volume_attachments/{volume_id}'],
  ],

  'GET /v1/flavors': [FLAVORS],
  'GET /v1/flavors/{id}': ['compute GET /flavors/{id}'],
  'GET /v1/availability_zones': ['compute GET /os-availability-zone'],
  'GET /v1/hypervisors': ['compute GET /os-hypervisors/detail'],
  'GET /v1/quotas': [
    ...[
      KEYPAIRS,
      'compute GET /os-quota-sets/{project}/detail',
      'block-storage GET /os-quota-sets/{project}',
    ],
    ...['network GET /quotas/{project}/details.json', 'network GET /quotas/{project}'],
  ],

  'GET /v1/images': [IMAGES],
  'POST /v1/images': ['image POST /images'],
  'GET /v1/images/{id}': ['image GET /images/{id}'],
  'PATCH /v1/images/{id}': ['image GET,PATCH /images/{id}'],
  'DELETE /v1/images/{id}': ['image GET,DELETE /images/{id}'],
  'PUT /v1/images/{id}/file': ['image GET /images/{id}', 'image PUT /images/{id}/file'],

  'GET /v1/networks': [NETWORKS],
  'POST /v1/networks': CREATE_NETWORK,
  'GET /v1/networks/{id}': [NETWORKS, PORTS, SUBNETS],
  'DELETE /v1/networks/{id}': [
    ...[NETWORKS, PORTS, ROUTERS, SUBNETS, 'network DELETE /networks/{id}'],
    ...['network PUT /routers/{router}/remove_router_interface'],
  ],
  'GET /v1/floating_ips': [FLOATING_IPS],
  'POST /v1/floating_ips': [
    ...['compute GET /servers/{instance}', FLOATING_IPS, NETWORKS, PORTS, 'network POST /floatingips'],
    ...FLAGS,
  ],
  'GET /v1/floating_ips/{id}': ['network GET /floatingips/{id}'],
  'PATCH /v1/floating_ips/{id}': [
    ...[
      'compute GET /servers/{instance}',
      FLOATING_IPS,
      PORTS,
      'network GET,PUT /floatingips/{id}',
      ...FLAGS,
    ],
  ],
  'DELETE /v1/floating_ips/{id}': ['network GET,DELETE /floatingips/{id}'],

  'GET /v1/keypairs': [KEYPAIRS],
  'POST /v1/keypairs': [KEYPAIRS, 'compute POST /os-keypairs'],
  'GET /v1/keypairs/{name}': ['compute GET /os-keypairs/{name}'],
  'DELETE /v1/keypairs/{name}': ['compute DELETE /os-keypairs/{name}'],

  'GET /v1/security_groups': [GROUPS],
  'POST /v1/security_groups': ['network POST /security-groups'],
  'GET /v1/security_groups/{id}': [GROUP],
  'PATCH /v1/security_groups/{id}': ['network GET,PUT /security-groups/{id}'],
  'DELETE /v1/security_groups/{id}': ['network GET,DELETE /security-groups/{id}'],
  'POST /v1/security_groups/{id}/rules': [
    ...[GROUP, 'network GET /security-groups/{source}', 'network POST /security-group-rules'],
  ],
  'DELETE /v1/security_groups/{id}/rules/{rule_id}': [
    ...[GROUP, 'network DELETE /security-group-rules/{rule_id}'],
  ],

  'GET /v1/server_groups': [SERVER_GROUPS],
  'POST /v1/server_groups': ['compute POST /os-server-groups'],
  'GET /v1/server_groups/{id}': ['compute GET /os-server-groups/{id}'],
  'DELETE /v1/server_groups/{id}': ['compute GET,DELETE /os-server-groups/{id}'],

  'GET /v1/volumes': ['block-storage GET /volumes/detail'],
  'POST /v1/volumes': [
    IMAGES,
    IMAGE,
    'block-storage GET /snapshots/{snapshot}',
    'block-storage POST /volumes',
  ],
  'GET /v1/volumes/{id}': [VOLUME],
  'PATCH /v1/volumes/{id}': ['block-storage GET,PUT /volumes/{id}'],
  'DELETE /v1/volumes/{id}': ['block-storage GET,DELETE /volumes/{id}'],
  'POST /v1/volumes/{id}/actions': [VOLUME, 'block-storage POST /volumes/{id}/action'],
  'GET /v1/volume_snapshots': ['block-storage GET /snapshots/detail'],
  'POST /v1/volume_snapshots': ['block-storage GET /volumes/{volume}', 'block-storage POST /snapshots'],
  'GET /v1/volume_snapshots/{id}': ['block-storage GET /snapshots/{id}'],
  'DELETE /v1/volume_snapshots/{id}': ['block-storage GET,DELETE /snapshots/{id}'],

  'GET /cloud/v1/me': ME,
  'GET /cloud/v1/compute/instances/list': LIST,
  'POST /cloud/v1/compute/instances/create': CREATE,
  'GET /cloud/v1/compute/keypairs': [KEYPAIRS],
  'POST /cloud/v1/compute/keypairs': [KEYPAIRS, 'compute POST /os-keypairs'],
  'GET /cloud/v1/network/security_groups/list': [GROUPS],
};

/** Filters that take a name, which is looked up. */
const BY_QUERY: Readonly<Record<string, Row>> = { flavor: [FLAVORS], image: [IMAGES] };
const FILTERED = ['/v1/instances', '/cloud/v1/compute/instances/list'];

/** All that a route may request; null: it is in no row. */
export function upstreamCallsOf(route: Pick<RouteDefinition, 'method' | 'path'>): Row | null {
  const row = ROWS[`${route.method} ${route.path}`];
  return row === undefined ? null : [...row, ...Object.values(filtersOf(route)).flat()];
}

function filtersOf({ method, path }: Pick<RouteDefinition, 'method' | 'path'>): typeof BY_QUERY {
  return method === 'GET' && FILTERED.includes(path) ? BY_QUERY : {};
}

/**
 * The calls that a route makes in this request.
 *
 * @param query What the route reads of the request's query.
 * @throws ComputeError `forbidden` for a route that is in no row.
 */
export function upstreamCalls(
  route: RouteDefinition,
  c: Context<GatewayEnv>,
  query: Readonly<Record<string, string>>,
): readonly ServiceCall[] {
  const row = ROWS[`${route.method} ${route.path}`];
  if (row === undefined) {
    throw new ComputeError(
      'forbidden',
      'This API key has access rules, which allow no request of this kind.',
    );
  }
  const parameters: Readonly<Record<string, string | undefined>> = {
    ...ownIds(c.get('principal')),
    ...c.req.param(),
  };
  const filters = Object.entries(filtersOf(route)).flatMap(([name, calls]) =>
    query[name] === undefined ? [] : calls,
  );
  return [...row, ...filters].flatMap((text) => callsOf(text, parameters));
}

function ownIds({ projectId, userId }: Principal): Readonly<Record<string, string>> {
  return { project: projectId, ...(userId !== null && { user: userId }) };
}

function callsOf(text: string, parameters: Readonly<Record<string, string | undefined>>): ServiceCall[] {
  const [service = '', methods = '', pattern = ''] = text.split(' ');
  const below = pattern.replaceAll(/\{(\w+)\}/g, (whole, name: string) => parameters[name] ?? whole);
  const version = VERSIONS[service] ?? '';
  const path = version + below;
  const isVolume = service === 'block-storage';
  const otherPath = isVolume ? `${version}/${parameters.project}${below}` : undefined;
  return methods
    .split(',')
    .map((method) => ({ service, method, path, ...(otherPath !== undefined && { otherPath }) }));
}
