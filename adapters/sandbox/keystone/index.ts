/** @module Keystone v3 under `/identity`. */

import type { Cloud } from '../cloud.ts';
import { Fault, json, type Route, router } from '../http.ts';
import {
  createCredential,
  deleteCredential,
  listCredentials,
  showCredential,
} from './application-credentials.ts';
import { type KeystoneCall, keystoneCall } from './call.ts';
import { catalog } from './catalog.ts';
import { faultReply } from './faults.ts';
import { addMember, checkMember, listUserGroups, removeMember } from './groups.ts';
import {
  addTag,
  createProject,
  deleteProject,
  listOwnProjects,
  listProjects,
  listTags,
  listUserProjects,
  showProject,
  updateProject,
} from './projects.ts';
import { RECORD_ROUTES } from './records.ts';
import { assignRole, listAssignments, listRoles, removeRole } from './roles.ts';
import { issueToken, revokeToken, showToken } from './tokens.ts';
import { createUser, deleteUser, listUsers, showUser, updateUser } from './users.ts';

const CREDENTIALS = '/v3/users/:user/application_credentials';
const ROLES = '/v3/projects/:project/users/:user/roles';
const MEMBERSHIP = '/v3/groups/:group/users/:user';

const TABLE: Route<KeystoneCall>[] = [
  ['GET', '', versions],
  ['GET', '/', versions],
  ['GET', '/v3', version],
  ['GET', '/v3/', version],
  ['DELETE', '/v3/auth/tokens', revokeToken],
  ['HEAD', '/v3/auth/tokens', showToken],
  ['POST', '/v3/auth/tokens', issueToken],
  ['GET', '/v3/auth/tokens', showToken],
  ['GET', '/v3/auth/catalog', showCatalog],
  ['GET', '/v3/auth/projects', listOwnProjects],
  ['GET', '/v3/projects', listProjects],
  ['POST', '/v3/projects', createProject],
  ['GET', '/v3/projects/:id', showProject],
  ['PATCH', '/v3/projects/:id', updateProject],
  ['DELETE', '/v3/projects/:id', deleteProject],
  ['GET', '/v3/projects/:id/tags', listTags],
  ['PUT', '/v3/projects/:id/tags/:tag', addTag],
  ['GET', '/v3/users', listUsers],
  ['POST', '/v3/users', createUser],
  ['GET', '/v3/users/:id', showUser],
  ['PATCH', '/v3/users/:id', updateUser],
  ['DELETE', '/v3/users/:id', deleteUser],
  ['GET', '/v3/users/:id/groups', listUserGroups],
  ['GET', '/v3/users/:id/projects', listUserProjects],
  ['GET', MEMBERSHIP, checkMember],
  ['HEAD', MEMBERSHIP, checkMember],
  ['PUT', MEMBERSHIP, addMember],
  ['DELETE', MEMBERSHIP, removeMember],
  ['GET', CREDENTIALS, listCredentials],
  ['POST', CREDENTIALS, createCredential],
  ['GET', `${CREDENTIALS}/:id`, showCredential],
  ['DELETE', `${CREDENTIALS}/:id`, deleteCredential],
  ['GET', '/v3/roles', listRoles],
  ['GET', ROLES, listAssignments],
  ['PUT', `${ROLES}/:role`, assignRole],
  ['DELETE', `${ROLES}/:role`, removeRole],
  ...RECORD_ROUTES,
];

const find = router(TABLE);

const NOT_FOUND_PAGE =
  '<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.</p>\n';

/** Responds to a request whose path below `/identity` is `path`. */
export async function keystone(cloud: Cloud, request: Request, url: URL, path: string): Promise<Response> {
  const reply = await dispatch(cloud, request, url, path);
  reply.headers.set('Vary', 'X-Auth-Token');
  reply.headers.set('x-openstack-request-id', `req-${crypto.randomUUID()}`);
  return reply;
}

async function dispatch(cloud: Cloud, request: Request, url: URL, path: string): Promise<Response> {
  const match = find(request.method, path);
  if ('allowed' in match) {
    if (match.allowed.length === 0) {
      return new Response(NOT_FOUND_PAGE, {
        status: 404,
        headers: { 'Content-Type': 'text/html; charset=utf-8' },
      });
    }
    const allow = ['OPTIONS', ...match.allowed].join(', ');
    return json(405, { message: 'The method is not allowed for the requested URL.' }, { Allow: allow });
  }
  try {
    const self = `${cloud.baseUrl}/identity${path}${url.search}`;
    const call = keystoneCall(cloud, request, url, self, await request.text());
    return await match.handler(call, ...match.values);
  } catch (fault) {
    if (fault instanceof Fault) return faultReply(fault);
    throw fault;
  }
}

function versionDocument(cloud: Cloud) {
  return {
    id: 'v3.14',
    status: 'stable',
    updated: '2020-04-07T00:00:00Z',
    links: [{ rel: 'self', href: `${cloud.baseUrl}/identity/v3/` }],
    'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
  };
}

function versions(call: KeystoneCall): Response {
  const headers = { Location: `${call.cloud.baseUrl}/identity/v3/` };
  return json(300, { versions: { values: [versionDocument(call.cloud)] } }, headers);
}

function version(call: KeystoneCall): Response {
  return json(200, { version: versionDocument(call.cloud) });
}

function showCatalog(call: KeystoneCall): Response {
  const { projectId } = call.principal();
  return json(200, { catalog: catalog(call.cloud, projectId), links: { self: call.self } });
}
