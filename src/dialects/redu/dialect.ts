/**
 * The redu dialect: small REST under `/v1`, and the older paths under `/cloud/v1`.
 *
 * @module
 */

import { Hono } from 'hono';
import type { Access } from '../../access/access.ts';
import { requireScope } from '../../access/scopes.ts';
import type { GatewayEnv } from '../../context.ts';
import { refuseOtherMethods } from '../../http/methods.ts';
import { type Cached, uncached } from '../../traffic/cache/cached.ts';
import type { OpenStream } from '../../traffic/events/events.ts';
import { apiKeys } from './api-keys.ts';
import { listAvailabilityZones } from './availability-zones.ts';
import { answerError } from './errors.ts';
import { instanceEvents, projectEvents, withoutEvents } from './events.ts';
import { listFlavors } from './flavors.ts';
import { listFloatingIps } from './floating-ips.ts';
import { listHypervisors } from './hypervisors.ts';
import { listImages } from './images.ts';
import { instances } from './instances.ts';
import { keypairs } from './keypairs.ts';
import { legacy } from './legacy.ts';
import { showMe } from './me.ts';
import { listNetworks } from './networks.ts';
import { showQuotas } from './quotas.ts';
import { securityGroups } from './security-groups.ts';
import { serverGroups } from './server-groups.ts';

/**
 * Every route of the dialect, to be mounted at `/` behind the stages that set `RequestVariables`.
 *
 * Handlers throw; whoever mounts the router answers with `reduErrorResponse` in its `onError` and `notFound`. The
 * mounting app is to be made with `strict: false`, which is what lets a path end with a slash. `cached` goes around the
 * handlers of reads, `openStream` answers with events.
 *
 * @example
 * ```ts
 * const app = new Hono<GatewayEnv>({ strict: false });
 * app.use(telemetry, except(isSignUp, authenticate(access)));
 * app.route('/', reduDialect(access));
 * app.onError((error, c) => reduErrorResponse(error, c.var.requestId, c.var.log));
 * ```
 */
export function reduDialect(
  access: Access,
  cached: Cached = uncached,
  openStream: OpenStream = withoutEvents,
): Hono<GatewayEnv> {
  const read = requireScope('instances:read');
  const router = new Hono<GatewayEnv>({ strict: false })
    .get('/v1/me', cached(showMe, { of: 'key' }))
    .route('/v1/instances', instances(cached))
    .get('/v1/instances/:id/events', read, instanceEvents(openStream))
    .get('/v1/events', read, projectEvents(openStream))
    .get('/v1/flavors', read, cached(listFlavors, { pace: 'slow' }))
    .get('/v1/images', read, cached(listImages, { pace: 'slow' }))
    .get('/v1/networks', read, cached(listNetworks))
    .get('/v1/availability_zones', read, cached(listAvailabilityZones, { pace: 'slow' }))
    .get('/v1/floating_ips', read, cached(listFloatingIps))
    // Key pairs are counted among them, which are the user's.
    .get('/v1/quotas', read, cached(showQuotas, { of: 'user' }))
    .get('/v1/hypervisors', requireScope('admin'), cached(listHypervisors))
    .route('/v1/api_keys', apiKeys(access))
    .route('/v1/keypairs', keypairs(cached))
    .route('/v1/security_groups', securityGroups(cached))
    .route('/v1/server_groups', serverGroups(cached))
    .route('/cloud/v1', legacy(cached));
  return refuseOtherMethods(router, answerError);
}
