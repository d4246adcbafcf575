import type { Service } from '../../../src/dialects/nova/services.ts';
import type { Logger } from '../../../src/telemetry/logger.ts';
import { mainTypeOf, typeOf } from './catalog.ts';
import type { CatalogRegions } from './regions.ts';
import type { Token } from './token.ts';

/** An endpoint that is given by hand, as `LINGUANOVA_ENDPOINT_<TYPE>` has it. */
export interface GivenEndpoint {
  readonly service: Service;
  /** null: the default one. */
  readonly region: string | null;
  /** `%(project_id)s` stands for the token's project. */
  readonly url: string;
}

interface GivenEndpointsOptions {
  readonly given?: readonly GivenEndpoint[];
  readonly interface: string;
  readonly regions: Pick<CatalogRegions, 'defaultsIn' | 'isServedIn'>;
  readonly log?: Logger | undefined;
}

const PROJECT = /[%$]\((?:project|tenant)_id\)s/g;

/** The endpoints that the operator gives by hand, in the regions that catalogs have. */
export class GivenEndpoints {
  readonly #options: GivenEndpointsOptions;
  /** In the log already. */
  readonly #unused = new Set<GivenEndpoint>();

  constructor(options: GivenEndpointsOptions) {
    this.#options = options;
  }

  /**
   * The token with given endpoints before those of its catalog, so that they count for every call. The catalog's stay: responses may
   * have their addresses.
   */
  addTo(token: Token): Token {
    const { given = [], interface: iface } = this.#options;
    const { catalog, identity } = token;
    const entries = given.map((one) => ({
      type: typeOf(catalog, one.service) ?? mainTypeOf(one.service),
      endpoints: this.#regionsOf(one, catalog).map((region) => ({
        interface: iface,
        region,
        region_id: region,
        url: one.url.replaceAll(PROJECT, identity.projectId),
      })),
    }));
    const added = entries.filter(({ endpoints }) => endpoints.length > 0);
    return added.length === 0 ? token : { ...token, catalog: [...added, ...catalog] };
  }

  #regionsOf(one: GivenEndpoint, catalog: Token['catalog']): readonly string[] {
    const { regions, log } = this.#options;
    const { service, region } = one;
    if (region === null) return regions.defaultsIn(catalog);
    if (regions.isServedIn(catalog, region)) return [region];
    if (!this.#unused.has(one)) log?.warn('endpoint_unused', { service, region });
    this.#unused.add(one);
    return [];
  }
}
