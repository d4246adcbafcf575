/** @module Glance v2 under `/image`. */

import type { Cloud } from '../cloud.ts';
import { Fault, json, type Route, routedMethod, router, webobError } from '../http.ts';
import { isForbiddenWrite } from '../keystone/policy.ts';
import { challenge, principalOf } from '../keystone/principal.ts';
import { downloadData, uploadData } from './data.ts';
import { addImageTag, createImage, deleteImage, deleteImageTag, patchImage } from './image-writes.ts';
import { type GlanceCall, listImages, showImage } from './images.ts';
import { addMember, deleteMember, listMembers, showMember, updateMember } from './members.ts';

const TABLE: Route<GlanceCall>[] = [
  ['GET', '/v2/images', listImages],
  ['POST', '/v2/images', createImage],
  ['GET', '/v2/images/:id', showImage],
  ['PATCH', '/v2/images/:id', patchImage],
  ['DELETE', '/v2/images/:id', deleteImage],
  ['PUT', '/v2/images/:id/file', uploadData],
  ['GET', '/v2/images/:id/file', downloadData],
  ['PUT', '/v2/images/:id/tags/:tag', addImageTag],
  ['DELETE', '/v2/images/:id/tags/:tag', deleteImageTag],
  ['GET', '/v2/images/:id/members', listMembers],
  ['POST', '/v2/images/:id/members', addMember],
  ['GET', '/v2/images/:id/members/:project', showMember],
  ['PUT', '/v2/images/:id/members/:project', updateMember],
  ['DELETE', '/v2/images/:id/members/:project', deleteMember],
];

const find = router(TABLE);
const NEWEST_MINOR = 16;
const UNAUTHORIZED =
  'This server could not verify that you are authorized to access the document you requested. Either you supplied the wrong credentials (e.g., bad password), or your browser does not understand how to supply the credentials required.';

/** Responds to a request whose path below `/image` is `path`. */
export async function glance(cloud: Cloud, request: Request, url: URL, path: string): Promise<Response> {
  const reply = await dispatch(cloud, request, url, path);
  reply.headers.set('X-Openstack-Request-Id', `req-${crypto.randomUUID()}`);
  return reply;
}

async function dispatch(cloud: Cloud, request: Request, url: URL, path: string): Promise<Response> {
  if (path === '' || path === '/') return json(300, versions(cloud));
  if (path === '/versions') return json(200, versions(cloud));
  const principal = principalOf(cloud, request, { type: 'image', path });
  // Without any token Glance does not name Keystone's address.
  const where = request.headers.get('X-Auth-Token') ? challenge(cloud) : {};
  if (!principal) return webobError(request, 401, UNAUTHORIZED, where);
  const match = find(await routedMethod(request, url), path);
  if ('allowed' in match) return unrouted(request, match.allowed);
  try {
    const call = { cloud, request, principal, query: url.searchParams };
    if (isForbiddenWrite(request.method, principal)) await refuseWrite(call, path);
    return await match.handler(call, ...match.values);
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    const tail = fault.status === 415 ? '<br /><br />\n' : undefined;
    return webobError(request, fault.status, fault.message, fault.headers, tail);
  }
}

/** What the caller cannot see is missing rather than forbidden. @throws Fault 403 or 404 */
async function refuseWrite(call: GlanceCall, path: string): Promise<never> {
  const [, , , id] = path.split('/');
  if (id !== undefined) await showImage(call, id);
  const verb = { POST: 'add', DELETE: 'delete' }[call.request.method] ?? 'modify';
  throw new Fault(403, 'Forbidden', `You are not authorized to complete ${verb}_image action.`);
}

function unrouted(request: Request, allowed: string[]): Response {
  if (allowed.length === 0) return webobError(request, 404, 'The resource could not be found.');
  const message = `The method ${request.method} is not allowed for this resource. `;
  return webobError(request, 405, message, { Allow: allowed.join(', ') }, '<br /><br />\n');
}

function versions(cloud: Cloud): unknown {
  const links = [{ rel: 'self', href: `${cloud.baseUrl}/image/v2/` }];
  const minors = Array.from({ length: NEWEST_MINOR + 1 }, (_, index) => NEWEST_MINOR - index);
  return {
    versions: minors.map((minor) => ({
      id: `v2.${minor}`,
      status: minor === NEWEST_MINOR ? 'CURRENT' : 'SUPPORTED',
      links,
    })),
  };
}
