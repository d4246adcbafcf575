/**
 * The version documents of the services that the gateway answers for. Nobody has to be signed in.
 *
 * @module
 */

import type { MiddlewareHandler } from 'hono';
import type { GatewayEnv } from '../../../context.ts';
import type { PublicUrl } from '../../../http/public-url.ts';
import { SERVICE_ENDPOINTS, type ServiceName } from '../services.ts';
import { MICROVERSION } from './microversion.ts';

/** Answers version documents; everything else goes on. */
export function translatedVersions(publicUrl: PublicUrl): MiddlewareHandler<GatewayEnv> {
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

function shortVersion(url: string, service: ServiceName, id: string) {
  const { prefix, version } = SERVICE_ENDPOINTS[service];
  return { id, status: 'CURRENT', links: [{ rel: 'self', href: `${url}${prefix}/${version}/` }] };
}
