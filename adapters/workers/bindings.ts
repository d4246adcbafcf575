/**
 * What the runtime hands to a worker, as far as it is used here.
 *
 * @module
 */

/** Durable Objects of one class. */
export interface ObjectNamespace<Kind> {
  idFromName(name: string): ObjectId;
  get(id: ObjectId): Kind;
}

/** Opaque. */
export interface ObjectId {
  toString(): string;
}

/** What a handler is told about the request or event it runs for. */
export interface ExecutionContext {
  waitUntil(work: Promise<unknown>): void;
  passThroughOnException(): void;
  readonly props: unknown;
}

/** What a process calls its environment: the texts among the bindings. Numbers and booleans of `[vars]` count as their text. */
export function variablesIn(bindings: object): Record<string, string> {
  const plain = Object.entries(bindings).filter(([, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value),
  );
  return Object.fromEntries(plain.map(([name, value]) => [name, String(value)]));
}
