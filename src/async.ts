/**
 * Timeouts, pauses, retry delays and call coalescing: the project's only implementation of each. Runs on every platform.
 */

import { type MonotonicMs, monotonicMs } from './clock.ts';
import { forThisRequest } from './cross-request-promise.ts';

/**
 * Bounds the wait for `work`, which itself is not stopped; a rejection of it after the timeout is ignored.
 *
 * @param timeoutMs From now, in ms; 0 or less expires with the next timers.
 * @param onTimeout Supplies the result instead, or throws the error. If it returns a promise, whichever settles first wins.
 */
export function withTimeout<Result, Late = never>(
  work: Promise<Result>,
  timeoutMs: number,
  onTimeout: () => Late | Promise<Late>,
): Promise<Result | Late> {
  return new Promise((resolve, reject) => {
    const expire = () => {
      new Promise<Late>((settle) => settle(onTimeout())).then(resolve, reject);
    };
    const timer = setTimeout(expire, timeoutMs);
    work.then(
      (result) => {
        clearTimeout(timer);
        resolve(result);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

/** @throws The reason of `signal`, as soon as that is aborted. Then no timer remains. */
export function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, durationMs);
    signal?.addEventListener('abort', abort, { once: true });
  });
}

export interface BackoffOptions {
  /** Full delay after the first failure, in ms. */
  readonly initialMs: number;
  /** Upper bound of every delay, in ms. */
  readonly maxMs: number;
  /** The random share of a delay, from 0 (none) to 1; 0.5 by default. */
  readonly jitter?: number;
}

/**
 * Exponential backoff with jitter, so that clients of a recovered server do not retry in step.
 *
 * @param failures Consecutive failures, from 1. Each doubles the full delay, up to `maxMs`.
 * @returns The delay before the next attempt, in ms: above `(1 - jitter)` times the full delay, and at most all of it.
 */
export function backoff(failures: number, { initialMs, maxMs, jitter = 0.5 }: BackoffOptions): number {
  return Math.min(maxMs, initialMs * 2 ** (failures - 1)) * (1 - jitter * Math.random());
}

/** No call of the gateway runs longer. One that does was cancelled with the request that began it, and never settles. */
const MAX_FLIGHT_MS = 60_000;

export interface FlightOptions {
  /** A call that began longer ago than this, in ms, is replaced rather than joined. 60 s by default. */
  readonly maxAgeMs?: number;
  /** `waitUntil` of the platform: keeps a call running that others have joined, after the request that began it has its response. */
  readonly background?: ((work: Promise<unknown>) => void) | undefined;
}

interface Flight<Result> {
  readonly startedAt: MonotonicMs;
  readonly result: Promise<Result>;
}

/**
 * Coalesces concurrent calls of the same key into one, whose result or error all of them get. Nothing is cached: once a call has
 * settled, the next one starts another.
 */
export class SingleFlight<Result> {
  readonly #flights = new Map<string, Flight<Result>>();

  /** @param work Its `isCurrent` is false once the key was forgotten or another call replaced this one. */
  run(
    key: string,
    work: (isCurrent: () => boolean) => Promise<Result>,
    { maxAgeMs = MAX_FLIGHT_MS, background }: FlightOptions = {},
  ): Promise<Result> {
    const now = monotonicMs();
    const running = this.#flights.get(key);
    if (running !== undefined && now - running.startedAt < maxAgeMs) return forThisRequest(running.result);

    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const flight = { startedAt: now, result: promise };
    const isCurrent = () => this.#flights.get(key) === flight;
    const land = () => {
      if (isCurrent()) this.#flights.delete(key);
    };
    this.#flights.set(key, flight);
    const landed = promise.then(land, land);
    try {
      resolve(work(isCurrent));
    } catch (error) {
      reject(error);
    }
    background?.(landed);
    return promise;
  }

  /** Whether `run` would join a call. */
  has(key: string, maxAgeMs = MAX_FLIGHT_MS): boolean {
    const running = this.#flights.get(key);
    return running !== undefined && monotonicMs() - running.startedAt < maxAgeMs;
  }

  /** Makes the next call of `key` start its own work; those that have joined still get the result of theirs. */
  forget(key: string): void {
    this.#flights.delete(key);
  }
}

/** Runs `work` once, and again only after a failure. */
export function once<Args extends unknown[], Value>(work: (...args: Args) => Promise<Value>) {
  let running: Promise<Value> | undefined;
  return (...args: Args): Promise<Value> => {
    running ??= work(...args).catch((error: unknown) => {
      running = undefined;
      throw error;
    });
    return running;
  };
}

/** One value of a store, cached for `ttlMs` and read once for concurrent callers. A failed read is not cached. */
export class CachedRead<Value> {
  readonly #load: () => Promise<Value>;
  readonly #ttlMs: number;
  readonly #flight = new SingleFlight<Value>();
  #cached: { readonly value: Value; readonly readAt: number } | null = null;

  constructor(load: () => Promise<Value>, ttlMs: number) {
    this.#load = load;
    this.#ttlMs = ttlMs;
  }

  get(): Value | Promise<Value> {
    if (this.#cached !== null && monotonicMs() - this.#cached.readAt < this.#ttlMs) return this.#cached.value;
    return this.#flight.run('', async (isCurrent) => {
      const readAt = monotonicMs();
      const value = await this.#load();
      // Invalidated during the read: the value may be from before the change.
      if (isCurrent()) this.#cached = { value, readAt };
      return value;
    });
  }

  invalidate(): void {
    this.#cached = null;
    this.#flight.forget('');
  }
}

/** A web stream of what `source` yields. @param onPart Runs before each part. */
export function readableStream(
  source: AsyncIterable<Uint8Array>,
  onPart: () => void = () => {},
): ReadableStream<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      onPart();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}
