import { ComputeError } from '../../../src/compute/errors.ts';
import { noBlockStorage } from '../../../src/compute/volumes.ts';
import type { EndpointName } from '../../../src/dialects/nova/services.ts';
import { isFurtherService, typesOf } from '../../../src/further-services.ts';
import type { ServiceType } from '../http/transport.ts';
import type { CatalogEntry } from './token.ts';

/** Which of a service's endpoints to use. */
export interface EndpointChoice {
  /** Any region when null. */
  readonly region: string | null;
  /** `public`, `internal` or `admin`. */
  readonly interface: string;
}

/** Names that catalogs have for a service; the first one found counts. */
const SERVICE_TYPES: Readonly<Record<EndpointName, readonly string[]>> = {
  identity: ['identity'],
  compute: ['compute'],
  image: ['image'],
  network: ['network'],
  volume: ['volumev3', 'block-storage', 'block-store'],
};

function typesIn(service: ServiceType): readonly string[] {
  return isFurtherService(service) ? typesOf(service) : SERVICE_TYPES[service];
}

/** The type that the catalog has for a service. */
export function typeOf(catalog: readonly CatalogEntry[], service: ServiceType): string | undefined {
  return typesIn(service).find((type) => catalog.some((entry) => entry.type === type));
}

/** The endpoints of a service. */
export function entriesOf(catalog: readonly CatalogEntry[], service: ServiceType): CatalogEntry['endpoints'] {
  const entries = typesIn(service).map((type) => catalog.filter((entry) => entry.type === type));
  return (entries.find(({ length }) => length > 0) ?? []).flatMap((entry) => entry.endpoints);
}

/** Path segment of the API version that the adapter speaks. A catalog may leave it out, or name an older one. */
const VERSION_SEGMENT: Partial<Record<ServiceType, string>> = {
  compute: 'v2.1',
  network: 'v2.0',
  image: 'v2',
  volume: 'v3',
};

/** A version, and the project that may follow it: `/v2.1`, `/v3/<project>`. */
const VERSION = /\/v\d+(?:\.\d+)?(\/[^/]+)?$/;

/**
 * The address of a service, without trailing slash and with its version.
 *
 * @throws ComputeError `unavailable` when the catalog has none: the operator has to fix it. Block storage is optional.
 */
export function endpointOf(
  catalog: readonly CatalogEntry[],
  service: ServiceType,
  choice: EndpointChoice,
): string {
  const endpoint = entriesOf(catalog, service).find(
    (candidate) =>
      candidate.interface === choice.interface &&
      (choice.region === null || candidate.region_id === choice.region || candidate.region === choice.region),
  );
  if (endpoint === undefined) {
    if (service === 'volume') throw noBlockStorage();
    throw new ComputeError('unavailable', `This cloud has no ${service} service.`, {
      cause: new Error(`no ${choice.interface} endpoint of ${service} in region ${choice.region ?? '(any)'}`),
    });
  }
  const version = VERSION_SEGMENT[service];
  if (version === undefined) return withoutSlash(endpoint.url);
  return `${rootOf(endpoint.url)}/${version}${projectIn(endpoint.url)}`;
}

/** The address of a service without the version of its API, and without trailing slash. */
export function rootOf(url: string): string {
  return withoutSlash(url).replace(VERSION, '');
}

/** What follows a service's root: its version and the project, as far as the address has them. */
export function belowRoot(url: string): string {
  return VERSION.exec(withoutSlash(url))?.[0] ?? '';
}

/** The project behind the version, with its slash; empty where the address has none. */
export function projectIn(url: string): string {
  return VERSION.exec(withoutSlash(url))?.[1] ?? '';
}

function withoutSlash(url: string): string {
  return url.replace(/(?<!\/)\/+$/, '');
}
