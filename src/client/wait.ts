import type { InstanceState } from '../compute/states.ts';
import { delay } from './delay.ts';
import { LinguanovaError } from './error.ts';
import { subscribe } from './events.ts';
import type { Routes } from './routes.ts';
import { anyOf, type CallOptions, type Sender, withTimeout } from './send.ts';

type InstanceDetail = Routes['GET /v1/instances/{id}']['answer'];

export interface WaitOptions extends CallOptions {
  /** Milliseconds; ten minutes unless given. */
  readonly timeout?: number | undefined;
}

/** The instance in the state that was waited for; null once it is `deleted` and gone. */
export type Reached<S> = 'deleted' extends S ? InstanceDetail | null : InstanceDetail;

const DEFAULT_TIMEOUT_MS = 600_000;
const FIRST_DELAY_MS = 500;
/** Between two looks at most, milliseconds: without events, and with them, for they may be late. */
const MAX_DELAY_MS = { polling: 5_000, listening: 10_000 };

/**
 * Looks at an instance until it is in one of `wanted`: whenever something happens to it, and after growing pauses, which are
 * all there is where the gateway has no events.
 *
 * @throws LinguanovaError `instanceFailed` when it goes into `error` instead, with the cloud's reason; `itemNotFound` when it
 *   is gone; `timeout`.
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
      const instance = await look(sender, id, signal);
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
      const longest = MAX_DELAY_MS[isSubscribed ? 'listening' : 'polling'];
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

async function look(sender: Sender, id: string, signal: AbortSignal): Promise<InstanceDetail | null> {
  try {
    return (await sender.send('GET /v1/instances/{id}', { params: { id } }, { signal })).body;
  } catch (error) {
    if (error instanceof LinguanovaError && error.status === 404) return null;
    throw error;
  }
}
