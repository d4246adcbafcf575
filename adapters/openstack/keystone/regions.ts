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
  /** Without a default one: those of compute. */
  readonly #known = new Set<string>();
  /** Without a default one: those of catalogs that have no compute. They count as long as no catalog has one. */
  readonly #withoutCompute = new Set<string>();

  constructor({ region, served = [] }: RegionChoice) {
    this.default = region ?? '';
    this.#served = served;
  }

  resolve(name: string): string | null | undefined {
    if (this.default === '') {
      const [only, ...others] = this.#candidates;
      if (only === undefined) return undefined;
      // Of several, each may be the only one of a project, and the default one of its requests.
      return others.length === 0 && name === only ? '' : null;
    }
    const isServed = this.#served === '*' ? this.#known.has(name) : this.#served.includes(name);
    if (name === this.default || isServed) return name;
    return this.#served === '*' ? undefined : null;
  }

  /** Whether a catalog has it. */
  isKnown(name: string): boolean {
    return this.#known.has(name) || this.#withoutCompute.has(name);
  }

  served(): readonly string[] {
    const all = this.#served === '*' ? this.#known : this.#served;
    return [...new Set([this.default, ...all])];
  }

  /** To be called with each catalog that Keystone issues, without endpoints that are given by hand. */
  learn(catalog: Catalog): void {
    const ofCompute = regionsOfCompute(catalog);
    const isWithout = this.default === '' && ofCompute.length === 0;
    const names = this.default === '' && !isWithout ? ofCompute : catalog.flatMap(regionsOf);
    const known = isWithout ? this.#withoutCompute : this.#known;
    for (const name of names) if (known.size < MAX_REGIONS) known.add(name);
  }

  /**
   * The default one, by its name. Where the operator has named none: those of compute, of which there has to be one. The order of a
   * catalog means nothing.
   */
  defaultsIn(catalog: Catalog): readonly string[] {
    if (this.default !== '') return [this.default];
    const ofCompute = regionsOfCompute(catalog);
    return ofCompute.length > 0 ? ofCompute : [...this.#candidates];
  }

  /** Whether a region that the operator names is served: by its name, or with all of the catalog. */
  isServedIn(catalog: Catalog, name: string): boolean {
    if (name === this.default) return true;
    return this.#served === '*' ? catalog.flatMap(regionsOf).includes(name) : this.#served.includes(name);
  }

  /** The name in this catalog. @throws ComputeError As `defaultsIn` has several. */
  nameIn(catalog: Catalog, region: string): string {
    if (region !== '') return region;
    const [first = '', ...others] = this.defaultsIn(catalog);
    if (others.length === 0) return first;
    throw new ComputeError('unavailable', 'The cloud has several regions, and this gateway is given none.', {
      cause: new Error(`OS_REGION_NAME has to name one of ${[first, ...others].join(', ')}`),
    });
  }

  /** The served ones of a catalog with the services that each has by this interface; the default one first. */
  listIn(catalog: Catalog, iface: string): Region[] {
    const found = new Map<string, Set<string>>();
    const defaults = this.defaultsIn(catalog);
    const isServed = (name: string) => defaults.includes(name) || this.resolve(name) != null;
    for (const { type, endpoints } of catalog) {
      for (const endpoint of endpoints) {
        const name = regionOf(endpoint);
        if (endpoint.interface !== iface || name === undefined || !isServed(name)) continue;
        found.set(name, (found.get(name) ?? new Set()).add(serviceOfType(type)));
      }
    }
    return [...found]
      .map(([name, services]) => ({
        name,
        isDefault: defaults.includes(name),
        services: [...services].sort(),
      }))
      .sort((a, b) => Number(b.isDefault) - Number(a.isDefault) || (a.name < b.name ? -1 : 1));
  }

  /** Without a default one: those that it may be. */
  get #candidates(): ReadonlySet<string> {
    return this.#known.size > 0 ? this.#known : this.#withoutCompute;
  }
}

/** Bounds what a broken catalog may take. */
const MAX_REGIONS = 1_000;

function regionsOfCompute(catalog: Catalog): string[] {
  return [...new Set(catalog.filter(({ type }) => type === 'compute').flatMap(regionsOf))];
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
