import type { CacheKey } from '../cache/cache-key.ts';

/** Identifies a feed, as cached responses: by project, roles and kind of credential. */
export type FeedKey = CacheKey;

export interface InstanceSnapshot {
  readonly state: string;
  /** JSON. */
  readonly text: string;
}

/** By instance id. */
export type ProjectSnapshot = ReadonlyMap<string, InstanceSnapshot>;

export interface Change {
  readonly kind: 'created' | 'state_changed' | 'updated' | 'deleted';
  readonly instanceId: string;
  /** The new snapshot; of a deleted instance the last one, with its state replaced. */
  readonly snapshot: InstanceSnapshot;
  /** null for a created instance. */
  readonly previousState: string | null;
  /** When it was detected, ISO 8601. */
  readonly at: string;
}

export interface LogEntry {
  /** `<log>-<number>`, numbered without gaps within a log. Opaque to clients. */
  readonly id: string;
  /** null: the log begins here; earlier changes are unknown. */
  readonly change: Change | null;
}

export interface LogSubscriber {
  /** Entries were appended by any gateway, and are in the replay buffer: in order, without gaps, each once. */
  onEntries(entries: readonly LogEntry[]): void;
  /** No more entries follow and some may be missing: the log has to be opened again. */
  onEnd(): void;
}

/** `elected`: leader since this call, so other gateways may have appended before. */
export type LeaderStatus = 'follower' | 'elected' | 'leader';

/**
 * A log as one gateway has it open. One gateway at a time holds the leader lease and may append; appends are atomic, and without
 * effect for the others. Every method may reject when the log is unreachable; an append may then have happened or not.
 */
export interface LogHandle {
  /** Empty until the log was begun. */
  readonly replayBuffer: ReplayBuffer;
  /** Acquires the lease if it is free, or renews it; to be called every two seconds. */
  tryLead(): Promise<LeaderStatus>;
  /** The state after the last entry, for a new leader; null if the log has to be begun. */
  snapshot(): Promise<ProjectSnapshot | null>;
  /** Begins the log with this state and no history. False for a follower. */
  begin(snapshot: ProjectSnapshot): Promise<boolean>;
  /** False for a follower. */
  append(changes: readonly Change[]): Promise<boolean>;
  /** Releases the lease and ends all callbacks. The log is retained for five minutes. */
  close(): Promise<void>;
}

export interface EventLog {
  /** Rejects when the log is unreachable. */
  open(feed: FeedKey, subscriber: LogSubscriber): Promise<LogHandle>;
  /** Whether other gateways currently receive the entries. */
  readonly shared: boolean;
}

/** Retention of a log that no gateway has open. */
export const LOG_RETENTION_MS = 300_000;

const MAX_ENTRIES = 1_000;
const MAX_CHARACTERS = 1_048_576;

/** The latest entries of a log, bounded by number and size of their snapshots. */
export class ReplayBuffer {
  #entries: LogEntry[] = [];
  #characters = 0;

  /** Oldest first. */
  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  get characters(): number {
    return this.#characters;
  }

  /** null while empty. */
  get lastId(): string | null {
    return this.#entries.at(-1)?.id ?? null;
  }

  push(entry: LogEntry): void {
    this.#entries.push(entry);
    this.#characters += charactersOf(entry.change);
    while (this.#entries.length > 1 && this.#isFull()) {
      this.#characters -= charactersOf(this.#entries.shift()?.change ?? null);
    }
  }

  /** Entries after the one with this id; null if that is not in the buffer, so that some may be missing. */
  after(id: string): readonly LogEntry[] | null {
    const at = this.#entries.findLastIndex((entry) => entry.id === id);
    return at < 0 ? null : this.#entries.slice(at + 1);
  }

  /** The length after these changes were pushed. */
  lengthWith(changes: readonly Change[]): number {
    const all = [...this.#entries.map(({ change }) => change), ...changes];
    let characters = 0;
    const evicted = all.findLastIndex((change) => {
      characters += charactersOf(change);
      return characters > MAX_CHARACTERS;
    });
    return Math.max(1, Math.min(all.length - evicted - 1, MAX_ENTRIES));
  }

  #isFull(): boolean {
    return this.#entries.length > MAX_ENTRIES || this.#characters > MAX_CHARACTERS;
  }
}

function charactersOf(change: Change | null): number {
  return change?.snapshot.text.length ?? 0;
}
