import type { InstanceState } from '../compute/states.ts';
import { delay } from './delay.ts';
import { type ErrorCode, LinguanovaError } from './error.ts';
import { subscribe } from './events.ts';
import type { Image, InstanceDetail, Volume } from './routes.ts';
import { anyOf, type CallOptions, type Sender, withTimeout } from './send.ts';

export interface WaitOptions extends CallOptions {
  /** In ms; ten minutes by default. */
  readonly timeout?: number | undefined;
}

/** null for a deleted instance that is gone. */
export type Reached<S> = 'deleted' extends S ? InstanceDetail | null : InstanceDetail;

const DEFAULT_TIMEOUT_MS = 600_000;
const FIRST_DELAY_MS = 500;
/** Polling continues with a subscription, because events may be late. */
const MAX_DELAY_MS = { polling: 5_000, subscribed: 10_000 };
const GONE = 'deleted';

/** What is waited for. */
interface Awaited<T> {
  readonly noun: string;
  readonly stateOf: (resource: T) => string;
  /** Why it can no longer reach a wanted state, or null. */
  readonly failureOf: (resource: T) => string | null;
  readonly failureCode: ErrorCode;
  get(signal: AbortSignal): Promise<T>;
  /** Its changes; absent: it is polled only. */
  changes?(signal: AbortSignal): AsyncIterable<unknown>;
}

/**
 * Fetches an instance after each of its events, and with growing delays, until it is in one of `wanted`.
 *
 * @throws LinguanovaError `instanceFailed` in the state `error`, with the cloud's reason; `itemNotFound` if it is gone; `timeout`.
 */
export async function waitUntil<S extends InstanceState>(
  sender: Sender,
  id: string,
  wanted: S | readonly S[],
  options?: WaitOptions,
): Promise<Reached<S>> {
  const instance: Awaited<InstanceDetail> = {
    noun: 'instance',
    stateOf: ({ state }) => state,
    failureOf: ({ state, fault }) => (state === 'error' ? (fault?.message ?? 'The instance failed.') : null),
    failureCode: 'instanceFailed',
    get: async (signal) => (await sender.send('GET /v1/instances/{id}', { params: { id } }, { signal })).body,
    changes: (signal) => subscribe(sender, { instanceId: id, signal }),
  };
  return (await reach(sender, instance, [wanted].flat(), options)) as Reached<S>;
}

/**
 * Fetches a volume, with growing delays, until it has one of the wanted statuses. Resolves with null for `deleted` once it is gone.
 *
 * @throws LinguanovaError `volumeFailed` in a status of failure; `itemNotFound` if it is gone; `timeout`.
 */
export function waitForVolume(
  sender: Sender,
  id: string,
  wanted: string | readonly string[],
  options?: WaitOptions,
): Promise<Volume | null> {
  const volume: Awaited<Volume> = {
    noun: 'volume',
    stateOf: ({ status }) => status,
    failureOf: ({ status }) => (status.startsWith('error') ? `The volume has the status ${status}.` : null),
    failureCode: 'volumeFailed',
    get: async (signal) => (await sender.send('GET /v1/volumes/{id}', { params: { id } }, { signal })).body,
  };
  return reach(sender, volume, [wanted].flat(), options);
}

/** The same for an image. @throws LinguanovaError `imageFailed` once it is killed or deactivated. */
export function waitForImage(
  sender: Sender,
  id: string,
  wanted: string | readonly string[],
  options?: WaitOptions,
): Promise<Image | null> {
  const image: Awaited<Image> = {
    noun: 'image',
    stateOf: ({ status }) => status,
    failureOf: ({ status }) =>
      status === 'killed' || status === 'deactivated' ? `The image is ${status}.` : null,
    failureCode: 'imageFailed',
    get: async (signal) => (await sender.send('GET /v1/images/{id}', { params: { id } }, { signal })).body,
  };
  return reach(sender, image, [wanted].flat(), options);
}

async function reach<T>(
  sender: Sender,
  awaited: Awaited<T>,
  wanted: readonly string[],
  { signal: own, timeout = DEFAULT_TIMEOUT_MS }: WaitOptions = {},
): Promise<T | null> {
  const { noun } = awaited;
  const over = new AbortController();
  const { signal: late, end } = withTimeout(timeout, undefined);
  const signal = anyOf(own, sender.signal, late, over.signal);
  let events = 0;
  let wake = () => {};
  let isSubscribed = awaited.changes !== undefined;
  const subscription = (async () => {
    for await (const _ of awaited.changes?.(signal) ?? []) {
      events++;
      wake();
    }
  })().catch(() => {
    isSubscribed = false;
  });
  try {
    for (let wait = FIRST_DELAY_MS, before = 0; ; before = events) {
      const resource = await unlessGone(awaited.get(signal));
      if (wanted.includes(resource === null ? GONE : awaited.stateOf(resource))) return resource;
      if (resource === null)
        throw new LinguanovaError('itemNotFound', `The ${noun} is gone.`, { status: 404 });
      const failure = awaited.failureOf(resource);
      if (failure !== null) throw new LinguanovaError(awaited.failureCode, failure);
      if (events === before) {
        await Promise.race([
          delay(wait, signal),
          new Promise<void>((resolve) => {
            wake = resolve;
          }),
        ]);
      }
      const longest = MAX_DELAY_MS[isSubscribed ? 'subscribed' : 'polling'];
      wait = events === before ? Math.min(wait * 2, longest) : FIRST_DELAY_MS;
    }
  } catch (error) {
    if (late.aborted && !own?.aborted && !sender.signal?.aborted) {
      throw new LinguanovaError('timeout', `The ${noun} is not ${wanted.join(' or ')} after ${timeout} ms.`);
    }
    throw error;
  } finally {
    end();
    over.abort();
    await subscription;
  }
}

async function unlessGone<T>(fetched: Promise<T>): Promise<T | null> {
  try {
    return await fetched;
  } catch (error) {
    if (error instanceof LinguanovaError && error.status === 404) return null;
    throw error;
  }
}
