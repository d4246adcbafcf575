import { ComputeError } from '../../compute/errors.ts';
import type { EventLog, OpenLog } from './event-log.ts';
import type { FeedKey } from './feed-key.ts';
import type { Entry, History } from './history.ts';
import type { Listener } from './listener.ts';
import { type Look, Lookout, type LookoutParts } from './lookout.ts';

/** How a dialect says what happens. */
export interface Wording extends Pick<LookoutParts, 'gone'> {
  /** From here on nothing is missed. */
  ready(id: string): Uint8Array<ArrayBuffer>;
  /** These, one after the other. One without a change: what was missed is not known. */
  told(entries: readonly Entry[]): Uint8Array<ArrayBuffer>;
}

export interface FeedParts extends Pick<LookoutParts, 'maxAge'> {
  readonly log: EventLog;
  readonly wording: Wording;
  /** As one of these sees them; as `LookoutParts.look`. */
  readonly look: (listeners: ReadonlySet<Listener>) => Promise<Look>;
  readonly announce: (projectId: string, instanceIds: readonly string[]) => Promise<void>;
  /** Looks fail from now on; or, with null, no longer. */
  readonly turned: (projectId: string, error: unknown) => void;
  /** These have happened. */
  readonly happened: (entries: readonly Entry[]) => void;
}

/** What a gateway does for a feed: looks, for all that share its log or for itself; or hears from the one that does. */
export type Role = 'leader' | 'standalone' | 'follower';

/** How long somebody waits to be let in, milliseconds: what a request may take. */
const PATIENCE = 25_000;

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * What happens in a project, for all who listen here; there as long as somebody does. What is told comes from the log alone, so
 * all gateways tell the same, by the same ids.
 */
export class Feed {
  readonly key: FeedKey;
  readonly listeners = new Set<Listener>();
  readonly #parts: FeedParts;
  readonly #lookout: Lookout;
  readonly #waiting = new Set<Waiting>();
  #log: OpenLog | null = null;
  #isSettled = false;
  #isClosed = false;
  #isFailing = false;
  /** The latest entry that was told. */
  #last: string | null = null;

  constructor(key: FeedKey, parts: FeedParts) {
    const { projectId } = key;
    this.key = key;
    this.#parts = parts;
    this.#lookout = new Lookout({
      log: async () => this.#log ?? this.#open(),
      look: () => parts.look(this.listeners),
      announce: (ids) => parts.announce(projectId, ids),
      gone: parts.wording.gone,
      settled: (error) => this.#settled(error),
      maxAge: parts.maxAge,
    });
  }

  get role(): Role {
    if (!this.#lookout.leads) return 'follower';
    return this.#parts.log.shared ? 'leader' : 'standalone';
  }

  /** Resolves once it is known from where on things are told. Rejects when they cannot be looked at, or with `timeout`. */
  ready(): Promise<void> {
    if (this.#isReady()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const late = () => reject(new ComputeError('timeout', 'The cloud did not answer in time.'));
      const timer = setTimeout(late, PATIENCE);
      const end = (done: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
        done();
      };
      const waiting = { resolve: () => end(resolve), reject: (error: unknown) => end(() => reject(error)) };
      this.#waiting.add(waiting);
      this.hurry();
    });
  }

  /** From now on the listener hears everything; first what it has missed. To be called when the feed is ready. */
  begin(listener: Listener, lastEventId: string | null): readonly Entry[] {
    const { wording } = this.#parts;
    const id = this.#last ?? '';
    listener.isLive = true;
    if (lastEventId === null) {
      listener.stream.push(wording.ready(id));
      return [];
    }
    const missed = this.#log?.history.after(lastEventId) ?? [{ id, change: null }];
    const concerned = listener.concerned(missed);
    listener.tell(concerned, wording.told(concerned));
    return concerned;
  }

  hurry(): void {
    this.#lookout.hurry();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#lookout.close();
    for (const { reject } of this.#waiting)
      reject(new ComputeError('unavailable', 'The gateway is stopping.'));
    await this.#log?.close().catch(() => {});
  }

  async #open(): Promise<OpenLog> {
    const ended = () => {
      if (this.#isClosed) return;
      this.#log = null;
      this.#isSettled = false;
      this.hurry();
    };
    const log = await this.#parts.log.open(this.key, { added: (entries) => this.#tell(entries), ended });
    if (this.#isClosed) await log.close();
    else this.#log = log;
    this.#catchUp(log.history);
    return log;
  }

  #catchUp(history: History): void {
    if (history.last === null) return;
    const missed = this.#last === null ? [] : history.after(this.#last);
    this.#tell(missed ?? [{ id: history.last, change: null }]);
    this.#last = history.last;
  }

  #tell(entries: readonly Entry[]): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    this.#last = last.id;
    this.#parts.happened(entries);
    const { told } = this.#parts.wording;
    // Made once for all who hear all.
    const words = told(entries);
    for (const listener of this.listeners) {
      const some = listener.concerned(entries);
      if (listener.isLive && some.length > 0) listener.tell(some, some === entries ? words : told(some));
    }
    this.#settle();
  }

  #settled(error: unknown): void {
    // It failed because the log has ended: another is opened.
    if (error !== null && this.#log === null) return;
    const isFailing = error !== null;
    // Who only wanted to listen is told by the answer.
    if (isFailing !== this.#isFailing && this.#last !== null) {
      this.#isFailing = isFailing;
      this.#parts.turned(this.key.projectId, error);
    }
    this.#isSettled ||= !isFailing;
    if (isFailing) for (const { reject } of this.#waiting) reject(error);
    this.#settle();
  }

  #settle(): void {
    if (this.#isReady()) for (const { resolve } of this.#waiting) resolve();
  }

  #isReady(): boolean {
    return this.#isSettled && this.#last !== null && this.#log !== null;
  }
}
