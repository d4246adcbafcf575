/**
 * Collects response headers of the stages and applies them once: hono recreates the `Response` for each header set on a finished
 * one, and a `Headers` object costs about as much as the rest of a cached response.
 */
export class ResponseHeaders {
  readonly #fields: Record<string, string> = {};
  /** The response that already has them. */
  #carrier: Response | null = null;

  set(name: string, value: string): void {
    this.#fields[name] = value;
  }

  get(name: string): string | undefined {
    return this.#fields[name];
  }

  respond(
    body: Uint8Array<ArrayBuffer> | string | null,
    status: number,
    headers: Readonly<Record<string, string>>,
  ): Response {
    this.#carrier = new Response(body, { status, headers: { ...headers, ...this.#fields } });
    return this.#carrier;
  }

  /** For headers of an upstream, in lower case: those with the name of a collected one are dropped. */
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

  isAppliedTo(response: Response): boolean {
    return response === this.#carrier;
  }

  applyTo(response: Response): void {
    for (const name in this.#fields) response.headers.set(name, this.#fields[name] ?? '');
  }
}
