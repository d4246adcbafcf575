import type { Service } from '../../../src/dialects/nova/services.ts';
import { typeOf } from './catalog.ts';
import { onlyRegions, type RegionChoice } from './regions.ts';
import type { Token } from './token.ts';

/** An endpoint that is given by hand, as `LINGUANOVA_ENDPOINT_<TYPE>` has it. */
export interface GivenEndpoint {
  readonly service: Service;
  /** null: the default one. */
  readonly region: string | null;
  /** `%(project_id)s` stands for the token's project. */
  readonly url: string;
}

const PROJECT = /[%$]\((?:project|tenant)_id\)s/g;

/**
 * The token with given endpoints before those of its catalog, so that they count for every call. The catalog's stay: responses may
 * have their addresses.
 */
export function withGivenEndpoints(
  token: Token,
  given: readonly GivenEndpoint[],
  choice: Pick<RegionChoice, 'region'> & { readonly interface: string },
): Token {
  if (given.length === 0) return token;
  const { catalog, identity } = token;
  const byDefault = choice.region === null ? onlyRegions(catalog) : [choice.region];
  const entries = given.map(({ service, region, url }) => ({
    type: typeOf(catalog, service) ?? service,
    endpoints: (region === null ? byDefault : [region]).map((name) => ({
      interface: choice.interface,
      region: name,
      region_id: name,
      url: url.replaceAll(PROJECT, identity.projectId),
    })),
  }));
  return { ...token, catalog: [...entries, ...catalog] };
}
