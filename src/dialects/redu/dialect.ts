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
import { apiKeys } from './api-keys.ts';
import { listAvailabilityZones } from './availability-zones.ts';
import { answerError } from './errors.ts';
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
 * mounting app is to be made with `strict: false`, which is what lets a path end with a slash.
 *
 * @example
 * ```ts
 * const app = new Hono<GatewayEnv>({ strict: false });
 * app.use(telemetry, except(isSignUp, authenticate(access)));
 * app.route('/', reduDialect(access));
 * app.onError((error, c) => reduErrorResponse(error, c.var.requestId, c.var.log));
 * ```
 */
export function reduDialect(access: Access): Hono<GatewayEnv> {
  const read = requireScope('instances:read');
  const router = new Hono<GatewayEnv>({ strict: false })
    .get('/v1/me', showMe)
    .route('/v1/instances', instances())
    .get('/v1/flavors', read, listFlavors)
    .get('/v1/images', read, listImages)
    .get('/v1/networks', read, listNetworks)
    .get('/v1/availability_zones', read, listAvailabilityZones)
    .get('/v1/floating_ips', read, listFloatingIps)
    .get('/v1/quotas', read, showQuotas)
    .get('/v1/hypervisors', requireScope('admin'), listHypervisors)
    .route('/v1/api_keys', apiKeys(access))
    .route('/v1/keypairs', keypairs())
    .route('/v1/security_groups', securityGroups())
    .route('/v1/server_groups', serverGroups())
    .route('/cloud/v1', legacy());
  return refuseOtherMethods(router, answerError);
}
