/**
 * The services of the Nova dialect over a cloud that is not an OpenStack: decodes requests into the neutral model, and encodes
 * its results as Nova, Glance and Neutron do.
 *
 * @module
 */

import type { Handler } from 'hono';
import { callContext } from '../../../access/access.ts';
import { assertScope } from '../../../access/require-scope.ts';
import type { CloudDriver } from '../../../compute/cloud.ts';
import { ComputeError, type FieldNames, renameFields } from '../../../compute/errors.ts';
import { ONLY_REGION } from '../../../compute/regions.ts';
import type { GatewayEnv } from '../../../context.ts';
import { invalidate } from '../../../traffic/versions/invalidate.ts';
import { novaErrorResponse } from '../errors.ts';
import { scopeFor, withoutProject } from '../permissions.ts';
import type { ServiceName } from '../services.ts';
import { keystoneId, type OpenSession } from '../session.ts';
import { parseTarget, type Target } from '../target.ts';
import type { NovaTranslation, TranslationPorts } from '../translation.ts';
import { type NovaHandler, unsupported } from './call.ts';
import { isWithin, negotiate, OLDEST, versionHeaders } from './microversions.ts';
import { ROUTES, spanOf, UNSUPPORTED } from './routes.ts';
import { versionDocuments } from './versions.ts';

export const novaTranslation: NovaTranslation = {
  openSession,
  versionDocuments,
  handler: translated,
};

const DOMAIN = { id: 'default', name: 'Default' };

const OFFERED = new Map<ServiceName, { projectInPath: boolean }>([
  ['compute', { projectInPath: false }],
  ['image', { projectInPath: false }],
  ['network', { projectInPath: false }],
  ['volume', { projectInPath: true }],
]);

/** The cloud has no domains; the session shows one, as most OpenStacks have. */
function openSession(clouds: CloudDriver): OpenSession {
  return async function session(credential, call) {
    const { userId, username, roles, projectId, projectName } = await clouds
      .open(credential, call)
      .identity();
    return {
      user: { id: userId, name: username, domain: DOMAIN },
      project: { id: projectId, name: projectName, domain: DOMAIN },
      roles: roles.map((name) => ({ id: keystoneId(`role ${name}`), name })),
      region: ONLY_REGION,
      services: OFFERED,
      regions: [{ name: ONLY_REGION, isDefault: true, services: OFFERED }],
    };
  };
}

/** Requires `authenticateToken` and the rate limits before it. */
export function translated(ports: TranslationPorts): Handler<GatewayEnv> {
  const { access, requestTarget, requestBody, publicUrl, regionalUrl, versions } = ports;
  return async function handleTranslated(c) {
    const target = parseTarget(requestTarget(c));
    const { principal } = c.var;
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
    assertScope(principal, scopeFor(method, target));
    const minor = target.service === 'compute' ? negotiate(c.req.raw.headers) : OLDEST;
    if (minor instanceof Response) return minor;
    const cloud = access.clouds.open(principal.credential, callContext(c, access.upstreamBudgetMs));
    try {
      const { handler, open } = routeOf(method, target, principal.projectId, minor);
      const response = await handler(
        { c, cloud, query: target.query, minor, publicUrl: regionalUrl(c), requestBody },
        ...open,
      );
      return withHeaders(response, target, minor, c.var.requestId);
    } catch (error) {
      // Here rather than by the application: Nova's errors have its microversion too.
      const response = novaErrorResponse(withNovaFieldNames(error), c, publicUrl(c));
      return withHeaders(response, target, minor, c.var.requestId);
    } finally {
      // Whatever the outcome, and before the response leaves.
      if (method !== 'GET') await invalidate(versions, c);
    }
  };
}

function withHeaders(response: Response, { service }: Target, minor: number, requestId: string): Response {
  const { headers } = response;
  headers.set('X-OpenStack-Request-ID', requestId);
  if (service !== 'compute') return response;
  headers.set('X-Compute-Request-ID', requestId);
  for (const [name, value] of Object.entries(versionHeaders(`2.${minor}`))) headers.set(name, value);
  return response;
}

interface RouteMatch {
  readonly handler: NovaHandler;
  /** The segments that the pattern leaves open. */
  readonly open: readonly string[];
}

/** @throws ComputeError `not_found`, or `not_implemented` where OpenStack has something. */
function routeOf(method: string, target: Target, projectId: string, minor: number): RouteMatch {
  const { service } = target;
  const segments = withoutProject(service, target.segments);
  if (segments !== target.segments && target.segments[0] !== projectId) {
    throw new ComputeError(
      'invalid',
      'Malformed request URL: the project in the path is not that of the token.',
    );
  }
  if (service === 'compute' && !isWithin(minor, spanOf(segments))) throw noSuchResource();
  for (const [pattern, handler] of Object.entries(ROUTES[service])) {
    const [verb, path = ''] = pattern.split(' ');
    const open = verb === method ? openSegments(path.split('/'), segments) : null;
    if (open !== null) return { handler, open };
  }
  if (UNSUPPORTED[service].includes(segments[0] ?? ''))
    throw unsupported(`${method} ${operationOf(segments)}`);
  throw noSuchResource();
}

function noSuchResource(): ComputeError {
  return new ComputeError('not_found', 'The resource could not be found.');
}

/** The segments at the pattern's `*`; null when the pattern does not match. */
function openSegments(pattern: readonly string[], segments: readonly string[]): string[] | null {
  if (pattern.length !== segments.length) return null;
  const matches = pattern.every((part, index) => part === '*' || part === segments[index]);
  return matches ? segments.filter((_, index) => pattern[index] === '*') : null;
}

/** The path with a placeholder for the id: what is unsupported for one resource is so for all. */
function operationOf([collection = '', , ...rest]: readonly string[]): string {
  return [collection, ...(rest.length > 0 ? ['{id}', ...rest.slice(0, 1)] : [])].join('/');
}

const NOVA_FIELDS: FieldNames = {
  flavor: 'flavorRef',
  flavorFilter: 'flavor',
  bootVolume: 'block_device_mapping_v2',
  image: 'imageRef',
  imageFilter: 'image',
  keypair: 'key_name',
  network: 'networks',
  networks: 'networks',
  port: 'port_id',
  securityGroups: 'security_groups',
  serverGroup: 'os:scheduler_hints.group',
};

/** An `invalid` error with Nova's message and field name; other errors stay as they are. */
function withNovaFieldNames(error: unknown): unknown {
  if (!(error instanceof ComputeError) || error.code !== 'invalid') return error;
  const { details, cause } = renameFields(error, NOVA_FIELDS);
  const [problem] = details;
  if (problem === undefined) return error;
  const message = `Invalid input for field/attribute ${problem.field}. ${problem.message}`;
  return new ComputeError('invalid', message, { details, cause });
}
