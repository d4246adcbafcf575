import * as z from 'zod';
import { SingleFlight } from '../../../src/async.ts';
import { ComputeError } from '../../../src/compute/errors.ts';
import { LruMap } from '../../../src/lru-map.ts';
import type { Transport } from '../http/transport.ts';
import { send, sharedContext, type UpstreamContext } from '../http/upstream-client.ts';
import { errorFrom, parseBody } from '../http/upstream-error.ts';
import type { Token } from '../keystone/token.ts';

/**
 * The highest microversion the adapter speaks: from 2.47 on a server no longer names its flavor's id. It includes all that
 * actions need (2.45: createImage returns the image's id; 2.35: key pairs in pages; 2.15: soft server group policies).
 */
const MAX_MICROVERSION = '2.46';

const VersionDocument = z.object({
  version: z.object({ version: z.string(), min_version: z.string() }),
});

/** Of Nova; one per region and interface is usual. */
const MAX_ADDRESSES = 100;

/** A Nova may be upgraded or downgraded. */
const VERSION_TTL_MS = 600_000;

const DISCOVERY_TIMEOUT_MS = 10_000;

/** Discovers, and caches per address of Nova, its highest microversion. */
export class Microversions {
  readonly #transport: Transport;
  readonly #background: ((work: Promise<unknown>) => void) | undefined;
  readonly #cached = new LruMap<string>({ max: MAX_ADDRESSES, lifetimeMs: VERSION_TTL_MS });
  readonly #discoveries = new SingleFlight<string>();

  /** @param background As in `FlightOptions`. */
  constructor(transport: Transport, background?: (work: Promise<unknown>) => void) {
    this.#transport = transport;
    this.#background = background;
  }

  /** The headers that select it, in Nova's old and new form. */
  async headers(address: string, token: Token, context: UpstreamContext): Promise<Record<string, string>> {
    const highest = await this.#highest(address, token, context);
    return versionHeaders(compareVersions(highest, MAX_MICROVERSION) < 0 ? highest : MAX_MICROVERSION);
  }

  /** Whether the Nova at that address supports this version, even if it is newer than the gateway's. */
  async supports(version: string, address: string, token: Token, context: UpstreamContext): Promise<boolean> {
    return compareVersions(await this.#highest(address, token, context), version) >= 0;
  }

  async #highest(address: string, token: Token, context: UpstreamContext): Promise<string> {
    const root = address.replace(/(\/v2\.1)\/.*$/s, '$1');
    const cached = this.#cached.get(root);
    if (cached !== undefined) return cached;
    const discover = async () => {
      const shared = sharedContext(context, DISCOVERY_TIMEOUT_MS, undefined);
      const version = await this.#discover(root, token, shared);
      this.#cached.set(root, version);
      return version;
    };
    return this.#discoveries.run(root, discover, { background: this.#background });
  }

  async #discover(root: string, token: Token, context: UpstreamContext): Promise<string> {
    const response = await send(
      this.#transport,
      {
        service: 'compute',
        method: 'GET',
        url: root,
        headers: { accept: 'application/json', 'x-auth-token': token.id },
      },
      context,
    );
    if (response.status !== 200) {
      const cause = errorFrom('compute', response);
      throw new ComputeError('unavailable', 'The cloud is not available at the moment.', { cause });
    }
    const { version, min_version: minimum } = parseBody(response, VersionDocument).version;
    if (compareVersions(MAX_MICROVERSION, minimum) < 0) {
      throw new ComputeError('unavailable', 'This cloud is too new for this gateway.', {
        cause: new Error(`Nova supports ${minimum} and newer, the gateway ${MAX_MICROVERSION} and older`),
      });
    }
    return version;
  }
}

/** In Nova's old and new form. */
export function versionHeaders(version: string): Record<string, string> {
  return { 'openstack-api-version': `compute ${version}`, 'x-openstack-nova-api-version': version };
}

/** Negative when `a` is older. An empty version is Nova before microversions: older than all. */
export function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA - majorB || minorA - minorB;
}
