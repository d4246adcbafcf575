/**
 * The little that is used of the runtime's own module. Not `@cloudflare/workers-types`, whose `Request` and `Response` are
 * not those of `lib.dom`, which everything else here is written against.
 */
interface CacheStorage {
  readonly default: Cache;
}

declare module 'cloudflare:workers' {
  /** The one instance of a name: one thread, storage of its own (developers.cloudflare.com/durable-objects). */
  export abstract class DurableObject<Env = unknown> {
    protected readonly ctx: DurableObjectState;
    protected readonly env: Env;
    constructor(ctx: DurableObjectState, env: Env);
  }

  export interface DurableObjectState {
    readonly storage: DurableObjectStorage;
    /** Nothing else is delivered to the object until it is done. */
    blockConcurrencyWhile<Result>(work: () => Promise<Result>): Promise<Result>;
  }

  /** The write is durable before any later response leaves the object. */
  export interface DurableObjectStorage {
    get<Value>(key: string): Promise<Value | undefined>;
    put(key: string, value: unknown): Promise<void>;
    deleteAll(): Promise<void>;
    getAlarm(): Promise<number | null>;
    setAlarm(time: number): Promise<void>;
  }

  /** Extends the lifetime of the current request or event until `work` settles, at most 30 s after the response. */
  export function waitUntil(work: Promise<unknown>): void;

  /** The bindings; for tests. */
  export const env: unknown;
  /** The worker's own handlers, as others reach them; for tests. */
  export const exports: { readonly default: { fetch(request: Request): Promise<Response> } };
}
