import { withTimeout } from '../../async.ts';
import { ComputeError } from '../../compute/errors.ts';
import type { Instance } from '../../compute/model.ts';
import type { EventLog, FeedKey, InstanceSnapshot, LogEntry, LogHandle, ReplayBuffer } from './event-log.ts';
import { InstancePoller, type PollerDeps, type PollResult } from './poller.ts';
import type { Subscriber } from './subscriber.ts';

export interface EventEncoder extends Pick<PollerDeps, 'asDeleted'> {
  encodeInstance(instance: Instance): InstanceSnapshot;
  /** Sent first: the stream is connected. */
  encodeReady(id: string): Uint8Array<ArrayBuffer>;
  /** An entry without a change becomes a `reset`. */
  encodeEvents(entries: readonly LogEntry[]): Uint8Array<ArrayBuffer>;
}

export interface FeedDeps extends Pick<PollerDeps, 'maxAgeMs'> {
  readonly eventLog: EventLog;
  readonly encoder: EventEncoder;
  /** With the credential of one of the subscribers; as `PollerDeps.poll`. */
  readonly poll: (key: FeedKey, subscribers: ReadonlySet<Subscriber>) => Promise<PollResult>;
  readonly invalidate: (key: FeedKey, instanceIds: readonly string[]) => Promise<void>;
  /** Polls fail from now on; with null, they succeed again. */
  readonly onHealthChange: (key: FeedKey, error: unknown) => void;
  readonly onEvents: (key: FeedKey, entries: readonly LogEntry[]) => void;
}

/** `leader` polls for all gateways, `standalone` for itself; `follower` receives what the leader publishes. */
export type Role = 'leader' | 'standalone' | 'follower';

/** As long as a request may take. */
const READY_TIMEOUT_MS = 25_000;

/**
 * Delivers a project's events to the subscribers of this gateway; exists while there are any. Events come from the log only, so
 * every gateway sends the same ones with the same ids.
 */
export class Feed {
  readonly key: FeedKey;
  readonly subscribers = new Set<Subscriber>();
  readonly #deps: FeedDeps;
  readonly #poller: InstancePoller;
  readonly #pendingReady = new Set<PromiseWithResolvers<void>>();
  #log: LogHandle | null = null;
  #hasPolled = false;
  #isClosed = false;
  #isFailing = false;
  /** Id of the last delivered entry. */
  #lastId: string | null = null;

  constructor(key: FeedKey, deps: FeedDeps) {
    this.key = key;
    this.#deps = deps;
    this.#poller = new InstancePoller({
      openLog: async () => this.#log ?? this.#open(),
      poll: () => deps.poll(key, this.subscribers),
      invalidate: (ids) => deps.invalidate(key, ids),
      asDeleted: deps.encoder.asDeleted,
      onPollSettled: (error) => this.#onPollSettled(error),
      maxAgeMs: deps.maxAgeMs,
    });
  }

  get role(): Role {
    if (!this.#poller.isLeader) return 'follower';
    return this.#deps.eventLog.shared ? 'leader' : 'standalone';
  }

  /** Resolves once the log is open and up to date. Rejects with the error of a failed poll, or `timeout`. */
  async ready(): Promise<void> {
    if (this.#isReady()) return;
    const pending = Promise.withResolvers<void>();
    this.#pendingReady.add(pending);
    this.wake();
    await withTimeout(pending.promise, READY_TIMEOUT_MS, () => {
      throw new ComputeError('timeout', 'The cloud did not respond in time.');
    }).finally(() => this.#pendingReady.delete(pending));
  }

  /** Starts delivery, beginning with missed entries, which it returns. To be called when the feed is ready. */
  subscribe(subscriber: Subscriber, lastEventId: string | null): readonly LogEntry[] {
    const { encoder } = this.#deps;
    const id = this.#lastId ?? '';
    subscriber.isSubscribed = true;
    if (lastEventId === null) {
      subscriber.stream.push(encoder.encodeReady(id));
      return [];
    }
    const missed = this.#log?.replayBuffer.after(lastEventId) ?? [{ id, change: null }];
    const matching = subscriber.matching(missed);
    subscriber.send(matching, encoder.encodeEvents(matching));
    return matching;
  }

  wake(): void {
    this.#poller.wake();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#poller.close();
    for (const { reject } of this.#pendingReady)
      reject(new ComputeError('unavailable', 'The gateway is stopping.'));
    await this.#log?.close().catch(() => {});
  }

  async #open(): Promise<LogHandle> {
    const onEnd = () => {
      if (this.#isClosed) return;
      this.#log = null;
      this.#hasPolled = false;
      this.wake();
    };
    const onEntries = (entries: readonly LogEntry[]) => this.#deliver(entries);
    const log = await this.#deps.eventLog.open(this.key, { onEntries, onEnd });
    if (this.#isClosed) await log.close();
    else this.#log = log;
    this.#replay(log.replayBuffer);
    return log;
  }

  #replay(buffer: ReplayBuffer): void {
    if (buffer.lastId === null) return;
    const missed = this.#lastId === null ? [] : buffer.after(this.#lastId);
    this.#deliver(missed ?? [{ id: buffer.lastId, change: null }]);
    this.#lastId = buffer.lastId;
  }

  #deliver(entries: readonly LogEntry[]): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    this.#lastId = last.id;
    this.#deps.onEvents(this.key, entries);
    const { encodeEvents } = this.#deps.encoder;
    // Encoded once for all subscribers of the whole project.
    const encoded = encodeEvents(entries);
    for (const subscriber of this.subscribers) {
      if (!subscriber.isSubscribed) continue;
      const matching = subscriber.matching(entries);
      if (matching.length === 0) continue;
      subscriber.send(matching, matching === entries ? encoded : encodeEvents(matching));
    }
    this.#resolveReady();
  }

  #onPollSettled(error: unknown): void {
    // The log has ended and is being opened again.
    if (error !== null && this.#log === null) return;
    const isFailing = error !== null;
    // A request that cannot even be opened gets the error in its response.
    if (isFailing !== this.#isFailing && this.#lastId !== null) {
      this.#isFailing = isFailing;
      this.#deps.onHealthChange(this.key, error);
    }
    this.#hasPolled ||= !isFailing;
    if (isFailing) for (const { reject } of this.#pendingReady) reject(error);
    this.#resolveReady();
  }

  #resolveReady(): void {
    if (this.#isReady()) for (const { resolve } of this.#pendingReady) resolve();
  }

  #isReady(): boolean {
    return this.#hasPolled && this.#lastId !== null && this.#log !== null;
  }
}
