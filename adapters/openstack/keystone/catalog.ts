import { type EndpointName, SERVICES } from '../../../src/dialects/nova/services.ts';
import { FURTHER_SERVICES, isFurtherService, typesOf } from '../../../src/further-services.ts';
import type { ServiceType } from '../http/transport.ts';
import type { CatalogEntry } from './token.ts';

/** Which of a service's endpoints to use. */
export interface EndpointChoice {
  /** Its name in the catalog. */
  readonly region: string;
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

/** The gateway's name for a type, which catalogs may have under several; the type itself for an unknown one. */
export function serviceOfType(type: string): string {
  const names: readonly ServiceType[] = ['identity', ...SERVICES, ...FURTHER_SERVICES];
  return names.find((name) => typesIn(name).includes(type)) ?? type;
}

/** The type that the catalog has for a service. */
export function typeOf(catalog: readonly CatalogEntry[], service: ServiceType): string | undefined {
  return typesIn(service).find((type) => catalog.some((entry) => entry.type === type));
}

/** The type of a service that no catalog has. */
export function mainTypeOf(service: ServiceType): string {
  return typesIn(service)[0] ?? service;
}

/** The name that the catalog has for a service: some clients search by it. */
export function nameOf(catalog: readonly CatalogEntry[], service: ServiceType): string | undefined {
  const type = typeOf(catalog, service);
  return catalog.find((entry) => entry.type === type && Boolean(entry.name))?.name;
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

export function regionOf({ region_id: id, region }: CatalogEntry['endpoints'][number]): string | undefined {
  return id ?? region ?? undefined;
}

/** The address of a service, without trailing slash and with its version; null: the catalog has none there. */
export function endpointOf(
  catalog: readonly CatalogEntry[],
  service: ServiceType,
  choice: EndpointChoice,
): string | null {
  const endpoint = entriesOf(catalog, service).find(
    (candidate) => candidate.interface === choice.interface && regionOf(candidate) === choice.region,
  );
  if (endpoint === undefined) return null;
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
