import { sleep } from '../async.ts';
import { deadlineIn, monotonicMs, remainingMs } from '../clock.ts';
import { ComputeError } from '../compute/errors.ts';
import { LruMap } from '../lru-map.ts';

/** A project's next read waits so many times the duration of the last one: its reads take at most a fifth of the database's time. */
const PAUSE_FACTOR = 4;
const MAX_WAITING = 8;
const MAX_WAIT_MS = 5_000;
const POLL_MS = 20;
const PROJECTS = 10_000;

/**
 * One read of a project at a time, with pauses in between, so that no customer occupies the database. Waiters poll, because Workers
 * end a request that waits for a promise of another request.
 */
export class ReadTurns {
  readonly #running = new Set<string>();
  readonly #waiting = new Map<string, number>();
  /** When the pause of a project ends, monotonic ms. */
  readonly #pauses = new LruMap<number>({ max: PROJECTS });

  /** @throws ComputeError `rate_limited` if too many are waiting or the wait was too long; errors of `read`. */
  async run<T>(projectId: string, read: () => Promise<T>): Promise<T> {
    if (!this.#mayRun(projectId)) await this.#wait(projectId);
    this.#running.add(projectId);
    const startedAt = monotonicMs();
    try {
      return await read();
    } finally {
      const endedAt = monotonicMs();
      this.#pauses.set(projectId, endedAt + PAUSE_FACTOR * (endedAt - startedAt));
      this.#running.delete(projectId);
    }
  }

  #mayRun(projectId: string): boolean {
    return !this.#running.has(projectId) && (this.#pauses.get(projectId) ?? 0) <= monotonicMs();
  }

  async #wait(projectId: string): Promise<void> {
    const before = this.#waiting.get(projectId) ?? 0;
    if (before >= MAX_WAITING) throw tooMany();
    const deadline = deadlineIn(MAX_WAIT_MS);
    this.#waiting.set(projectId, before + 1);
    try {
      while (!this.#mayRun(projectId)) {
        if (remainingMs(deadline) <= 0) throw tooMany();
        await sleep(POLL_MS);
      }
    } finally {
      const left = (this.#waiting.get(projectId) ?? 1) - 1;
      if (left === 0) this.#waiting.delete(projectId);
      else this.#waiting.set(projectId, left);
    }
  }
}

function tooMany(): ComputeError {
  return new ComputeError('rate_limited', 'This project is reading its usage already. Retry later.', {
    retryAfter: 5,
  });
}
