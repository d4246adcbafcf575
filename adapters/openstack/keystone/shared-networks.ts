import type { ServiceType } from '../http/transport.ts';
import { type EndpointChoice, endpointOf, entriesOf, regionOf, rootOf } from './catalog.ts';
import type { CatalogEntry } from './token.ts';

type Catalog = readonly CatalogEntry[];

/**
 * Another region of the catalog with the same network service, by whatever interface; null: none. A region that has the same compute
 * service too is the same one under another name.
 */
export function regionSharingNetworks(catalog: Catalog, own: EndpointChoice): string | null {
  const networks = networkRoots(catalog, own.region);
  const compute = rootIn(catalog, 'compute', own);
  const isOther = (region: string) =>
    region !== own.region &&
    networkRoots(catalog, region).some((root) => networks.includes(root)) &&
    (compute === null || rootIn(catalog, 'compute', { ...own, region }) !== compute);
  const regions = entriesOf(catalog, 'network').flatMap((endpoint) => regionOf(endpoint) ?? []);
  return regions.find(isOther) ?? null;
}

function networkRoots(catalog: Catalog, region: string): (string | null)[] {
  const interfaces = entriesOf(catalog, 'network')
    .filter((endpoint) => regionOf(endpoint) === region)
    .map((endpoint) => endpoint.interface);
  return interfaces.map((name) => rootIn(catalog, 'network', { region, interface: name }));
}

/** As URL parsers print it. */
function rootIn(catalog: Catalog, service: ServiceType, choice: EndpointChoice): string | null {
  const address = endpointOf(catalog, service, choice);
  if (address === null) return null;
  const root = rootOf(address);
  return (URL.parse(root)?.href ?? root).replace(/\/$/, '');
}
