import {
  type FurtherService,
  isFurtherService,
  isOfficialService,
  isOtherService,
  type OtherService,
} from '../../../src/further-services.ts';
import { belowRoot, projectIn, rootOf, serviceOfType } from './catalog.ts';
import type { CatalogEntry } from './token.ts';

interface Address {
  readonly service: string;
  /** Empty for what is no URL. */
  readonly origin: string;
  /** Both as URL parsers print them, without trailing slash. */
  readonly root: string;
  /** With the version, without the project. */
  readonly versioned: string;
}

/** Where the services of a catalog are, by whatever interface and region, so that none is reached by way of another. */
export class Addresses {
  /** By origin, since services of other origins are never neighbours. */
  readonly #all: ReadonlyMap<string, readonly Address[]>;
  /** The types that OpenStack has no name for. */
  readonly others: readonly OtherService[];

  constructor(catalog: readonly CatalogEntry[], authUrl: string) {
    const found = catalog.flatMap(({ type, endpoints }) => {
      const service = serviceOfType(type);
      return endpoints.map(({ url }) => ({ service, ...addressOf(url) }));
    });
    const all = [{ service: 'identity', ...addressOf(authUrl) }, ...found];
    this.#all = Map.groupBy(all, ({ origin }) => origin);
    this.others = [...new Set(catalog.map(({ type }) => type).filter(isOtherService))];
  }

  /**
   * Whether a service of which the gateway knows the name only is at an address of its own. At that of compute or identity, the
   * gateway's rules would not hold; and a type that OpenStack has no name for may be any other service.
   */
  isOwn(service: FurtherService, url: string): boolean {
    const { origin, root } = addressOf(url);
    const neighbours = this.#at(origin).filter((one) => one.service !== service && one.root === root);
    return neighbours.every(({ service: other }) => isOfficialService(service) && isFurtherService(other));
  }

  /**
   * Paths below the root of a service at which others are: those that share the root by their version, any other as a whole, since a
   * service may serve versions that no catalog has.
   */
  below(service: FurtherService, url: string): readonly string[] {
    const { origin, root, versioned } = addressOf(url);
    const paths = this.#at(origin)
      .filter((one) => one.service !== service && one.versioned !== versioned)
      .map((one) => (one.root === root ? one.versioned : one.root))
      .filter((address) => address.startsWith(`${root}/`))
      .map((address) => address.slice(root.length));
    return [...new Set(paths)];
  }

  #at(origin: string): readonly Address[] {
    return this.#all.get(origin) ?? [];
  }
}

function addressOf(url: string): Omit<Address, 'service'> {
  const root = rootOf(url);
  const below = belowRoot(url);
  const version = below.slice(0, below.length - projectIn(url).length);
  const parsed = URL.parse(root);
  if (parsed === null) return { origin: '', root, versioned: root + version };
  const printed = parsed.href.replace(/\/$/, '');
  return { origin: parsed.origin, root: printed, versioned: printed + version };
}
