/** Durable Objects of one class. */
export interface ObjectNamespace<Kind> {
  idFromName(name: string): ObjectId;
  get(id: ObjectId): Kind;
}

export interface ObjectId {
  toString(): string;
}

export interface ExecutionContext {
  waitUntil(work: Promise<unknown>): void;
  passThroughOnException(): void;
  readonly props: unknown;
}

/** The variables among the bindings, as strings; `[vars]` may hold numbers and booleans. */
export function variablesIn(bindings: object): Record<string, string> {
  const plain = Object.entries(bindings).filter(([, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value),
  );
  return Object.fromEntries(plain.map(([name, value]) => [name, String(value)]));
}
