/**
 * Services of OpenStack besides identity, compute, image, network and block storage, by official type; the aliases are those of
 * older catalogs. From the service types authority of OpenStack.
 */
const ALIASES = {
  accelerator: [],
  'admin-logic': ['registration'],
  alarm: ['alarming'],
  'application-catalog': [],
  'application-container': ['container'],
  'application-deployment': ['application_deployment'],
  backup: [],
  baremetal: ['bare-metal'],
  'baremetal-introspection': [],
  clustering: ['resource-cluster', 'cluster'],
  'container-infrastructure-management': ['container-infrastructure', 'container-infra'],
  'data-processing': [],
  'data-protection-orchestration': [],
  database: [],
  dns: [],
  event: ['events'],
  'function-engine': [],
  'instance-ha': ['ha'],
  'key-manager': [],
  'load-balancer': [],
  'log-management': [],
  message: ['messaging'],
  meter: ['metering', 'telemetry'],
  monitoring: [],
  'monitoring-events': [],
  'monitoring-logging': ['monitoring-log-api'],
  'multi-region-network-automation': ['tricircle'],
  'nfv-orchestration': [],
  'object-store': [],
  'operator-policy': ['policy'],
  orchestration: [],
  placement: [],
  rating: [],
  reservation: [],
  'resource-optimization': ['infra-optim'],
  'root-cause-analysis': ['rca'],
  search: [],
  'shared-file-system': ['sharev2', 'share'],
  workflow: ['workflowv2'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type OfficialService = keyof typeof ALIASES;

declare const other: unique symbol;
/** A type that only the catalog of a cloud has: served with `LINGUANOVA_SERVICES=*`. */
export type OtherService = string & { readonly [other]: true };

export type FurtherService = OfficialService | OtherService;

export const FURTHER_SERVICES = Object.keys(ALIASES) as readonly OfficialService[];

export function isOfficialService(name: string): name is OfficialService {
  return Object.hasOwn(ALIASES, name);
}

/** Official, or a type that may be another service's. */
export function isFurtherService(name: string): name is FurtherService {
  return isOfficialService(name) || isOtherService(name);
}

/** Block storage, the official type first. */
export const BLOCK_STORAGE_TYPES = [
  'block-storage',
  'block-store',
  'volumev3',
  'volumev2',
  'volume',
] as const;

const OFFICIAL_TYPES: ReadonlyMap<string, string> = new Map(
  [BLOCK_STORAGE_TYPES, ...FURTHER_SERVICES.map(typesOf)].flatMap((types) =>
    types.map((type) => [type, types[0]] as const),
  ),
);

/** The official type for any name of a service. */
export function officialTypeOf(type: string): string {
  return OFFICIAL_TYPES.get(type) ?? type;
}

/** The types that a catalog may have for a service, the official one first. */
export function typesOf(service: FurtherService): readonly [FurtherService, ...string[]] {
  return isOfficialService(service) ? [service, ...ALIASES[service]] : [service];
}

/** First segments of the gateway's own paths, and first parts of scopes that are of no service. */
const RESERVED: ReadonlySet<string> = new Set([
  ...['admin', 'assets', 'cloud', 'compute', 'console', 'docs', 'healthz', 'identity', 'image', 'images'],
  ...['instances', 'keypairs', 'keys', 'livez', 'mcp', 'metrics', 'network', 'networking', 'openapi'],
  ...['readyz', 'reference', 'regions', 'v1', 'volumes'],
]);

/** Their requests are signed over host and path, which a gateway changes. */
const SIGNED: ReadonlySet<string> = new Set(['cloudformation', 'ec2', 's3']);

const OTHER_TYPE = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const MAX_TYPE_LENGTH = 64;

/** Whether a type may be that of a service which OpenStack has no name for: its path is none of the gateway's own. */
export function isOtherService(type: string): type is OtherService {
  return (
    type.length <= MAX_TYPE_LENGTH &&
    OTHER_TYPE.test(type) &&
    !OFFICIAL_TYPES.has(type) &&
    !RESERVED.has(type) &&
    !SIGNED.has(type)
  );
}
