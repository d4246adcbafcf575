interface Wait {
  readonly from: Set<string>;
  /** Who must answer; null: not known yet. */
  needed: readonly string[] | null;
  readonly done: () => void;
}

/** Who has answered to what this gateway has announced. */
export class Acknowledgements {
  readonly #waits = new Map<number, Wait>();
  #last = 0;

  /** Waits for answers to a message that is still to be sent. */
  expect(): {
    id: number;
    from: (needed: readonly string[], atMost: number) => Promise<void>;
    cancel: () => void;
  } {
    this.#last += 1;
    const id = this.#last;
    const { promise, resolve: done } = Promise.withResolvers<void>();
    const wait: Wait = { needed: null, from: new Set(), done };
    this.#waits.set(id, wait);
    const cancel = () => {
      this.#waits.delete(id);
    };
    const from = async (needed: readonly string[], atMost: number) => {
      wait.needed = needed;
      const timer = setTimeout(done, atMost);
      this.#check(wait);
      await promise;
      clearTimeout(timer);
      cancel();
    };
    return { id, from, cancel };
  }

  heard(id: number, node: string): void {
    const wait = this.#waits.get(id);
    if (wait === undefined) return;
    wait.from.add(node);
    this.#check(wait);
  }

  #check({ needed, from, done }: Wait): void {
    if (needed?.every((node) => from.has(node))) done();
  }
}
