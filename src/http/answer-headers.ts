/**
 * What the stages of a request say beside its answer, gathered before there is one. As plain text, and put on the answer once:
 * a `Headers` object of a dozen fields costs about as much as everything else about an answer that is ready, and hono makes the
 * whole `Response` again for each header that is set on a finished one.
 */
export class AnswerHeaders {
  readonly #fields: Record<string, string> = {};
  /** The answer that has them already. */
  #carrier: Response | null = null;

  /** Wins over what the answer itself says. */
  set(name: string, value: string): void {
    this.#fields[name] = value;
  }

  /**
   * An answer with these headers and the gathered ones, for handlers that answer from memory: nothing but plain objects down to
   * the server.
   */
  answer(
    body: Uint8Array<ArrayBuffer> | string | null,
    status: number,
    headers: Readonly<Record<string, string>>,
  ): Response {
    this.#carrier = new Response(body, { status, headers: { ...headers, ...this.#fields } });
    return this.#carrier;
  }

  /** Whether `response` was made here, so that it has them. */
  isOn(response: Response): boolean {
    return response === this.#carrier;
  }

  /** Puts them on an answer that was made elsewhere. */
  putOn(response: Response): void {
    for (const name in this.#fields) response.headers.set(name, this.#fields[name] ?? '');
  }
}
