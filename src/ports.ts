/** What the gateway plugs into, and its settings. */

import type { AccessOptions, AccessPorts } from './access/access.ts';
import type { AdminToken } from './access/admin-tokens.ts';
import type { TrustedProxies } from './access/trusted-proxies.ts';
import type { PendingReleasesOptions } from './compute/pending-releases.ts';
import type { ReleaseStore } from './compute/release-store.ts';
import type { PassThrough } from './dialects/nova/pass-through.ts';
import type { ServedServices } from './dialects/nova/services.ts';
import type { NovaTranslation } from './dialects/nova/translation.ts';
import type { HealthPorts } from './health/health.ts';
import type { NodePresence } from './health/node-presence.ts';
import type { ReadinessPorts } from './health/readiness.ts';
import type { Assets } from './http/assets.ts';
import type { OwnEnv, RequestBody, RequestRejection, RequestTarget } from './http/request-target.ts';
import type { InventoryOptions } from './inventory/inventory-cache.ts';
import type { ReconcileStore } from './reconcile/reconcile-store.ts';
import type { CacheOptions, CachePorts } from './traffic/cache/cached.ts';
import type { EventLog } from './traffic/events/event-log.ts';
import type { OpenStream } from './traffic/events/events.ts';
import type { StreamLimits } from './traffic/events/stream-slots.ts';
import type { IdempotencyOptions, IdempotencyPorts } from './traffic/idempotency/idempotency.ts';
import type { LimitOptions, LimitPorts } from './traffic/limit/limit.ts';
import type { UsageStore } from './usage/usage-store.ts';

/** What the gateway plugs into; `adapters/` implements it, and a wiring file puts it together. */
export type Ports = AccessPorts &
  LimitPorts &
  CachePorts &
  IdempotencyPorts &
  Omit<HealthPorts, 'examine'> &
  Omit<ReadinessPorts, 'secretCheck'> &
  OperatorPorts &
  DialectPorts &
  EventPorts;

interface DialectPorts {
  /** The cloud's own services, or what stands in their place; absent: there is no Nova dialect. */
  readonly nova?: PassThrough | NovaTranslation | undefined;
  /** Where it is stored what has to be given back; absent: nowhere, so that it ends with the process. */
  readonly releases?: ReleaseStore;
  /** Absent: requests are not counted here. */
  readonly usage?: UsageStore;
  /** Pages and scripts; absent where the platform serves them. */
  readonly assets?: Assets;
}

interface OperatorPorts {
  /** This process among the gateways on its database; absent: not known, as at the edge. */
  readonly presence?: NodePresence;
  /** Absent: nothing reconciles. */
  readonly reconciles?: ReconcileStore;
}

interface EventPorts {
  readonly eventLog: EventLog;
  /** Where streams are held that cannot be held here. */
  readonly openStream?: OpenStream;
}

export interface GatewayOptions
  extends Omit<AccessOptions, 'plans' | 'services'>,
    Omit<IdempotencyOptions, 'storeKey'> {
  /** Bearer tokens of `/admin`; empty: there is no `/admin`. */
  readonly adminTokens: readonly AdminToken[];
  readonly requestTarget: RequestTarget;
  /** Unless given, the environment of the client's request. */
  readonly ownEnv?: OwnEnv;
  /** What the runtime found wrong with Host or target, before any route is looked up. */
  readonly unreadable: RequestRejection;
  /** What the head of a passed-through response may take (`LINGUANOVA_UPSTREAM_TIMEOUT_SECONDS`); ten minutes unless given. */
  readonly headTimeoutMs?: number;
  /** How image data is read; absent: as a web stream. */
  readonly requestBody?: RequestBody;
  /** Origins whose pages may read responses, besides those that keys are bound to. */
  readonly corsOrigins: readonly string[] | '*';
  /** Whether there is a console to sign in to. */
  readonly console: boolean;
  /** Services of the cloud served in the Nova dialect (`LINGUANOVA_SERVICES`); the four default ones unless given. */
  readonly services?: ServedServices;
  /** Whether requests without a key reach object storage (`LINGUANOVA_ANONYMOUS_OBJECTS`); not unless given. */
  readonly anonymousObjects?: boolean;
  /** Where clients find the gateway, `LINGUANOVA_PUBLIC_URL`; null: where the request has. */
  readonly publicUrl: string | null;
  /** That address as trusted proxies forward it. */
  readonly forwardedOrigin: TrustedProxies['forwardedOrigin'];
  readonly limits: LimitOptions;
  readonly cache: CacheOptions;
  readonly inventory?: Partial<InventoryOptions>;
  readonly streams: StreamLimits;
  /** Retention of the audit log. */
  readonly auditDays: number;
  /** Retention of usage. */
  readonly usageDays: number;
  readonly releases?: PendingReleasesOptions;
}
