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

export type FurtherService = keyof typeof ALIASES;

export const FURTHER_SERVICES = Object.keys(ALIASES) as readonly FurtherService[];

export function isFurtherService(name: string): name is FurtherService {
  return Object.hasOwn(ALIASES, name);
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
  return [service, ...ALIASES[service]];
}
