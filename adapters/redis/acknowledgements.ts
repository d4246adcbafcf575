interface Wait {
  /** How many must answer; not known before the message is on its way. */
  needed: number;
  readonly from: Set<string>;
  readonly done: () => void;
}

/** Who has answered to what this gateway has told. */
export class Acknowledgements {
  readonly #waits = new Map<number, Wait>();
  #last = 0;

  /**
   * Waits for answers to a message that is still to be sent.
   *
   * @param milliseconds How long at most, from when it is known how many answers there are to be.
   */
  expect(milliseconds: number): { id: number; from: (needed: number) => Promise<void>; cancel: () => void } {
    this.#last += 1;
    const id = this.#last;
    let done = () => {};
    const all = new Promise<void>((resolve) => {
      done = resolve;
    });
    const wait: Wait = { needed: Number.POSITIVE_INFINITY, from: new Set(), done };
    this.#waits.set(id, wait);
    const cancel = () => {
      this.#waits.delete(id);
    };
    const from = async (needed: number) => {
      wait.needed = needed;
      const timer = setTimeout(done, milliseconds);
      this.#look(wait);
      await all;
      clearTimeout(timer);
      cancel();
    };
    return { id, from, cancel };
  }

  heard(id: number, node: string): void {
    const wait = this.#waits.get(id);
    if (wait === undefined) return;
    wait.from.add(node);
    this.#look(wait);
  }

  /** Nobody can be heard any more. */
  giveUp(): void {
    for (const { done } of this.#waits.values()) done();
  }

  #look({ needed, from, done }: Wait): void {
    if (from.size >= needed) done();
  }
}
