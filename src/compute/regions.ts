/** Regions of a cloud, and the tenants that state belongs to: a project in one of them. */

/** Owner of whatever is cached or stored for a project in a region. Made by `tenantOf` only. */
export type Tenant = string & { readonly tenant: unique symbol };

export interface Located {
  /** As `CallContext.region`. */
  readonly region: string;
  readonly projectId: string;
}

/** No project id has a slash, and no region after encoding, so that no two tenants share a text. */
export function tenantOf({ region, projectId }: Located): Tenant {
  return `${encodeURIComponent(region)}/${projectId}` as Tenant;
}

/** The regions that a driver serves, as far as it knows them without I/O. */
export interface ServedRegions {
  /** `CallContext.region` of a request that names none; empty where the operator has not named it: the cloud's only one. */
  readonly default: string;
  /** `CallContext.region` for a name as clients write it. null: not served; undefined: unknown until a catalog has been read. */
  resolve(name: string): string | null | undefined;
  /** As `CallContext.region`: those known so far, the default one first. */
  served(): readonly string[];
}

export interface Region {
  readonly name: string;
  readonly isDefault: boolean;
  /** Official types of its services. */
  readonly services: readonly string[];
}

/** Of a cloud without regions. */
export const NO_REGIONS: ServedRegions = {
  default: '',
  resolve: (name) => (name === ONLY_REGION ? '' : null),
  served: () => [''],
};

/** As DevStack names it. */
export const ONLY_REGION = 'RegionOne';
