import { ComputeError } from '../../compute/errors.ts';

export interface StreamLimits {
  readonly perKey: number;
  /** For all keys of one project; half of `total`, rounded up, by default. */
  readonly perProject?: number;
  readonly total: number;
}

const RETRY_AFTER_S = 10;

/** Slots for streams, limited by key family and by project: no project gets all of them, however many keys it has. */
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

  /** Returns its release. @throws ComputeError `rate_limited`, or `unavailable` at the gateway's own limit. */
  acquire(familyId: string, projectId: string): () => void {
    const { perKey, perProject, total } = this.#limits;
    if ((this.#byFamily.get(familyId) ?? 0) >= perKey) throw limitReached('This API key', perKey);
    if ((this.#byProject.get(projectId) ?? 0) >= perProject) throw limitReached('This project', perProject);
    if (this.#total >= total) {
      const message = 'The gateway has reached its limit of event streams; retry later.';
      throw new ComputeError('unavailable', message, { retryAfter: RETRY_AFTER_S });
    }
    this.#add(familyId, projectId, 1);
    return () => this.#add(familyId, projectId, -1);
  }

  #add(familyId: string, projectId: string, count: 1 | -1): void {
    this.#total += count;
    add(this.#byFamily, familyId, count);
    add(this.#byProject, projectId, count);
  }
}

function add(counts: Map<string, number>, name: string, count: number): void {
  const sum = (counts.get(name) ?? 0) + count;
  if (sum > 0) counts.set(name, sum);
  else counts.delete(name);
}

function limitReached(owner: string, limit: number): ComputeError {
  const message = `${owner} has reached its limit of ${limit} event streams: close one first.`;
  return new ComputeError('rate_limited', message, { retryAfter: RETRY_AFTER_S });
}
