/**
 * The services of the Nova dialect over a cloud that is no OpenStack: requests are decoded into the language in the middle, and
 * what the cloud answers is printed as Nova, Glance and Neutron print it.
 *
 * @module
 */

import type { Handler } from 'hono';
import { callContext } from '../../../access/access.ts';
import { assertScope } from '../../../access/scopes.ts';
import { ComputeError } from '../../../compute/errors.ts';
import type { GatewayEnv } from '../../../context.ts';
import { announceChange } from '../../../traffic/versions/announce.ts';
import { scopeFor, withoutProject } from '../permissions.ts';
import { parseTarget, type Target } from '../target.ts';
import type { TranslationPorts } from '../translation.ts';
import { type NovaHandler, unsupported } from './call.ts';
import { withNovaFieldNames } from './field-names.ts';
import { microversionError, VERSION_HEADERS } from './microversion.ts';
import { ROUTES, UNSUPPORTED } from './routes.ts';

/** Behind `authenticateToken` and the limits. */
export function translated(ports: TranslationPorts): Handler<GatewayEnv> {
  const { access, requestTarget, publicUrl, versions } = ports;
  return async function answered(c) {
    const target = parseTarget(requestTarget(c));
    const { principal } = c.var;
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
    assertScope(principal, scopeFor(method, target));
    const refused = target.service === 'compute' ? microversionError(c.req.raw.headers) : null;
    if (refused !== null) return refused;
    const { route, open } = routeOf(method, target, principal.projectId);
    const cloud = access.clouds.open(principal.credential, callContext(c, access.timeoutMs));
    try {
      const answer = await route({ c, cloud, query: target.query, publicUrl: publicUrl(c) }, ...open);
      return withHeaders(answer, target, c.var.requestId);
    } catch (error) {
      throw withNovaFieldNames(error);
    } finally {
      // Whatever came of it, and before the answer leaves.
      if (method !== 'GET') await announceChange(versions, c);
    }
  };
}

function withHeaders(answer: Response, { service }: Target, requestId: string): Response {
  const { headers } = answer;
  headers.set('X-OpenStack-Request-ID', requestId);
  if (service !== 'compute') return answer;
  headers.set('X-Compute-Request-ID', requestId);
  for (const [name, value] of Object.entries(VERSION_HEADERS)) headers.set(name, value);
  return answer;
}

interface Found {
  readonly route: NovaHandler;
  /** The segments that its pattern leaves open. */
  readonly open: readonly string[];
}

/** @throws ComputeError `not_found`, or `not_implemented` where OpenStack has something. */
function routeOf(method: string, target: Target, projectId: string): Found {
  const { service } = target;
  const segments = withoutProject(service, target.segments);
  if (segments !== target.segments && target.segments[0] !== projectId) {
    throw new ComputeError(
      'invalid',
      'Malformed request URL: the project in the path is not that of the token.',
    );
  }
  for (const [pattern, route] of Object.entries(ROUTES[service])) {
    const [verb, path = ''] = pattern.split(' ');
    const open = verb === method ? openSegments(path.split('/'), segments) : null;
    if (open !== null) return { route, open };
  }
  if (UNSUPPORTED[service].includes(segments[0] ?? ''))
    throw unsupported(`${method} ${operationOf(segments)}`);
  throw new ComputeError('not_found', 'The resource could not be found.');
}

/** The segments that stand where the pattern has `*`; null when it does not fit. */
function openSegments(pattern: readonly string[], segments: readonly string[]): string[] | null {
  if (pattern.length !== segments.length) return null;
  const fits = pattern.every((part, index) => part === '*' || part === segments[index]);
  return fits ? segments.filter((_, index) => pattern[index] === '*') : null;
}

/** The path with the id of one thing taken out: what is missing for one is missing for all. */
function operationOf([collection = '', , ...rest]: readonly string[]): string {
  return [collection, ...(rest.length > 0 ? ['{id}', ...rest.slice(0, 1)] : [])].join('/');
}
