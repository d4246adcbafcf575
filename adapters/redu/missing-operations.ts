import { ComputeError } from '../../src/compute/errors.ts';
import { LruMap } from '../../src/lru-map.ts';

/** Then the operation is tried again: the cloud may have been upgraded. */
const MISSING_TTL_MS = 60_000;

/**
 * Operations that a redu cloud turned out not to support. Only the four documented reads are required; the rest is discovered on
 * first use.
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

  /** Records that `operation` is missing, and returns the error for it. */
  add(operation: string): ComputeError {
    this.#missing.set(operation, true);
    return notImplemented(operation);
  }
}

function notImplemented(operation: string): ComputeError {
  return new ComputeError('not_implemented', `The cloud behind this gateway cannot do this: ${operation}.`);
}
