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

/** The types that a catalog may have for a service, the official one first. */
export function typesOf(service: FurtherService): readonly [FurtherService, ...string[]] {
  return [service, ...ALIASES[service]];
}
