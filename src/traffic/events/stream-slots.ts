import { ComputeError } from '../../compute/errors.ts';

/** How many streams a gateway holds open. */
export interface StreamLimits {
  /** Of the keys of one family. */
  readonly perKey: number;
  /** Of all keys of one project; absent: half of all, rounded up. */
  readonly perProject?: number;
  readonly total: number;
}

/** When somebody may try again for whom there was no room, seconds. */
const RETRY_AFTER_S = 10;

/** Room for streams, by family of keys and by project: no project has all of it, however many keys it makes. */
export class StreamSlots {
  readonly #limits: Required<StreamLimits>;
  readonly #byFamily = new Map<string, number>();
  readonly #byProject = new Map<string, number>();
  #total = 0;

  constructor({ total, perProject = Math.ceil(total / 2), perKey }: StreamLimits) {
    this.#limits = { perKey, perProject, total };
  }

  get total(): number {
    return this.#total;
  }

  /**
   * Takes room for one stream.
   *
   * @returns Gives it back.
   * @throws ComputeError `rate_limited` when the key or its project has as many as it may, `unavailable` when all have.
   */
  acquire(familyId: string, projectId: string): () => void {
    const familyCount = this.#byFamily.get(familyId) ?? 0;
    const projectCount = this.#byProject.get(projectId) ?? 0;
    if (familyCount >= this.#limits.perKey) throw limitReached('API key', familyCount);
    if (projectCount >= this.#limits.perProject) throw limitReached('project', projectCount);
    if (this.#total >= this.#limits.total) {
      const message = 'There is no room for another stream of events.';
      throw new ComputeError('unavailable', message, { retryAfter: RETRY_AFTER_S });
    }
    this.#byFamily.set(familyId, familyCount + 1);
    this.#byProject.set(projectId, projectCount + 1);
    this.#total += 1;
    return () => {
      this.#total -= 1;
      release(this.#byFamily, familyId);
      release(this.#byProject, projectId);
    };
  }
}

function release(counts: Map<string, number>, name: string): void {
  const left = (counts.get(name) ?? 1) - 1;
  if (left > 0) counts.set(name, left);
  else counts.delete(name);
}

function limitReached(owner: string, streams: number): ComputeError {
  const message = `This ${owner} has ${streams} streams of events open, as many as it may: close one first.`;
  return new ComputeError('rate_limited', message, { retryAfter: RETRY_AFTER_S });
}
