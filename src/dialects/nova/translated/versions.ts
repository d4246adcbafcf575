/**
 * Version documents and microversions of the services that the gateway implements itself.
 *
 * @module
 */

import type { MiddlewareHandler } from 'hono';
import { ComputeError } from '../../../compute/errors.ts';
import type { GatewayEnv } from '../../../context.ts';
import type { PublicUrl } from '../../../http/public-url.ts';
import { SERVICE_ENDPOINTS, type ServiceName } from '../services.ts';

/** The only one: the neutral model covers servers as of 2.1. */
export const MICROVERSION = '2.1';
const NOT_ACCEPTABLE = 406;

/** Nova's older header, and the spelling of a vendor's documentation, as in pass-through. */
const HEADER_NAMES = ['x-openstack-nova-api-version', 'x-openstack-nova-microversion'];

export const VERSION_HEADERS: Readonly<Record<string, string>> = {
  'OpenStack-API-Version': `compute ${MICROVERSION}`,
  'X-OpenStack-Nova-API-Version': MICROVERSION,
  Vary: 'OpenStack-API-Version, X-OpenStack-Nova-API-Version',
};

/**
 * Nova's 406 for any other microversion; null when the request is acceptable.
 *
 * @throws ComputeError `invalid` for a malformed version.
 */
export function microversionError(headers: Headers): Response | null {
  const requested = requestedVersion(headers);
  if (requested === undefined || requested === 'latest' || requested === MICROVERSION) return null;
  if (!/^[1-9]\d*\.(?:[1-9]\d*|0)$/.test(requested)) {
    const form = 'is of invalid format. Must be of format MajorNum.MinorNum.';
    throw new ComputeError('invalid', `API Version String ${requested} ${form}`);
  }
  const message = `Version ${requested} is not supported by the API. Minimum is ${MICROVERSION} and maximum is ${MICROVERSION}.`;
  return Response.json(
    { computeFault: { code: NOT_ACCEPTABLE, message } },
    { status: NOT_ACCEPTABLE, headers: VERSION_HEADERS },
  );
}

/** A microversion of another service is ignored. */
function requestedVersion(headers: Headers): string | undefined {
  for (const item of (headers.get('openstack-api-version') ?? '').split(',')) {
    const [service, version] = item.trim().split(/\s+/);
    if (service?.toLowerCase() === 'compute' && version) return version;
  }
  return HEADER_NAMES.map((name) => headers.get(name)?.trim()).find(Boolean);
}

/** Serves the services' version documents, without authentication. */
export function versionDocuments(publicUrl: PublicUrl): MiddlewareHandler<GatewayEnv> {
  return async function versionDocument(c, next) {
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return next();
    const url = publicUrl(c);
    switch (c.req.path) {
      case '/compute':
      case '/compute/':
        return c.json({ versions: [compute(url)] });
      case '/compute/v2.1':
      case '/compute/v2.1/':
        return c.json({ version: { ...compute(url), 'media-types': [MEDIA_TYPE] } });
      case '/image':
      case '/image/':
        return c.json({ versions: [shortVersion(url, 'image', 'v2.0')] }, 300);
      case '/image/versions':
        return c.json({ versions: [shortVersion(url, 'image', 'v2.0')] });
      case '/networking':
      case '/networking/':
        return c.json({ versions: [shortVersion(url, 'network', 'v2.0')] });
      case '/volume':
      case '/volume/':
        return c.json({ versions: [volume(url)] }, 300);
      case '/volume/v3':
      case '/volume/v3/':
        return c.json({ versions: [volume(url)] });
      default:
        return next();
    }
  };
}

const MEDIA_TYPE = {
  base: 'application/json',
  type: 'application/vnd.openstack.compute+json;version=2.1',
};

function compute(url: string) {
  return {
    ...shortVersion(url, 'compute', SERVICE_ENDPOINTS.compute.version),
    version: MICROVERSION,
    min_version: MICROVERSION,
    updated: '2013-07-23T11:33:21Z',
  };
}

/** Cinder's first: a client that negotiates must find it the only one. */
function volume(url: string) {
  return {
    ...shortVersion(url, 'volume', 'v3.0'),
    version: '3.0',
    min_version: '3.0',
    updated: '2015-12-15T00:00:00Z',
  };
}

function shortVersion(url: string, service: ServiceName, id: string) {
  const { prefix, version } = SERVICE_ENDPOINTS[service];
  return { id, status: 'CURRENT', links: [{ rel: 'self', href: `${url}${prefix}/${version}/` }] };
}
