/**
 * Keystone v3, as much of it as clients ask of one whose users have one project each: the project of their API key.
 *
 * @module
 */

import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { callContext } from '../../../access/access.ts';
import { ComputeError } from '../../../compute/errors.ts';
import type { GatewayEnv } from '../../../context.ts';
import { methodNotAllowed } from '../../../http/method-not-allowed.ts';
import { authenticateToken } from '../authenticate.ts';
import { novaErrorResponse } from '../errors.ts';
import { SERVICE_ENDPOINTS } from '../services.ts';
import type { NovaSession } from '../session.ts';
import { catalogOf } from './catalog.ts';
import { type IdentityPorts, issueToken, revokeToken, showToken } from './tokens.ts';

const ADMIN_COLLECTIONS = [
  '/v3/users',
  '/v3/roles',
  '/v3/services',
  '/v3/endpoints',
  '/v3/groups',
  '/v3/role_assignments',
  '/v3/role_inferences',
  '/v3/policies',
  '/v3/OS-TRUST/trusts',
  '/v3/OS-FEDERATION/identity_providers',
  '/v3/OS-OAUTH1/consumers',
  '/v3/OS-EP-FILTER/endpoint_groups',
];
const ADMIN_ITEMS = ['/v3/services/:id', '/v3/endpoints/:id', '/v3/groups/:id', '/v3/policies/:id'];

/** To be mounted at `/identity`. */
export function identityFacade(
  ports: IdentityPorts,
  limited: MiddlewareHandler<GatewayEnv>,
): Hono<GatewayEnv> {
  const { access, tokens } = ports;
  const base = (c: Context) => ports.publicUrl(c) + SERVICE_ENDPOINTS.identity.prefix;
  const links = (c: Context) => ({
    self: base(c) + c.req.path.slice(SERVICE_ENDPOINTS.identity.prefix.length),
  });
  const listLinks = (c: Context) => ({ next: null, ...links(c), previous: null });
  const session = (c: Context<GatewayEnv>) =>
    ports.openSession(c.var.principal.credential, callContext(c, access.timeoutMs));
  const project = async (c: Context<GatewayEnv>) => projectView((await session(c)).project, base(c));
  const user = async (c: Context<GatewayEnv>) => userView((await session(c)).user, base(c));
  const known = [authenticateToken(access, tokens), limited] as const;
  const domain = async (c: Context<GatewayEnv>) => domainView((await session(c)).project.domain, base(c));

  const router = new Hono<GatewayEnv>({ strict: false });
  router.get('/', (c) => c.json({ versions: { values: [versionDocument(base(c))] } }, 300));
  router.get('/v3', (c) => c.json({ version: versionDocument(base(c)) }));
  router.post('/v3/auth/tokens', issueToken(ports, limited));
  router.get('/v3/auth/tokens', ...known, showToken(ports));
  router.delete('/v3/auth/tokens', ...known, revokeToken(ports));
  router.get('/v3/auth/catalog', ...known, async (c) =>
    c.json({ catalog: catalogOf(await session(c), ports.publicUrl(c)), links: links(c) }),
  );
  router.get('/v3/auth/projects', ...known, async (c) =>
    c.json({ projects: [await project(c)], links: listLinks(c) }),
  );
  router.get('/v3/auth/domains', ...known, (c) => c.json({ domains: [], links: listLinks(c) }));
  router.get('/v3/auth/system', ...known, (c) => c.json({ system: [], links: listLinks(c) }));
  router.get('/v3/projects', ...known, async (c) =>
    c.json({ projects: [namedOrForbidden(c, await project(c))], links: listLinks(c) }),
  );
  router.get('/v3/projects/:id', ...known, async (c) =>
    c.json({ project: ownOrForbidden(c, await project(c)) }),
  );
  router.get('/v3/users/:id', ...known, async (c) => c.json({ user: ownOrForbidden(c, await user(c)) }));
  router.get('/v3/users/:id/projects', ...known, async (c) => {
    ownOrForbidden(c, await user(c));
    return c.json({ projects: filterByName(c, await project(c)), links: listLinks(c) });
  });
  router.get('/v3/domains', ...known, async (c) =>
    c.json({ domains: [namedOrForbidden(c, await domain(c))], links: listLinks(c) }),
  );
  router.get('/v3/domains/:id', ...known, async (c) =>
    c.json({ domain: ownOrForbidden(c, await domain(c)) }),
  );
  // Collections that Keystone keeps from members; whether one of their things exists is not shown.
  router.on(['GET', 'POST'], ADMIN_COLLECTIONS, ...known, forbidden);
  router.on(['GET', 'PATCH', 'DELETE'], ADMIN_ITEMS, ...known, forbidden);
  router.on('POST', ['/v3/projects', '/v3/domains'], ...known, forbidden);
  router.on(
    ['PATCH', 'DELETE'],
    ['/v3/projects/:id', '/v3/domains/:id', '/v3/users/:id'],
    ...known,
    forbidden,
  );
  return methodNotAllowed(router, (error, c) => novaErrorResponse(error, c, ports.publicUrl(c)));
}

function versionDocument(base: string): object {
  return {
    id: 'v3.14',
    status: 'stable',
    updated: '2020-04-07T00:00:00Z',
    links: [{ rel: 'self', href: `${base}/v3/` }],
    'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
  };
}

function projectView({ id, name, domain }: NovaSession['project'], base: string) {
  return {
    id,
    name,
    domain_id: domain.id,
    parent_id: domain.id,
    description: '',
    enabled: true,
    is_domain: false,
    tags: [],
    options: {},
    links: { self: `${base}/v3/projects/${id}` },
  };
}

function userView({ id, name, domain }: NovaSession['user'], base: string) {
  return { id, name, domain_id: domain.id, enabled: true, links: { self: `${base}/v3/users/${id}` } };
}

function domainView({ id, name }: NovaSession['project']['domain'], base: string) {
  return {
    id,
    name,
    description: '',
    enabled: true,
    options: {},
    links: { self: `${base}/v3/domains/${id}` },
  };
}

/** @throws ComputeError `forbidden` unless the path names this very thing; whether others exist is not told. */
function ownOrForbidden<T extends { readonly id: string }>(c: Context, thing: T): T {
  return c.req.param('id') === thing.id ? thing : forbidden();
}

/**
 * The one thing of a list that Keystone keeps from members: without a filter, or with one that names it. Clients take 403 for
 * "may not look it up" and go on with the id that they were given, but an empty list for "does not exist".
 *
 * @throws ComputeError `forbidden` for any other filter.
 */
function namedOrForbidden<
  T extends { readonly id: string; readonly name: string; readonly domain_id?: string },
>(c: Context, thing: T): T {
  const { name, domain_id: domainId, ...others } = c.req.query();
  const isUnfiltered = name === undefined && domainId === undefined && Object.keys(others).length === 0;
  const isNamed = name === thing.name && (domainId === undefined || domainId === thing.domain_id);
  const asksForMore = FILTERS.some((filter) => filter in others);
  return isUnfiltered || (isNamed && !asksForMore) ? thing : forbidden();
}

/** What else Keystone narrows lists of projects and domains by. */
const FILTERS = ['parent_id', 'user_id', 'is_domain', 'tags', 'tags-any', 'not-tags', 'not-tags-any'];

function forbidden(): never {
  throw new ComputeError('forbidden', 'You are not authorized to perform the requested action.');
}

/** A list of one, unless `?name=` asks for another. */
function filterByName<T extends { readonly name: string }>(c: Context, thing: T): T[] {
  const name = c.req.query('name');
  return name === undefined || name === thing.name ? [thing] : [];
}
