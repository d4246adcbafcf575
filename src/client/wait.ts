import type { InstanceState } from '../compute/states.ts';
import { delay } from './delay.ts';
import { LinguanovaError } from './error.ts';
import { subscribe } from './events.ts';
import type { Routes } from './routes.ts';
import { anyOf, type CallOptions, type Sender, withTimeout } from './send.ts';

type InstanceDetail = Routes['GET /v1/instances/{id}']['response'];

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

/**
 * Fetches an instance after each of its events, and with growing delays, until it is in one of `wanted`.
 *
 * @throws LinguanovaError `instanceFailed` in the state `error`, with the cloud's reason; `itemNotFound` if it is gone; `timeout`.
 */
export async function waitUntil<S extends InstanceState>(
  sender: Sender,
  id: string,
  wanted: S | readonly S[],
  { signal: own, timeout = DEFAULT_TIMEOUT_MS }: WaitOptions = {},
): Promise<Reached<S>> {
  const states: readonly string[] = [wanted].flat();
  const over = new AbortController();
  const { signal: late, end } = withTimeout(timeout, undefined);
  const signal = anyOf(own, sender.signal, late, over.signal);
  let events = 0;
  let wake = () => {};
  let isSubscribed = true;
  const subscription = (async () => {
    for await (const _ of subscribe(sender, { instanceId: id, signal })) {
      events++;
      wake();
    }
  })().catch(() => {
    isSubscribed = false;
  });
  try {
    for (let wait = FIRST_DELAY_MS, before = 0; ; before = events) {
      const instance = await fetchInstance(sender, id, signal);
      const state = instance?.state ?? 'deleted';
      if (states.includes(state)) return instance as Reached<S>;
      if (instance === null)
        throw new LinguanovaError('itemNotFound', 'The instance is gone.', { status: 404 });
      if (state === 'error')
        throw new LinguanovaError('instanceFailed', instance.fault?.message ?? 'The instance failed.');
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
      throw new LinguanovaError('timeout', `The instance is not ${states.join(' or ')} after ${timeout} ms.`);
    }
    throw error;
  } finally {
    end();
    over.abort();
    await subscription;
  }
}

async function fetchInstance(
  sender: Sender,
  id: string,
  signal: AbortSignal,
): Promise<InstanceDetail | null> {
  try {
    return (await sender.send('GET /v1/instances/{id}', { params: { id } }, { signal })).body;
  } catch (error) {
    if (error instanceof LinguanovaError && error.status === 404) return null;
    throw error;
  }
}
