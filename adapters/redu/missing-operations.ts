import { ComputeError } from '../../src/compute/errors.ts';
import { LruMap } from '../../src/lru-map.ts';

/** How long it is believed that the far side cannot do something, milliseconds: it may be upgraded. */
const MISSING_TTL_MS = 60_000;

/**
 * What a redu cloud turned out not to do. Only its documentation's four reads are required of it; whether it does more is
 * found on first use.
 */
export class MissingOperations {
  readonly #missing = new LruMap<true>({
    max: 100,
    lifetimeMs: MISSING_TTL_MS,
  });

  /** @throws ComputeError `not_implemented` when `operation` is known to be missing. */
  assertSupported(operation: string): void {
    if (this.#missing.has(operation)) throw notImplemented(operation);
  }

  has(operation: string): boolean {
    return this.#missing.has(operation);
  }

  /** Notes that `operation` is missing; the error to answer. */
  add(operation: string): ComputeError {
    this.#missing.set(operation, true);
    return notImplemented(operation);
  }
}

function notImplemented(operation: string): ComputeError {
  return new ComputeError('not_implemented', `The cloud behind this gateway cannot do this: ${operation}.`);
}
