/** Services of the cloud. */
export const SERVICES = ['compute', 'image', 'network', 'volume'] as const;
export type ServiceName = (typeof SERVICES)[number];

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

/** null for a path of another dialect. */
export function serviceOfPath(path: string): EndpointName | null {
  const isBelow = (prefix: string) => path === prefix || path.startsWith(`${prefix}/`);
  return ENDPOINT_NAMES.find((part) => isBelow(SERVICE_ENDPOINTS[part].prefix)) ?? null;
}
