import type { Service } from '../service.ts';
import { assertHas, type Feature, has, oldestWith, type VersionRange } from './features.ts';

type HeadersOf = NonNullable<ConstructorParameters<typeof Service>[3]>;
/** With the address and token of the call that needs it; without them, those of the caller. */
type RangeOf = (of?: Parameters<HeadersOf>) => Promise<VersionRange>;

/** Nova as one caller reaches it during one request: each call at the oldest microversion that has what it uses. */
export class Nova {
  readonly #service: (headers: HeadersOf) => Service;
  readonly #range: RangeOf;

  /**
   * @param service Nova with these further headers.
   * @param range What this Nova supports; discovered once per address.
   */
  constructor(service: (headers: HeadersOf) => Service, range: RangeOf) {
    this.#service = service;
    this.#range = range;
  }

  /** For calls that use these features as far as the cloud has them. */
  using(...features: readonly Feature[]): Service {
    return this.#service(async (...of) => versionHeaders(oldestWith(await this.#range(of), features)));
  }

  /** For calls that are `not_implemented`, and not sent, where the cloud lacks one of these features. */
  needing(...features: readonly Feature[]): Service {
    return this.#service(async (...of) => {
      const range = await this.#range(of);
      assertHas(range, features);
      return versionHeaders(oldestWith(range, features));
    });
  }

  async has(feature: Feature): Promise<boolean> {
    return has(await this.#range(), feature);
  }

  /** @throws ComputeError `not_implemented` */
  async assertHas(...features: readonly Feature[]): Promise<void> {
    assertHas(await this.#range(), features);
  }
}

/** In Nova's old and new form. */
function versionHeaders(version: string): Record<string, string> {
  return { 'openstack-api-version': `compute ${version}`, 'x-openstack-nova-api-version': version };
}
