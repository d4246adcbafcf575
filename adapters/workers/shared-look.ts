/** Between two glances whether somebody else's look is over, milliseconds. */
const GLANCE = 1;

interface Look<Result> {
  /** Nobody may join any more: what it finds may be older than who comes now. */
  begun: boolean;
  outcome: { readonly found: Result } | null;
  failed: boolean;
  readonly opened: number;
}

/**
 * Looks that requests which come at the same time share. Whoever comes while one is under way gathers with the others that do,
 * and one of them looks for all: so each is told what was found after it came.
 *
 * Who waits for another request's look glances at it with a timer of its own. A promise that another request settles is not
 * enough here: the runtime has to move what comes after it to the request that waits, and under load it now and then does not.
 */
export class SharedLooks<Result> {
  readonly #gathering = new Map<string, Look<Result>>();
  readonly #running = new Map<string, number>();
  readonly #patience: number;

  /** @param patience Milliseconds that somebody waits for another's look before looking for itself. */
  constructor(patience: number) {
    this.#patience = patience;
  }

  /** What `look` finds, begun after this call. */
  async look(name: string, look: () => Promise<Result>): Promise<Result> {
    const gathered = this.#gathering.get(name);
    if (gathered !== undefined && !gathered.begun && Date.now() - gathered.opened < this.#patience) {
      while (!gathered.failed && Date.now() - gathered.opened < this.#patience) {
        await new Promise((resolve) => setTimeout(resolve, GLANCE));
        if (gathered.outcome !== null) return gathered.outcome.found;
      }
      return look();
    }
    return this.#lead(name, look);
  }

  async #lead(name: string, look: () => Promise<Result>): Promise<Result> {
    const own: Look<Result> = { begun: false, outcome: null, failed: false, opened: Date.now() };
    this.#gathering.set(name, own);
    // Nobody else is at it: there is nobody to gather with.
    if ((this.#running.get(name) ?? 0) > 0) await new Promise((resolve) => setTimeout(resolve, GLANCE));
    own.begun = true;
    if (this.#gathering.get(name) === own) this.#gathering.delete(name);
    this.#running.set(name, (this.#running.get(name) ?? 0) + 1);
    try {
      const found = await look();
      own.outcome = { found };
      return found;
    } catch (error) {
      own.failed = true;
      throw error;
    } finally {
      const others = (this.#running.get(name) ?? 1) - 1;
      if (others > 0) this.#running.set(name, others);
      else this.#running.delete(name);
    }
  }
}
