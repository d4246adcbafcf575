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

/** The texts among the bindings, which is what a process calls its environment. */
export function variablesIn(bindings: object): Record<string, string> {
  const texts = Object.entries(bindings).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(texts);
}
