import {
  FURTHER_SERVICES,
  type FurtherService,
  isFurtherService,
  isOtherService,
} from '../../further-services.ts';

/** Services of the cloud whose paths and scopes the gateway defines. */
export const SERVICES = ['compute', 'image', 'network', 'volume'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Any service of the cloud. */
export type Service = ServiceName | FurtherService;

/** With it, services are served that only the catalog names. */
export const OTHERS = '*';

/** The services that are served (`LINGUANOVA_SERVICES`). */
export type ServedServices = ReadonlySet<Service | typeof OTHERS>;
export const DEFAULT_SERVICES: ServedServices = new Set(SERVICES);
export const ALL_SERVICES: ServedServices = new Set([...SERVICES, ...FURTHER_SERVICES, OTHERS]);

/** The gateway itself implements identity. */
export type EndpointName = ServiceName | 'identity';

export interface ServiceEndpoint {
  /** Path under the gateway's public URL. */
  readonly prefix: string;
  readonly version: string;
  /** Versions that are passed through. */
  readonly versions: readonly string[];
  readonly type: string;
  readonly name: string;
}

export const SERVICE_ENDPOINTS: Readonly<Record<EndpointName, ServiceEndpoint>> = {
  identity: { prefix: '/identity', version: 'v3', versions: ['v3'], type: 'identity', name: 'keystone' },
  // Nova's v2 is v2.1 without microversions.
  compute: { prefix: '/compute', version: 'v2.1', versions: ['v2.1', 'v2'], type: 'compute', name: 'nova' },
  image: { prefix: '/image', version: 'v2', versions: ['v2'], type: 'image', name: 'glance' },
  network: { prefix: '/networking', version: 'v2.0', versions: ['v2.0'], type: 'network', name: 'neutron' },
  volume: { prefix: '/volume', version: 'v3', versions: ['v3'], type: 'volumev3', name: 'cinderv3' },
};

const ENDPOINT_NAMES = Object.keys(SERVICE_ENDPOINTS) as EndpointName[];

/** The path of a service under the gateway's public URL; a further service has its official type. */
export function prefixOf(service: EndpointName | FurtherService): string {
  return isFurtherService(service) ? `/${service}` : SERVICE_ENDPOINTS[service].prefix;
}

/** Whether a path is of this dialect: others than official services exist only where the operator serves them. */
export function isServicePath(path: string, served: ServedServices): boolean {
  const service = serviceOfPath(path);
  return service !== null && (!isOtherService(service) || served.has(OTHERS));
}

/** Served or not, and also where no catalog has it; null for a path of another dialect. */
export function serviceOfPath(path: string): EndpointName | FurtherService | null {
  const isBelow = (prefix: string) => path === prefix || path.startsWith(`${prefix}/`);
  const named = ENDPOINT_NAMES.find((part) => isBelow(SERVICE_ENDPOINTS[part].prefix));
  if (named !== undefined) return named;
  const [, first = ''] = path.split('/', 2);
  return isFurtherService(first) ? first : null;
}
