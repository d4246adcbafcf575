/**
 * What the stages of a request say beside its answer, gathered before there is one. As plain text, and put on the answer once:
 * a `Headers` object of a dozen fields costs about as much as everything else about an answer that is ready, and hono makes the
 * whole `Response` again for each header that is set on a finished one.
 */
export class ResponseHeaders {
  readonly #fields: Record<string, string> = {};
  /** The answer that has them already. */
  #carrier: Response | null = null;

  /** Wins over what the answer itself says. */
  set(name: string, value: string): void {
    this.#fields[name] = value;
  }

  get(name: string): string | undefined {
    return this.#fields[name];
  }

  /**
   * An answer with these headers and the gathered ones, for handlers that answer from memory: nothing but plain objects down to
   * the server.
   */
  respond(
    body: Uint8Array<ArrayBuffer> | string | null,
    status: number,
    headers: Readonly<Record<string, string>>,
  ): Response {
    this.#carrier = new Response(body, { status, headers: { ...headers, ...this.#fields } });
    return this.#carrier;
  }

  /**
   * The same for an answer that others made up: whatever they say under a gathered name is left out, however it is written.
   *
   * @param headers By lower-case name.
   */
  respondWith(
    body: Uint8Array | ReadableStream<Uint8Array> | string | null,
    status: number,
    headers: Readonly<Record<string, string>>,
  ): Response {
    const all: Record<string, string> = {};
    for (const name in headers) if (!this.#has(name)) all[name] = headers[name] ?? '';
    for (const name in this.#fields) all[name] = this.#fields[name] ?? '';
    this.#carrier = new Response(body as BodyInit | null, { status, headers: all });
    return this.#carrier;
  }

  /** @param name In lower case. */
  #has(name: string): boolean {
    for (const own in this.#fields) {
      if (own.length === name.length && own.toLowerCase() === name) return true;
    }
    return false;
  }

  /** Whether `response` was made here, so that it has them. */
  isAppliedTo(response: Response): boolean {
    return response === this.#carrier;
  }

  /** Puts them on an answer that was made elsewhere. */
  applyTo(response: Response): void {
    for (const name in this.#fields) response.headers.set(name, this.#fields[name] ?? '');
  }
}
