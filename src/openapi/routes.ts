import { ADMIN_ROUTES } from '../access/admin-api.ts';
import { API_KEY_ROUTES } from '../dialects/redu/api-keys.ts';
import { AVAILABILITY_ZONES } from '../dialects/redu/availability-zones.ts';
import { INSTANCE_EVENTS, PROJECT_EVENTS } from '../dialects/redu/events.ts';
import { FLAVOR_ROUTES } from '../dialects/redu/flavors.ts';
import { FLOATING_IP_ROUTES } from '../dialects/redu/floating-ips.ts';
import { HYPERVISORS } from '../dialects/redu/hypervisors.ts';
import { IMAGE_ROUTES } from '../dialects/redu/images.ts';
import { INSTANCE_ACTION } from '../dialects/redu/instance-actions.ts';
import { INSTANCE_NETWORK_ROUTES } from '../dialects/redu/instance-networks.ts';
import { INSTANCE_OPERATION_ROUTES } from '../dialects/redu/instance-operations.ts';
import { INSTANCE_VOLUME_ROUTES } from '../dialects/redu/instance-volumes.ts';
import { INSTANCE_ROUTES } from '../dialects/redu/instances.ts';
import { KEYPAIR_ROUTES } from '../dialects/redu/keypairs.ts';
import { LEGACY_ROUTES } from '../dialects/redu/legacy.ts';
import { ME } from '../dialects/redu/me.ts';
import { NETWORK_ROUTES } from '../dialects/redu/networks.ts';
import { QUOTAS } from '../dialects/redu/quotas.ts';
import { REGIONS } from '../dialects/redu/regions.ts';
import { SECURITY_GROUP_ROUTES } from '../dialects/redu/security-groups.ts';
import { SERVER_GROUP_ROUTES } from '../dialects/redu/server-groups.ts';
import { TOOL_CONFIG } from '../dialects/redu/tool-config.ts';
import { VOLUME_SNAPSHOT_ROUTES } from '../dialects/redu/volume-snapshots.ts';
import { VOLUME_ROUTES } from '../dialects/redu/volumes.ts';
import { HEALTH_ROUTES } from '../health/health.ts';
import { OPERATOR_HEALTH } from '../health/operator-health.ts';
import { RECONCILE_RUNS } from '../reconcile/reconcile-routes.ts';
import { USAGE_ROUTES } from '../usage/usage-routes.ts';

/** All routes except those of the Nova dialect, which OpenStack documents. */
export const ROUTES = [
  ME,
  REGIONS,
  TOOL_CONFIG,
  ...Object.values(INSTANCE_ROUTES),
  INSTANCE_ACTION,
  ...Object.values(INSTANCE_VOLUME_ROUTES),
  ...Object.values(INSTANCE_OPERATION_ROUTES),
  ...Object.values(INSTANCE_NETWORK_ROUTES),
  PROJECT_EVENTS,
  INSTANCE_EVENTS,
  ...Object.values(FLAVOR_ROUTES),
  ...Object.values(IMAGE_ROUTES),
  ...Object.values(NETWORK_ROUTES),
  AVAILABILITY_ZONES,
  ...Object.values(FLOATING_IP_ROUTES),
  QUOTAS,
  HYPERVISORS,
  ...Object.values(KEYPAIR_ROUTES),
  ...Object.values(SECURITY_GROUP_ROUTES),
  ...Object.values(SERVER_GROUP_ROUTES),
  ...Object.values(VOLUME_ROUTES),
  ...Object.values(VOLUME_SNAPSHOT_ROUTES),
  ...Object.values(API_KEY_ROUTES),
  ...Object.values(LEGACY_ROUTES),
  ...Object.values(ADMIN_ROUTES),
  ...Object.values(USAGE_ROUTES),
  OPERATOR_HEALTH,
  RECONCILE_RUNS,
  ...Object.values(HEALTH_ROUTES),
];

export type ContractRoute = (typeof ROUTES)[number];
/** `GET /v1/instances`, and so on. */
export type RouteName = NameOf<ContractRoute>;
export type NameOf<R extends ContractRoute> = R extends unknown ? `${R['method']} ${R['path']}` : never;

export function nameOf<R extends ContractRoute>({ method, path }: R): NameOf<R> {
  return `${method} ${path}` as NameOf<R>;
}
