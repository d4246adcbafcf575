import type { InstanceState } from '../compute/states.ts';
import { LinguanovaError } from './error.ts';
import { listen } from './events.ts';
import { pause } from './pause.ts';
import type { Routes } from './routes.ts';
import { anyOf, type CallOptions, type Sender, within } from './send.ts';

type InstanceDetail = Routes['GET /v1/instances/{id}']['answer'];

export interface WaitOptions extends CallOptions {
  /** Milliseconds; ten minutes unless given. */
  readonly timeout?: number | undefined;
}

/** The instance in the state that was waited for; null once it is `deleted` and gone. */
export type Reached<S> = 'deleted' extends S ? InstanceDetail | null : InstanceDetail;

const TEN_MINUTES = 600_000;
const FIRST_PAUSE = 500;
/** Between two looks at most, milliseconds: without events, and with them, for they may be late. */
const LONGEST_PAUSE = { polling: 5_000, listening: 10_000 };

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
  { signal: own, timeout = TEN_MINUTES }: WaitOptions = {},
): Promise<Reached<S>> {
  const states: readonly string[] = [wanted].flat();
  const over = new AbortController();
  const { signal: late, end } = within(timeout, undefined);
  const signal = anyOf(own, sender.signal, late, over.signal);
  let heard = 0;
  let wake = () => {};
  let listening = true;
  const ears = (async () => {
    for await (const _ of listen(sender, { instanceId: id, signal })) {
      heard++;
      wake();
    }
  })().catch(() => {
    listening = false;
  });
  try {
    for (let wait = FIRST_PAUSE, before = 0; ; before = heard) {
      const instance = await look(sender, id, signal);
      const state = instance?.state ?? 'deleted';
      if (states.includes(state)) return instance as Reached<S>;
      if (instance === null)
        throw new LinguanovaError('itemNotFound', 'The instance is gone.', { status: 404 });
      if (state === 'error')
        throw new LinguanovaError('instanceFailed', instance.fault?.message ?? 'The instance failed.');
      if (heard === before) {
        await Promise.race([
          pause(wait, signal),
          new Promise<void>((resolve) => {
            wake = resolve;
          }),
        ]);
      }
      const longest = LONGEST_PAUSE[listening ? 'listening' : 'polling'];
      wait = heard === before ? Math.min(wait * 2, longest) : FIRST_PAUSE;
    }
  } catch (error) {
    if (late.aborted && !own?.aborted && !sender.signal?.aborted) {
      throw new LinguanovaError('timeout', `The instance is not ${states.join(' or ')} after ${timeout} ms.`);
    }
    throw error;
  } finally {
    end();
    over.abort();
    await ears;
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
