/** Aborts a coalesced fetch once the last of the clients that wait for it has disconnected. */
export class SharedAbort {
  readonly #controller = new AbortController();
  readonly #onAbort: () => void;
  #clients = 0;

  constructor(onAbort: () => void) {
    this.#onAbort = onAbort;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** @param client Aborted when the client disconnects; undefined: it never does. */
  join(client: AbortSignal | undefined): void {
    this.#clients += 1;
    if (client === undefined) return;
    const leave = () => {
      this.#clients -= 1;
      if (this.#clients > 0) return;
      this.#onAbort();
      this.#controller.abort();
    };
    if (client.aborted) leave();
    else client.addEventListener('abort', leave, { once: true });
  }
}
