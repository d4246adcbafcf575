import { ComputeError } from '../../../src/compute/errors.ts';
import type { Region, ServedRegions } from '../../../src/compute/regions.ts';
import { noBlockStorage } from '../../../src/compute/volumes.ts';
import type { ServiceType } from '../http/transport.ts';
import { entriesOf, regionOf, serviceOfType } from './catalog.ts';
import type { CatalogEntry } from './token.ts';

type Catalog = readonly CatalogEntry[];

/** Which regions an operator serves. */
export interface RegionChoice {
  /** `OS_REGION_NAME`; null: the cloud's only one. */
  readonly region: string | null;
  /** `LINGUANOVA_REGIONS`: the default one and others; `*`: all of the catalog. Absent: the default one. */
  readonly served?: readonly string[] | '*' | undefined;
}

/** The regions of the catalogs that were read so far, as the operator's choice admits them. */
export class CatalogRegions implements ServedRegions {
  readonly default: string;
  readonly #served: readonly string[] | '*';
  readonly #known = new Set<string>();

  constructor({ region, served = [] }: RegionChoice) {
    this.default = region ?? '';
    this.#served = served;
  }

  resolve(name: string): string | null | undefined {
    const isKnown = this.#known.has(name);
    if (this.default === '') return isKnown ? '' : this.#known.size > 0 ? null : undefined;
    if (name === this.default || (this.#served === '*' ? isKnown : this.#served.includes(name))) return name;
    return this.#served === '*' ? undefined : null;
  }

  /** Whether a catalog has it. */
  isKnown(name: string): boolean {
    return this.#known.has(name);
  }

  served(): readonly string[] {
    const all = this.#served === '*' ? this.#known : this.#served;
    return [...new Set([this.default, ...all])];
  }

  /** To be called with each catalog that Keystone issues. */
  learn(catalog: Catalog): void {
    const names = this.default === '' ? onlyRegions(catalog) : catalog.flatMap(regionsOf);
    for (const name of names) if (this.#known.size < MAX_REGIONS) this.#known.add(name);
  }

  /** The name in this catalog. @throws ComputeError As `onlyRegions` has several. */
  nameIn(catalog: Catalog, region: string): string {
    if (region !== '') return region;
    const [first = '', ...others] = onlyRegions(catalog);
    if (others.length === 0) return first;
    throw new ComputeError('unavailable', 'The cloud has several regions, and this gateway is given none.', {
      cause: new Error(`OS_REGION_NAME has to name one of ${[first, ...others].join(', ')}`),
    });
  }

  /** The served ones of a catalog with the services that each has by this interface; the default one first. */
  listIn(catalog: Catalog, iface: string): Region[] {
    const found = new Map<string, Set<string>>();
    for (const { type, endpoints } of catalog) {
      for (const endpoint of endpoints) {
        const name = regionOf(endpoint);
        if (endpoint.interface !== iface || name === undefined || this.resolve(name) == null) continue;
        found.set(name, (found.get(name) ?? new Set()).add(serviceOfType(type)));
      }
    }
    return [...found]
      .map(([name, services]) => ({
        name,
        isDefault: this.resolve(name) === this.default,
        services: [...services].sort(),
      }))
      .sort((a, b) => Number(b.isDefault) - Number(a.isDefault) || (a.name < b.name ? -1 : 1));
  }
}

/** Bounds what a broken catalog may take. */
const MAX_REGIONS = 1_000;

/**
 * Where the operator has named none: those of compute, of which there has to be one. The order of a catalog means nothing. A catalog
 * without compute has one for an endpoint that is given by hand.
 */
export function onlyRegions(catalog: Catalog): string[] {
  const ofCompute = catalog.filter(({ type }) => type === 'compute').flatMap(regionsOf);
  return [...new Set(ofCompute.length > 0 ? ofCompute : catalog.flatMap(regionsOf))];
}

function regionsOf({ endpoints }: CatalogEntry): string[] {
  return endpoints.flatMap((endpoint) => regionOf(endpoint) ?? []);
}

/** Why a service cannot be called in a region: another has it, or the cloud has none. The latter is for the operator to fix. */
export function missingService(catalog: Catalog, service: ServiceType, region: string): ComputeError {
  if (entriesOf(catalog, service).length > 0)
    return new ComputeError('not_implemented', `Region ${region} of this cloud has no ${service} service.`);
  return service === 'volume'
    ? noBlockStorage()
    : new ComputeError('unavailable', `This cloud has no ${service} service.`);
}
