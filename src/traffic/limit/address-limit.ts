import { clientNetwork } from '../../access/ip-address.ts';
import type { Counter } from './counter.ts';
import { Limiter } from './limiter.ts';

/** Spends one request of a client's network. Whole seconds until it may send the next one; null: now. */
export type AddressLimit = (address: string | null) => Promise<number | null>;

const WINDOW_SECONDS = 60;
/** Pages of a public container have many parts. */
const MAX_REQUESTS = 600;

/** Limits requests without a key by client network, over all gateways that share the counter; whatever `LINGUANOVA_LIMITS` says. */
export function addressLimit(counter: Counter, name: string, points = MAX_REQUESTS): AddressLimit {
  const limiter = new Limiter(counter);
  return async function spend(address) {
    const limit = { key: `${name}:address:${clientNetwork(address)}`, points, seconds: WINDOW_SECONDS };
    const { admitted, resetsInMs } = await limiter.admit([limit], 1);
    return admitted ? null : Math.max(1, Math.ceil(resetsInMs / 1000));
  };
}
