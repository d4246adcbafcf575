import { ComputeError } from '../../compute/errors.ts';

/** How many streams a gateway holds open. */
export interface StreamLimits {
  /** Of the keys of one family. */
  readonly perKey: number;
  readonly total: number;
}

/** When somebody may try again for whom there was no room, seconds. */
const RETRY_AFTER = 10;

/** Room for streams, by family of keys. */
export class Room {
  readonly #limits: StreamLimits;
  readonly #taken = new Map<string, number>();
  #total = 0;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  get total(): number {
    return this.#total;
  }

  /**
   * Takes room for one stream.
   *
   * @returns Gives it back.
   * @throws ComputeError `rate_limited` when the key has as many as it may, `unavailable` when all have.
   */
  take(familyId: string): () => void {
    const taken = this.#taken.get(familyId) ?? 0;
    if (taken >= this.#limits.perKey) {
      const message = `This API key has ${taken} streams of events open, as many as it may.`;
      throw new ComputeError('rate_limited', message, { retryAfter: RETRY_AFTER });
    }
    if (this.#total >= this.#limits.total) {
      const message = 'There is no room for another stream of events.';
      throw new ComputeError('unavailable', message, { retryAfter: RETRY_AFTER });
    }
    this.#taken.set(familyId, taken + 1);
    this.#total += 1;
    return () => {
      const left = (this.#taken.get(familyId) ?? 1) - 1;
      this.#total -= 1;
      if (left > 0) this.#taken.set(familyId, left);
      else this.#taken.delete(familyId);
    };
  }
}
