/** @module Nova v2.1 under `/compute`. */

import type { Cloud } from '../cloud.ts';
import { Fault, json, type Route, routedMethod, router, webobError } from '../http.ts';
import type { Principal } from '../keystone/model.ts';
import { isForbiddenWrite } from '../keystone/policy.ts';
import { challenge, principalOf } from '../keystone/principal.ts';
import { act } from './actions.ts';
import type { NovaCall } from './call.ts';
import { createServers } from './create-server.ts';
import { badRequest, disallowed, faultReply, goneAtThisVersion, novaFault } from './faults.ts';
import {
  createFlavor,
  listFlavors,
  listFlavorsWithDetail,
  showExtraSpecs,
  showFlavor,
  updateFlavor,
} from './flavors.ts';
import {
  listAggregates,
  listHypervisors,
  listHypervisorsWithDetail,
  listServices,
  listZones,
  listZonesWithDetail,
  showHypervisor,
  showHypervisorStatistics,
} from './hosts.ts';
import { deleteImage, listImages, listImagesWithDetail, showImage } from './image-proxy.ts';
import { listActions, showAction } from './instance-actions.ts';
import {
  attachInterface,
  detachInterface,
  listAddresses,
  listInterfaces,
  showAddresses,
  showInterface,
} from './interfaces.ts';
import { createKeyPair, deleteKeyPair, listKeyPairs, showKeyPair } from './key-pairs.ts';
import { listServers, listServersWithDetail } from './list-servers.ts';
import { negotiate, versionHeaders } from './microversion.ts';
import { refuseUnknownQuery } from './query.ts';
import {
  showLimits,
  showQuotaClass,
  showQuotaDefaults,
  showQuotaDetail,
  showQuotaSet,
  updateQuotaSet,
} from './quotas.ts';
import { openRemoteConsole } from './remote-consoles.ts';
import { listSecurityGroups, listServerSecurityGroups, showSecurityGroup } from './security-groups.ts';
import { createServerGroup, deleteServerGroup, listServerGroups, showServerGroup } from './server-groups.ts';
import { goneForEver, listShares, showPassword, showTopology } from './server-parts.ts';
import {
  deleteMetadataItem,
  deleteServer,
  deleteTag,
  deleteTags,
  hasTag,
  listMetadata,
  listTags,
  mergeMetadata,
  putMetadataItem,
  putTag,
  replaceMetadata,
  replaceTags,
  showMetadataItem,
  showServer,
  updateServer,
} from './servers.ts';
import { showUsage } from './usage.ts';
import { allVersions, choices, oneVersion } from './versions.ts';
import { createAttachment, deleteAttachment, listAttachments, showAttachment } from './volume-attachments.ts';

const TABLE: Route<NovaCall>[] = [
  ['GET', '/servers', listServers],
  ['POST', '/servers', createServers],
  ['GET', '/servers/detail', listServersWithDetail],
  ['GET', '/servers/:id', showServer],
  ['PUT', '/servers/:id', updateServer],
  ['DELETE', '/servers/:id', deleteServer],
  ['POST', '/servers/:id/action', act],
  ['GET', '/servers/:id/metadata', listMetadata],
  ['PUT', '/servers/:id/metadata', replaceMetadata],
  ['POST', '/servers/:id/metadata', mergeMetadata],
  ['GET', '/servers/:id/metadata/:key', showMetadataItem],
  ['PUT', '/servers/:id/metadata/:key', putMetadataItem],
  ['DELETE', '/servers/:id/metadata/:key', deleteMetadataItem],
  ['GET', '/servers/:id/tags', listTags],
  ['PUT', '/servers/:id/tags', replaceTags],
  ['DELETE', '/servers/:id/tags', deleteTags],
  ['GET', '/servers/:id/tags/:tag', hasTag],
  ['PUT', '/servers/:id/tags/:tag', putTag],
  ['DELETE', '/servers/:id/tags/:tag', deleteTag],
  ['GET', '/servers/:id/ips', listAddresses],
  ['GET', '/servers/:id/ips/:network', showAddresses],
  ['GET', '/servers/:id/os-interface', listInterfaces],
  ['POST', '/servers/:id/os-interface', attachInterface],
  ['GET', '/servers/:id/os-interface/:port', showInterface],
  ['DELETE', '/servers/:id/os-interface/:port', detachInterface],
  ['POST', '/servers/:id/remote-consoles', openRemoteConsole],
  ['GET', '/servers/:id/os-security-groups', listServerSecurityGroups],
  ['GET', '/servers/:id/os-volume_attachments', listAttachments],
  ['POST', '/servers/:id/os-volume_attachments', createAttachment],
  ['GET', '/servers/:id/os-volume_attachments/:volume', showAttachment],
  ['DELETE', '/servers/:id/os-volume_attachments/:volume', deleteAttachment],
  ['POST', '/os-volumes_boot', createServersByOldName],
  ['GET', '/servers/:id/shares', listShares],
  ['GET', '/servers/:id/topology', showTopology],
  ['GET', '/servers/:id/os-server-password', showPassword],
  ['GET', '/servers/:id/os-virtual-interfaces', goneForEver],
  ['GET', '/servers/:id/os-instance-actions', listActions],
  ['GET', '/servers/:id/os-instance-actions/:request', showAction],
  ['GET', '/flavors', listFlavors],
  ['POST', '/flavors', createFlavor],
  ['GET', '/flavors/detail', listFlavorsWithDetail],
  ['GET', '/flavors/:id', showFlavor],
  ['PUT', '/flavors/:id', updateFlavor],
  ['GET', '/flavors/:id/os-extra_specs', showExtraSpecs],
  ['GET', '/images', listImages],
  ['GET', '/images/detail', listImagesWithDetail],
  ['GET', '/images/:id', showImage],
  ['DELETE', '/images/:id', deleteImage],
  ['GET', '/os-keypairs', listKeyPairs],
  ['POST', '/os-keypairs', createKeyPair],
  ['GET', '/os-keypairs/:name', showKeyPair],
  ['DELETE', '/os-keypairs/:name', deleteKeyPair],
  ['GET', '/os-server-groups', listServerGroups],
  ['POST', '/os-server-groups', createServerGroup],
  ['GET', '/os-server-groups/:id', showServerGroup],
  ['DELETE', '/os-server-groups/:id', deleteServerGroup],
  ['GET', '/os-availability-zone', listZones],
  ['GET', '/os-availability-zone/detail', listZonesWithDetail],
  ['GET', '/os-hypervisors', listHypervisors],
  ['GET', '/os-hypervisors/detail', listHypervisorsWithDetail],
  ['GET', '/os-hypervisors/statistics', showHypervisorStatistics],
  ['GET', '/os-hypervisors/:id', showHypervisor],
  ['GET', '/os-simple-tenant-usage/:project', showUsage],
  ['GET', '/os-quota-class-sets/:name', showQuotaClass],
  ['GET', '/os-quota-sets/:project', showQuotaSet],
  ['PUT', '/os-quota-sets/:project', updateQuotaSet],
  ['GET', '/os-quota-sets/:project/detail', showQuotaDetail],
  ['GET', '/os-quota-sets/:project/defaults', showQuotaDefaults],
  ['GET', '/os-services', listServices],
  ['GET', '/os-aggregates', listAggregates],
  ['GET', '/os-floating-ips', retired],
  ['GET', '/os-security-groups', listSecurityGroups],
  ['GET', '/os-security-groups/:id', showSecurityGroup],
  ['GET', '/os-networks', retired],
  ['GET', '/os-tenant-networks', retired],
  ['GET', '/limits', showLimits],
  ['GET', '/extensions', () => json(200, { extensions: [] })],
];

const find = router(TABLE);

/** Responds to a request whose path below `/compute` is `path`. */
export async function nova(cloud: Cloud, request: Request, url: URL, path: string): Promise<Response> {
  const requestId = `req-${crypto.randomUUID()}`;
  const reply = await dispatch(cloud, request, url, path, requestId);
  reply.headers.set('X-Openstack-Request-Id', requestId);
  reply.headers.set('X-Compute-Request-Id', requestId);
  return reply;
}

async function dispatch(
  cloud: Cloud,
  request: Request,
  url: URL,
  path: string,
  requestId: string,
): Promise<Response> {
  const [, version, rest] = /^\/(v2\.1|v2)(\/.*)?$/.exec(path) ?? [];
  if (path === '' || path === '/') return allVersions(cloud);
  if (version === undefined) return choices(cloud, path);
  if (request.method === 'GET' && (rest === undefined || rest === '/')) {
    return versionDocument(cloud, request, version);
  }
  const principal = principalOf(cloud, request, { type: 'compute', path });
  if (!principal) {
    const message = 'The request you have made requires authentication.';
    return json(401, { error: { code: 401, title: 'Unauthorized', message } }, challenge(cloud));
  }
  const self = `${cloud.baseUrl}/compute${path}`;
  const call = { cloud, request, query: url.searchParams, principal, self, requestId };
  return routed(call, rest ?? '/');
}

/** Nova's other windows on Neutron end with 2.35 too, and the sandbox has them at no version. */
function retired(): Response {
  throw goneAtThisVersion();
}

/** POST /os-volumes_boot, up to 2.102. */
function createServersByOldName(call: NovaCall): Response {
  if (call.minor >= 103) throw goneAtThisVersion();
  return createServers(call);
}

function versionDocument(cloud: Cloud, request: Request, version: string): Response {
  try {
    return oneVersion(
      cloud,
      version,
      version === 'v2' ? {} : versionHeaders(`2.${negotiate(cloud.novaMinors, request.headers)}`),
    );
  } catch (fault) {
    if (fault instanceof Fault) return faultReply(fault);
    throw fault;
  }
}

type RoutedCall = Omit<NovaCall, 'minor' | 'text'>;

async function routed(call: RoutedCall, path: string): Promise<Response> {
  const { request, principal } = call;
  const below = withoutProject(principal, path);
  const method = await routedMethod(request, new URL(request.url));
  const match = find(method, below.path);
  if ('allowed' in match) return webobError(request, 404, 'The resource could not be found.');
  try {
    const minor = negotiate(call.cloud.novaMinors, request.headers);
    const reply = await handled(async () => {
      if (below.foreign) throw foreignPath(principal, below.foreign);
      if (request.method === 'GET') refuseUnknownQuery(below.path, minor, call.query);
      if (isForbiddenWrite(method, principal)) refuseWrite(method, below.path);
      const text = await request.text();
      refuseMediaType(request, text);
      return match.handler({ ...call, minor, text }, ...match.values);
    });
    for (const [name, value] of Object.entries(versionHeaders(`2.${minor}`))) reply.headers.set(name, value);
    return reply;
  } catch (fault) {
    if (fault instanceof Fault) return faultReply(fault);
    throw fault;
  }
}

async function handled(work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    // A refusal of Neutron, of a quota for example, becomes Nova's own error.
    return faultReply(
      fault.kind in FROM_NEUTRON ? novaFault(FROM_NEUTRON[fault.kind] ?? 400, fault.message) : fault,
    );
  }
}

const FROM_NEUTRON: Record<string, number> = {
  OverQuota: 403,
  IpAddressGenerationFailure: 400,
  InvalidIpForNetwork: 400,
};

/** Key pairs are the user's own. @throws Fault 403 */
function refuseWrite(method: string, path: string): void {
  const [, collection = '', , part] = path.split('/');
  if (collection === 'os-keypairs') return;
  const verb = { POST: 'create', PUT: 'update', DELETE: 'delete' }[method] ?? method;
  throw disallowed(`${part === undefined || part === 'action' ? collection : `os-${part}`}:${verb}`);
}

/** `/{project}/servers` is as good as `/servers` for one's own project. */
function withoutProject(principal: Principal, path: string): { path: string; foreign?: string } {
  const [, project, rest] = /^\/([0-9a-f]{32})(\/.*)$/.exec(path) ?? [];
  if (project === undefined || rest === undefined) return { path };
  return project === principal.projectId ? { path: rest } : { path: rest, foreign: project };
}

function foreignPath(principal: Principal, project: string): Fault {
  const ids = `URL's project_id '${project}' doesn't match Context's project_id '${principal.projectId}'`;
  return badRequest(`Malformed request URL: ${ids}`);
}

function refuseMediaType(request: Request, text: string): void {
  if (text === '' || !['POST', 'PUT', 'PATCH'].includes(request.method)) return;
  const type = request.headers.get('Content-Type') ?? 'application/json';
  if (!/^(application\/(vnd\.openstack\.compute\+)?json|text\/plain)\b/.test(type)) {
    throw novaFault(415, 'Unsupported Content-Type');
  }
}
