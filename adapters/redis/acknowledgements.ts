import { withTimeout } from '../../src/async.ts';

interface PendingAcks {
  readonly acked: Set<string>;
  /** Who must answer; null: not known yet. */
  needed: readonly string[] | null;
  readonly done: () => void;
}

/** Who has answered to what this gateway has announced. */
export class Acknowledgements {
  readonly #pending = new Map<number, PendingAcks>();
  #lastId = 0;

  /** Waits for answers to a message that is still to be sent. */
  expect(): {
    id: number;
    from: (needed: readonly string[], atMost: number) => Promise<void>;
    cancel: () => void;
  } {
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve: done } = Promise.withResolvers<void>();
    const wait: PendingAcks = { needed: null, acked: new Set(), done };
    this.#pending.set(id, wait);
    const cancel = () => {
      this.#pending.delete(id);
    };
    const from = async (needed: readonly string[], atMost: number) => {
      wait.needed = needed;
      this.#check(wait);
      await withTimeout(promise, atMost, () => {});
      cancel();
    };
    return { id, from, cancel };
  }

  ack(id: number, node: string): void {
    const wait = this.#pending.get(id);
    if (wait === undefined) return;
    wait.acked.add(node);
    this.#check(wait);
  }

  #check({ needed, acked: from, done }: PendingAcks): void {
    if (needed?.every((node) => from.has(node))) done();
  }
}
