/**
 * The redu dialect: small REST under `/v1`, and the older paths under `/cloud/v1`.
 *
 * @module
 */

import { Hono, type MiddlewareHandler } from 'hono';
import type { Access } from '../../access/access.ts';
import type { GatewayEnv } from '../../context.ts';
import { methodNotAllowed } from '../../http/method-not-allowed.ts';
import type { RequestBody } from '../../http/request-target.ts';
import { type ServeRead, uncached } from '../../traffic/cache/cached.ts';
import type { OpenStream } from '../../traffic/events/events.ts';
import { Usage } from '../../usage/usage.ts';
import { ownUsage, USAGE_ROUTES } from '../../usage/usage-routes.ts';
import { NO_USAGE_STORE } from '../../usage/usage-store.ts';
import { apiKeys } from './api-keys.ts';
import { AVAILABILITY_ZONES, listAvailabilityZones } from './availability-zones.ts';
import { respondWithError } from './errors.ts';
import {
  eventsNotImplemented,
  INSTANCE_EVENTS,
  instanceEvents,
  PROJECT_EVENTS,
  projectEvents,
} from './events.ts';
import { flavors } from './flavors.ts';
import { floatingIps } from './floating-ips.ts';
import { HYPERVISORS, listHypervisors } from './hypervisors.ts';
import { images } from './images.ts';
import { instanceNetworks } from './instance-networks.ts';
import { instanceVolumes } from './instance-volumes.ts';
import { instances } from './instances.ts';
import { keypairs } from './keypairs.ts';
import { legacy } from './legacy.ts';
import { ME, readMe } from './me.ts';
import { Mount } from './mount.ts';
import { networks } from './networks.ts';
import { QUOTAS, readQuotas } from './quotas.ts';
import { regions } from './regions.ts';
import { securityGroups } from './security-groups.ts';
import { serverGroups } from './server-groups.ts';
import { type ServedTools, toolConfigRoute } from './tool-config.ts';
import { volumeSnapshots } from './volume-snapshots.ts';
import { volumes } from './volumes.ts';

/**
 * Every route of the dialect, to be mounted at `/` behind the stages that set `RequestVariables`.
 *
 * Handlers throw; the mounting app renders errors with `reduErrorResponse`, and is made with `strict: false`, which allows a slash at the
 * end of a path. `serveRead` serves the reads, `openStream` the events; `idempotent` wraps each POST, after its scope.
 *
 * @example
 * ```ts
 * const app = new Hono<GatewayEnv>({ strict: false });
 * app.use(requestLog(log, metrics).handle, authenticate(access).handle);
 * app.route('/', reduDialect(access));
 * app.onError((error, c) => reduErrorResponse(error, c.var.requestId, c.var.log));
 * ```
 */
export function reduDialect(
  access: Access,
  serveRead: ServeRead = uncached,
  openStream: OpenStream = eventsNotImplemented,
  idempotent: MiddlewareHandler<GatewayEnv> = (_, next) => next(),
  requestBody: RequestBody = (c) => c.req.raw.body,
  usage = new Usage(NO_USAGE_STORE, access.log),
  tools: ServedTools = { publicUrl: () => '', hasNova: false },
): Hono<GatewayEnv> {
  const router = new Hono<GatewayEnv>({ strict: false });
  const mount = new Mount(router, serveRead, idempotent)
    .addRead(ME, readMe(access.services), { of: 'key' })
    .add(PROJECT_EVENTS, projectEvents(openStream))
    .add(INSTANCE_EVENTS, instanceEvents(openStream))
    .addRead(AVAILABILITY_ZONES, listAvailabilityZones, { ttl: 'static' })
    // Key pairs are counted among them, which are the user's.
    .addRead(QUOTAS, readQuotas, { of: 'user' })
    .addRead(HYPERVISORS, listHypervisors)
    .add(USAGE_ROUTES.own, ownUsage(usage));
  instances(mount);
  flavors(mount);
  images(mount, requestBody);
  instanceNetworks(mount);
  floatingIps(mount);
  networks(mount);
  apiKeys(access, mount);
  regions(access, mount);
  toolConfigRoute(access, tools, mount);
  keypairs(mount);
  securityGroups(mount);
  serverGroups(mount);
  volumes(mount);
  volumeSnapshots(mount);
  instanceVolumes(mount);
  legacy(mount, access.services);
  return methodNotAllowed(router, respondWithError);
}
