import * as z from 'zod';
import { SingleFlight } from '../../../src/async.ts';
import { ComputeError } from '../../../src/compute/errors.ts';
import { LruMap } from '../../../src/lru-map.ts';
import type { Transport } from '../http/transport.ts';
import { send, sharedContext, type UpstreamContext } from '../http/upstream-client.ts';
import { errorFrom, parseBody } from '../http/upstream-error.ts';
import type { Token } from '../keystone/token.ts';
import type { VersionRange } from './features.ts';

const VersionDocument = z.object({
  version: z.object({ version: z.string(), min_version: z.string() }),
});

/** Of Nova; one per region and interface is usual. */
const MAX_ADDRESSES = 100;

/** A Nova may be upgraded or downgraded. */
const VERSION_TTL_MS = 600_000;

const DISCOVERY_TIMEOUT_MS = 10_000;

/** Nova before microversions, which names none. */
const OLDEST = '2.1';

/** Discovers, and caches per address of Nova, its microversions. */
export class Microversions {
  readonly #transport: Transport;
  readonly #background: ((work: Promise<unknown>) => void) | undefined;
  readonly #cached = new LruMap<VersionRange>({ max: MAX_ADDRESSES, lifetimeMs: VERSION_TTL_MS });
  readonly #discoveries = new SingleFlight<VersionRange>();

  /** @param background As in `FlightOptions`. */
  constructor(transport: Transport, background?: (work: Promise<unknown>) => void) {
    this.#transport = transport;
    this.#background = background;
  }

  async range(address: string, token: Token, context: UpstreamContext): Promise<VersionRange> {
    const root = address.replace(/(\/v2\.1)\/.*$/s, '$1');
    const cached = this.#cached.get(root);
    if (cached !== undefined) return cached;
    const discover = async () => {
      const shared = sharedContext(context, DISCOVERY_TIMEOUT_MS, undefined);
      const range = await this.#discover(root, token, shared);
      this.#cached.set(root, range);
      return range;
    };
    return this.#discoveries.run(root, discover, { background: this.#background });
  }

  async #discover(root: string, token: Token, context: UpstreamContext): Promise<VersionRange> {
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
    const { version, min_version: oldest } = parseBody(response, VersionDocument).version;
    return { oldest: oldest || OLDEST, newest: version || OLDEST };
  }
}
