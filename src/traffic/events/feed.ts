import { ComputeError } from '../../compute/errors.ts';
import type { EventLog, LogHandle } from './event-log.ts';
import type { FeedKey } from './feed-key.ts';
import { InstancePoller, type PollerDeps, type PollResult } from './poller.ts';
import type { LogEntry, ReplayBuffer } from './replay-buffer.ts';
import type { Subscriber } from './subscriber.ts';

/** How a dialect says what happens. */
export interface FeedEncoder extends Pick<PollerDeps, 'asDeleted'> {
  /** From here on nothing is missed. */
  encodeReady(id: string): Uint8Array<ArrayBuffer>;
  /** These, one after the other. One without a change: what was missed is not known. */
  encodeEvents(entries: readonly LogEntry[]): Uint8Array<ArrayBuffer>;
}

export interface FeedDeps extends Pick<PollerDeps, 'maxAgeMs'> {
  readonly eventLog: EventLog;
  readonly encoder: FeedEncoder;
  /** As one of these sees them; as `PollerDeps.look`. */
  readonly poll: (subscribers: ReadonlySet<Subscriber>) => Promise<PollResult>;
  readonly invalidate: (projectId: string, instanceIds: readonly string[]) => Promise<void>;
  /** Looks fail from now on; or, with null, no longer. */
  readonly onHealthChange: (projectId: string, error: unknown) => void;
  /** These have happened. */
  readonly onEvents: (entries: readonly LogEntry[]) => void;
}

/** What a gateway does for a feed: looks, for all that share its log or for itself; or hears from the one that does. */
export type Role = 'leader' | 'standalone' | 'follower';

/** How long somebody waits to be let in, milliseconds: what a request may take. */
const READY_TIMEOUT_MS = 25_000;

interface PendingReady {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * What happens in a project, for all who listen here; there as long as somebody does. What is told comes from the log alone, so
 * all gateways tell the same, by the same ids.
 */
export class Feed {
  readonly key: FeedKey;
  readonly subscribers = new Set<Subscriber>();
  readonly #deps: FeedDeps;
  readonly #poller: InstancePoller;
  readonly #pendingReady = new Set<PendingReady>();
  #log: LogHandle | null = null;
  #hasPolled = false;
  #isClosed = false;
  #isFailing = false;
  /** The latest entry that was told. */
  #lastId: string | null = null;

  constructor(key: FeedKey, deps: FeedDeps) {
    const { projectId } = key;
    this.key = key;
    this.#deps = deps;
    this.#poller = new InstancePoller({
      openLog: async () => this.#log ?? this.#open(),
      poll: () => deps.poll(this.subscribers),
      invalidate: (ids) => deps.invalidate(projectId, ids),
      asDeleted: deps.encoder.asDeleted,
      onPollSettled: (error) => this.#onPollSettled(error),
      maxAgeMs: deps.maxAgeMs,
    });
  }

  get role(): Role {
    if (!this.#poller.isLeader) return 'follower';
    return this.#deps.eventLog.shared ? 'leader' : 'standalone';
  }

  /** Resolves once it is known from where on things are told. Rejects when they cannot be looked at, or with `timeout`. */
  ready(): Promise<void> {
    if (this.#isReady()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onTimeout = () => reject(new ComputeError('timeout', 'The cloud did not answer in time.'));
      const timer = setTimeout(onTimeout, READY_TIMEOUT_MS);
      const end = (done: () => void) => {
        clearTimeout(timer);
        this.#pendingReady.delete(pending);
        done();
      };
      const pending = { resolve: () => end(resolve), reject: (error: unknown) => end(() => reject(error)) };
      this.#pendingReady.add(pending);
      this.wake();
    });
  }

  /** From now on the listener hears everything; first what it has missed. To be called when the feed is ready. */
  subscribe(subscriber: Subscriber, lastEventId: string | null): readonly LogEntry[] {
    const { encoder: wording } = this.#deps;
    const id = this.#lastId ?? '';
    subscriber.isSubscribed = true;
    if (lastEventId === null) {
      subscriber.stream.push(wording.encodeReady(id));
      return [];
    }
    const missed = this.#log?.replayBuffer.after(lastEventId) ?? [{ id, change: null }];
    const matching = subscriber.matching(missed);
    subscriber.send(matching, wording.encodeEvents(matching));
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
    const log = await this.#deps.eventLog.open(this.key, {
      onEntries: (entries) => this.#deliver(entries),
      onEnd: onEnd,
    });
    if (this.#isClosed) await log.close();
    else this.#log = log;
    this.#replay(log.replayBuffer);
    return log;
  }

  #replay(replayBuffer: ReplayBuffer): void {
    if (replayBuffer.lastId === null) return;
    const missed = this.#lastId === null ? [] : replayBuffer.after(this.#lastId);
    this.#deliver(missed ?? [{ id: replayBuffer.lastId, change: null }]);
    this.#lastId = replayBuffer.lastId;
  }

  #deliver(entries: readonly LogEntry[]): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    this.#lastId = last.id;
    this.#deps.onEvents(entries);
    const { encodeEvents: told } = this.#deps.encoder;
    // Made once for all who hear all.
    const encoded = told(entries);
    for (const subscriber of this.subscribers) {
      const matching = subscriber.matching(entries);
      if (subscriber.isSubscribed && matching.length > 0)
        subscriber.send(matching, matching === entries ? encoded : told(matching));
    }
    this.#resolveReady();
  }

  #onPollSettled(error: unknown): void {
    // It failed because the log has ended: another is opened.
    if (error !== null && this.#log === null) return;
    const isFailing = error !== null;
    // Who only wanted to listen is told by the answer.
    if (isFailing !== this.#isFailing && this.#lastId !== null) {
      this.#isFailing = isFailing;
      this.#deps.onHealthChange(this.key.projectId, error);
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
