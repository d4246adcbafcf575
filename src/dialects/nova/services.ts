/**
 * The services that the dialect has, and where: the same for every cloud behind it.
 *
 * @module
 */

/** What is passed through to the cloud. */
export const SERVICES = ['compute', 'image', 'network', 'volume'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** ... and what the gateway is itself. */
export type EndpointName = ServiceName | 'identity';

export interface ServiceEndpoint {
  /** Path below the gateway's public URL. */
  readonly prefix: string;
  /** The version of the API that the catalog leads to. */
  readonly version: string;
  /** Versions that are passed through; everything of the service lies below one of them. */
  readonly versions: readonly string[];
  /** Type and name in the catalog; clients look for these. */
  readonly type: string;
  readonly name: string;
}

export const SERVICE_ENDPOINTS: Readonly<Record<EndpointName, ServiceEndpoint>> = {
  identity: { prefix: '/identity', version: 'v3', versions: ['v3'], type: 'identity', name: 'keystone' },
  // v2 is Nova's word for v2.1 without microversions.
  compute: { prefix: '/compute', version: 'v2.1', versions: ['v2.1', 'v2'], type: 'compute', name: 'nova' },
  image: { prefix: '/image', version: 'v2', versions: ['v2'], type: 'image', name: 'glance' },
  network: { prefix: '/networking', version: 'v2.0', versions: ['v2.0'], type: 'network', name: 'neutron' },
  volume: { prefix: '/volume', version: 'v3', versions: ['v3'], type: 'volumev3', name: 'cinderv3' },
};

const ENDPOINT_NAMES = Object.keys(SERVICE_ENDPOINTS) as EndpointName[];

/** Whose path this is; null when it is none of the dialect's. */
export function serviceOfPath(path: string): EndpointName | null {
  const isBelow = (prefix: string) => path === prefix || path.startsWith(`${prefix}/`);
  return ENDPOINT_NAMES.find((part) => isBelow(SERVICE_ENDPOINTS[part].prefix)) ?? null;
}
