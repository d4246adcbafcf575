/** Server-sent events over `fetch`: `EventSource` cannot send a key. */

import { backoff, delay, jitter } from './delay.ts';
import { LinguanovaError } from './error.ts';
import type { Instance } from './routes.ts';
import { anyOf, type Sender } from './send.ts';

export interface InstanceEvent {
  readonly type: 'instance.created' | 'instance.state_changed' | 'instance.updated' | 'instance.deleted';
  /** Resumes after this event as `lastEventId`. */
  readonly id: string | undefined;
  readonly instance: Instance;
  readonly previous_state: string | null;
  /** When the change was detected, ISO 8601. */
  readonly at: string;
}

export type ClientEvent =
  | InstanceEvent
  /** `ready`: no later event is missed. `reset`: events were missed; reload the list. */
  | { readonly type: 'ready' | 'reset'; readonly id: string | undefined };

export interface EventOptions {
  /** Resumes after this event. */
  readonly lastEventId?: string | undefined;
  /** Only events of this instance. */
  readonly instanceId?: string | undefined;
  /** Ends the subscription, as a `break` does; the iteration throws its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Longer than the gateway's heartbeat interval. */
const IDLE_TIMEOUT_MS = 60_000;
/** A stream that lasted this long resets the backoff. */
const STABLE_AFTER_MS = 10_000;
const MAX_EVENT_CHARACTERS = 4_194_304;

/**
 * Yields events until the signal aborts, and reconnects after the last event.
 *
 * @throws LinguanovaError if the gateway rejects the request or has no events (`itemNotFound`, `notImplemented`).
 */
export async function* subscribe(
  sender: Sender,
  { lastEventId, instanceId, signal: own }: EventOptions = {},
): AsyncGenerator<ClientEvent, void, void> {
  const path =
    instanceId === undefined ? '/v1/events' : `/v1/instances/${encodeURIComponent(instanceId)}/events`;
  const given = sender.signal && own ? anyOf(sender.signal, own) : (own ?? sender.signal);
  let last = lastEventId;
  const retry = { milliseconds: 0 };
  for (let failures = 0; ; failures++) {
    given?.throwIfAborted();
    const began = performance.now();
    let retryAfter = 0;
    const idle = new IdleTimer();
    try {
      const response = await sender.open(path, {
        headers: { accept: 'text/event-stream', ...(last !== undefined && { 'last-event-id': last }) },
        cache: 'no-store',
        signal: anyOf(given, idle.signal),
      });
      for await (const event of messages(response, idle, retry)) {
        last = event.id ?? last;
        yield event;
      }
    } catch (error) {
      given?.throwIfAborted();
      if (error instanceof LinguanovaError) {
        if (error.status < 500 && error.status !== 429) throw error;
        if (error.status === 501) throw error;
        retryAfter = (error.retryAfter ?? 0) * 1000;
      }
    } finally {
      idle.stop();
    }
    if (performance.now() - began > STABLE_AFTER_MS) failures = 0;
    await delay(Math.max(backoff(failures), jitter(retry.milliseconds), retryAfter), given);
    if (last === undefined) yield { type: 'reset', id: undefined };
  }
}

/** Aborts a connection without data. */
class IdleTimer {
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly signal = this.#controller.signal;

  constructor() {
    this.reset();
  }

  reset(): void {
    this.stop();
    this.#timer = setTimeout(() => this.#controller.abort(), IDLE_TIMEOUT_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

async function* messages(
  { body }: Response,
  idle: IdleTimer,
  retry: { milliseconds: number },
): AsyncGenerator<ClientEvent, void, void> {
  if (body === null) return;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let fields: Record<string, string> = {};
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      idle.reset();
      // A CR at the end may be the first half of a CRLF.
      const lines = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\n|\r(?!\n|$)/);
      rest = lines.pop() ?? '';
      if (rest.length > MAX_EVENT_CHARACTERS)
        throw new LinguanovaError('invalidResponse', 'Event exceeds the maximum size.');
      for (const line of lines) {
        if (line === '') {
          const { event, data, id } = fields;
          fields = {};
          if (event !== undefined && data !== undefined) yield { ...JSON.parse(data), type: event, id };
          continue;
        }
        const [, name = '', text = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
        if (name === 'retry' && /^\d{1,7}$/.test(text)) retry.milliseconds = Number(text);
        fields[name] = name === 'data' && fields.data !== undefined ? `${fields.data}\n${text}` : text;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
