/**
 * Version documents of the services that the gateway implements itself.
 *
 * @module
 */

import type { MiddlewareHandler } from 'hono';
import type { GatewayEnv } from '../../../context.ts';
import type { PublicUrl } from '../../../http/public-url.ts';
import { SERVICE_ENDPOINTS, type ServiceName } from '../services.ts';
import { NEWEST_VERSION, OLDEST_VERSION } from './microversions.ts';

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
    version: NEWEST_VERSION,
    min_version: OLDEST_VERSION,
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
