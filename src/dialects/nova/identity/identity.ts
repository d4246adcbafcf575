/**
 * The part of Keystone v3 that is the gateway's: signing in, and the key's own project and user, as of a Keystone in which each
 * user has one project. The rest is the cloud's Keystone, as far as the caller may reach it.
 */

import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { callContext } from '../../../access/access.ts';
import { ComputeError } from '../../../compute/errors.ts';
import type { GatewayEnv } from '../../../context.ts';
import { methodNotAllowed } from '../../../http/method-not-allowed.ts';
import { identityRules } from '../access-rules.ts';
import { authenticateToken } from '../authenticate.ts';
import { novaErrorResponse } from '../errors.ts';
import { SERVICE_ENDPOINTS } from '../services.ts';
import type { NovaSession } from '../session.ts';
import { applicationCredentials } from './application-credentials.ts';
import { catalogOf } from './catalog.ts';
import { isKeystoneCollection } from './keystone-paths.ts';
import { type IdentityPorts, issueToken, revokeToken, showToken } from './tokens.ts';

/** Mounted at `/identity`. */
export function identityFacade(
  ports: IdentityPorts,
  limited: MiddlewareHandler<GatewayEnv>,
  /** Passes on what the cloud's own Keystone responds to; null: the cloud has none. */
  keystone: MiddlewareHandler<GatewayEnv> | null,
): Hono<GatewayEnv> {
  const { access, tokens } = ports;
  const base = (c: Context) => ports.publicUrl(c) + SERVICE_ENDPOINTS.identity.prefix;
  const self = (c: Context) => ({
    self: base(c) + c.req.path.slice(SERVICE_ENDPOINTS.identity.prefix.length),
  });
  const listLinks = (c: Context) => ({ next: null, ...self(c), previous: null });
  const session = (c: Context<GatewayEnv>) =>
    ports.openSession(c.var.principal.credential, callContext(c, access.upstreamBudgetMs));

  const router = new Hono<GatewayEnv>({ strict: false });
  const get = (path: string, body: (session: NovaSession, c: Context<GatewayEnv>) => object) =>
    router.get(path, async (c) => c.json(body(await session(c), c)));
  const list = (path: string, name: string, items: (session: NovaSession, c: Context) => readonly object[]) =>
    get(path, (found, c) => ({ [name]: items(found, c), links: listLinks(c) }));
  const empty = (path: string, name: string) =>
    router.get(path, (c) => c.json({ [name]: [], links: listLinks(c) }));
  const project = (found: NovaSession, c: Context) => projectView(found.project, base(c));
  const user = (found: NovaSession, c: Context) => userView(found.user, base(c));
  const domain = (found: NovaSession, c: Context) => domainView(found.project.domain, base(c));

  router.get('/', (c) => c.json({ versions: { values: [versionDocument(base(c))] } }, 300));
  router.get('/v3', (c) => c.json({ version: versionDocument(base(c)) }));
  router.post('/v3/auth/tokens', issueToken(ports, limited));
  router.use('/v3/*', authenticateToken(access, tokens).handle, limited, identityRules);
  if (keystone !== null) router.use('/v3/*', keystone);
  router.get('/v3/auth/tokens', (c) => showToken(ports, c));
  router.delete('/v3/auth/tokens', (c) => revokeToken(ports, c));
  get('/v3/auth/catalog', (found, c) => ({
    catalog: catalogOf(found, c.var.principal.regions, ports.publicUrl(c)),
    links: self(c),
  }));
  for (const group of ['auth', 'OS-FEDERATION']) {
    list(`/v3/${group}/projects`, 'projects', (found, c) => [project(found, c)]);
    empty(`/v3/${group}/domains`, 'domains');
  }
  empty('/v3/auth/system', 'system');
  list('/v3/projects', 'projects', (found, c) => [namedOrForbidden(c, project(found, c))]);
  get('/v3/projects/:id', (found, c) => ({ project: ownOrForbidden(c, project(found, c)) }));
  get('/v3/users/:id', (found, c) => ({ user: ownOrForbidden(c, user(found, c)) }));
  list('/v3/users/:id/projects', 'projects', (found, c) => {
    ownOrForbidden(c, user(found, c));
    return filterByName(c, project(found, c));
  });
  list('/v3/domains', 'domains', (found, c) => [namedOrForbidden(c, domain(found, c))]);
  get('/v3/domains/:id', (found, c) => ({ domain: ownOrForbidden(c, domain(found, c)) }));
  applicationCredentials(router, { access, session, base });
  router.use('/v3/:collection/*', refuseAdministration);
  return methodNotAllowed(router, (error, c) => novaErrorResponse(error, c, ports.publicUrl(c)));
}

/** As Keystone responds to members. 403 does not reveal whether an item exists. */
const refuseAdministration: MiddlewareHandler<GatewayEnv> = (c, next) =>
  isKeystoneCollection([c.req.param('collection') ?? '']) ? forbidden() : next();

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

/** @throws ComputeError `forbidden` for any other id, whether it exists or not. */
function ownOrForbidden<T extends { readonly id: string }>(c: Context, item: T): T {
  return c.req.param('id') === item.id ? item : forbidden();
}

/**
 * The only item of a list that Keystone restricts to administrators, filtered by its name. After a 403 clients continue with the
 * given id; an empty list means "does not exist" to them, and so does a list that lacks it.
 *
 * @throws ComputeError `forbidden` without that filter, or with any other.
 */
function namedOrForbidden<
  T extends { readonly id: string; readonly name: string; readonly domain_id?: string },
>(c: Context, item: T): T {
  const { name, domain_id: domainId, ...others } = c.req.query();
  const isNamed = name === item.name && (domainId === undefined || domainId === item.domain_id);
  const hasOtherFilter = OTHER_FILTERS.some((filter) => filter in others);
  return isNamed && !hasOtherFilter ? item : forbidden();
}

/** Keystone's further filters of projects and domains. */
const OTHER_FILTERS = ['parent_id', 'user_id', 'is_domain', 'tags', 'tags-any', 'not-tags', 'not-tags-any'];

function forbidden(): never {
  throw new ComputeError('forbidden', 'You are not authorized to perform the requested action.');
}

function filterByName<T extends { readonly name: string }>(c: Context, item: T): T[] {
  const name = c.req.query('name');
  return name === undefined || name === item.name ? [item] : [];
}
