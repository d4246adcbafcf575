/** @module Cinder v3 under `/volume`. */

import type { Cloud } from '../cloud.ts';
import { Fault, type Fields, json, type Route, routedMethod, router } from '../http.ts';
import { isForbiddenWrite } from '../keystone/policy.ts';
import { challenge, principalOf } from '../keystone/principal.ts';
import { badRequest, notFound, novaFault } from '../nova/faults.ts';
import { type CinderCall, faultReply, unrouted } from './call.ts';
import { createVolume } from './create-volume.ts';
import { DEFAULT_TYPE } from './model.ts';
import { showLimits, showQuotaSet, updateQuotaSet } from './quotas.ts';
import {
  createSnapshot,
  deleteSnapshot,
  listSnapshots,
  listSnapshotsWithDetail,
  showSnapshot,
  updateSnapshot,
} from './snapshots.ts';
import {
  actOnVolume,
  deleteVolume,
  listVolumes,
  listVolumesWithDetail,
  showVolume,
  updateVolume,
} from './volumes.ts';

const NEWEST_MINOR = 70;

const TABLE: Route<CinderCall>[] = [
  ['GET', '/volumes', listVolumes],
  ['POST', '/volumes', createVolume],
  ['GET', '/volumes/detail', listVolumesWithDetail],
  ['GET', '/volumes/:id', showVolume],
  ['PUT', '/volumes/:id', updateVolume],
  ['DELETE', '/volumes/:id', deleteVolume],
  ['POST', '/volumes/:id/action', actOnVolume],
  ['GET', '/snapshots', listSnapshots],
  ['POST', '/snapshots', createSnapshot],
  ['GET', '/snapshots/detail', listSnapshotsWithDetail],
  ['GET', '/snapshots/:id', showSnapshot],
  ['PUT', '/snapshots/:id', updateSnapshot],
  ['DELETE', '/snapshots/:id', deleteSnapshot],
  ['GET', '/types', (call) => json(200, { volume_types: [typeView(call.cloud, true)] })],
  ['GET', '/types/:id', showType],
  [
    'GET',
    '/os-availability-zone',
    () => json(200, { availabilityZoneInfo: [{ zoneName: 'nova', zoneState: { available: true } }] }),
  ],
  ['GET', '/os-quota-sets/:project', showQuotaSet],
  ['PUT', '/os-quota-sets/:project', updateQuotaSet],
  ['GET', '/limits', showLimits],
  ['GET', '/extensions', () => json(200, { extensions: [] })],
  ['GET', '/backups', () => json(200, { backups: [] })],
  ['GET', '/backups/detail', () => json(200, { backups: [] })],
];

const find = router(TABLE);

function typeView(cloud: Cloud, inList: boolean): Fields {
  return {
    id: cloud.blockStorage.typeId,
    name: DEFAULT_TYPE,
    is_public: true,
    description: 'Default Volume Type',
    ...(inList && { 'os-volume-type-access:is_public': true }),
  };
}

function showType(call: CinderCall, id: string): Response {
  if (id !== 'default' && id !== call.cloud.blockStorage.typeId)
    throw notFound(`Volume type ${id} could not be found.`);
  return json(200, { volume_type: typeView(call.cloud, false) });
}

/** Responds to a request whose path below `/volume` is `path`. */
export async function cinder(cloud: Cloud, request: Request, url: URL, path: string): Promise<Response> {
  const requestId = `req-${crypto.randomUUID()}`;
  const reply = await dispatch(cloud, request, url, path);
  reply.headers.set('X-Openstack-Request-Id', requestId);
  reply.headers.set('X-Compute-Request-Id', requestId);
  return reply;
}

async function dispatch(cloud: Cloud, request: Request, url: URL, path: string): Promise<Response> {
  if (path === '' || path === '/') return json(300, versions(cloud));
  const principal = principalOf(cloud, request, { type: 'volumev3', path });
  if (!principal) {
    const message = 'The request you have made requires authentication.';
    return json(401, { error: { code: 401, title: 'Unauthorized', message } }, challenge(cloud));
  }
  const [, below] = /^\/v3(\/.*)?$/.exec(path) ?? [];
  if (/^\/v3\/?$/.test(path)) return json(200, versions(cloud));
  const [, project, rest = below ?? ''] = /^\/([0-9a-f]{32})(\/.*)$/.exec(below ?? '') ?? [];
  const match = find(await routedMethod(request, url), rest);
  if ('allowed' in match) return unrouted();
  try {
    const minor = negotiate(request.headers);
    const reply = await handled(async () => {
      if (project !== undefined && project !== principal.projectId) throw badRequest('Malformed request url');
      const self = `${cloud.baseUrl}/volume${path}`;
      const call = { cloud, principal, query: url.searchParams, minor, self, text: await request.text() };
      if (isForbiddenWrite(request.method, principal)) await refuseWrite(call, rest);
      return match.handler(call, ...match.values);
    });
    reply.headers.set('OpenStack-API-Version', `volume 3.${minor}`);
    reply.headers.set('Vary', 'OpenStack-API-Version');
    return reply;
  } catch (fault) {
    if (fault instanceof Fault) return faultReply(fault);
    throw fault;
  }
}

/** What the caller cannot see is missing rather than forbidden. @throws Fault 403 or 404 */
async function refuseWrite(call: CinderCall, path: string): Promise<never> {
  const [, collection = '', id] = path.split('/');
  const shown = find('GET', `/${collection}/${id}`);
  if (id !== undefined && 'handler' in shown) await shown.handler(call, ...shown.values);
  throw novaFault(403, "Policy doesn't allow volume:write to be performed.");
}

async function handled(work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (fault) {
    if (fault instanceof Fault) return faultReply(fault);
    throw fault;
  }
}

/** The second number of the requested microversion; 0 when the request names none. @throws Fault 406 */
function negotiate(headers: Headers): number {
  const [, version] = /(?:^|,)\s*volume\s+([^,\s]+)/i.exec(headers.get('OpenStack-API-Version') ?? '') ?? [];
  if (version === undefined) return 0;
  if (version === 'latest') return NEWEST_MINOR;
  const [, minor] = /^3\.(\d+)$/.exec(version) ?? [];
  if (minor !== undefined && Number(minor) <= NEWEST_MINOR) return Number(minor);
  const range = `Minimum is 3.0 and maximum is 3.${NEWEST_MINOR}.`;
  throw new Fault(406, 'computeFault', `Version ${version} is not supported by the API. ${range}`);
}

function versions(cloud: Cloud): Fields {
  const version = {
    id: 'v3.0',
    status: 'CURRENT',
    version: `3.${NEWEST_MINOR}`,
    min_version: '3.0',
    updated: '2022-08-31T00:00:00Z',
    links: [
      { rel: 'describedby', type: 'text/html', href: 'https://docs.openstack.org/' },
      { rel: 'self', href: `${cloud.baseUrl}/volume/v3/` },
    ],
    'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.volume+json;version=3' }],
  };
  return { versions: [version] };
}
