import { ComputeError } from '../../../src/compute/errors.ts';
import type { ServiceType } from '../http/upstream-error.ts';
import type { CatalogEntry } from './token.ts';

/** Which of a service's endpoints to use. */
export interface EndpointChoice {
  /** Any region when null. */
  readonly region: string | null;
  /** `public`, `internal` or `admin`. */
  readonly interface: string;
}

/** Path segment of the API version that the adapter speaks, for services whose catalog entry may leave it out. */
const VERSION_SEGMENT: Partial<Record<ServiceType, string>> = { network: 'v2.0', image: 'v2' };

/**
 * The address of a service, without trailing slash and with its version.
 *
 * @throws ComputeError `unavailable` when the catalog has none: the operator's to mend.
 */
export function endpointOf(
  catalog: readonly CatalogEntry[],
  service: ServiceType,
  choice: EndpointChoice,
): string {
  const endpoints = catalog.filter((entry) => entry.type === service).flatMap((entry) => entry.endpoints);
  const endpoint = endpoints.find(
    (candidate) =>
      candidate.interface === choice.interface &&
      (choice.region === null || candidate.region_id === choice.region || candidate.region === choice.region),
  );
  if (endpoint === undefined) {
    throw new ComputeError('unavailable', `This cloud has no ${service} service.`, {
      cause: new Error(`no ${choice.interface} endpoint of ${service} in region ${choice.region ?? '(any)'}`),
    });
  }
  const url = endpoint.url.replace(/(?<!\/)\/+$/, '');
  const version = VERSION_SEGMENT[service];
  return version === undefined || url.endsWith(`/${version}`) ? url : `${url}/${version}`;
}
