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
const RETRY_AFTER = 10;

/** Room for streams, by family of keys and by project: no project has all of it, however many keys it makes. */
export class Room {
  readonly #limits: Required<StreamLimits>;
  readonly #ofKeys = new Map<string, number>();
  readonly #ofProjects = new Map<string, number>();
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
  take(familyId: string, projectId: string): () => void {
    const ofKey = this.#ofKeys.get(familyId) ?? 0;
    const ofProject = this.#ofProjects.get(projectId) ?? 0;
    if (ofKey >= this.#limits.perKey) throw asManyAsItMay('API key', ofKey);
    if (ofProject >= this.#limits.perProject) throw asManyAsItMay('project', ofProject);
    if (this.#total >= this.#limits.total) {
      const message = 'There is no room for another stream of events.';
      throw new ComputeError('unavailable', message, { retryAfter: RETRY_AFTER });
    }
    this.#ofKeys.set(familyId, ofKey + 1);
    this.#ofProjects.set(projectId, ofProject + 1);
    this.#total += 1;
    return () => {
      this.#total -= 1;
      giveBack(this.#ofKeys, familyId);
      giveBack(this.#ofProjects, projectId);
    };
  }
}

function giveBack(taken: Map<string, number>, name: string): void {
  const left = (taken.get(name) ?? 1) - 1;
  if (left > 0) taken.set(name, left);
  else taken.delete(name);
}

function asManyAsItMay(owner: string, streams: number): ComputeError {
  const message = `This ${owner} has ${streams} streams of events open, as many as it may: close one first.`;
  return new ComputeError('rate_limited', message, { retryAfter: RETRY_AFTER });
}
