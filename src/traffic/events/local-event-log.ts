import { LruMap } from '../../lru-map.ts';
import {
  type Change,
  type EventLog,
  type FeedKey,
  type InstanceSnapshot,
  LOG_RETENTION_MS,
  type LogEntry,
  type LogHandle,
  type LogSubscriber,
  ReplayBuffer,
} from './event-log.ts';

/** Bounds of all logs that are retained without being open. */
const MAX_CLOSED_LOGS = 1_000;
const MAX_CHARACTERS = 33_554_432;

interface Log {
  readonly name: string;
  readonly replayBuffer: ReplayBuffer;
  snapshot: Map<string, InstanceSnapshot> | null;
  readonly subscribers: Map<LogHandle, LogSubscriber>;
  leader: LogHandle | null;
  entryCount: number;
}

/** Event logs in process, for a single gateway. */
export class LocalEventLog implements EventLog {
  readonly shared = false;
  readonly #openLogs = new Map<string, Log>();
  readonly #closedLogs = new LruMap<Log>({
    max: MAX_CLOSED_LOGS,
    weight: { of: weightOf, max: MAX_CHARACTERS },
    lifetimeMs: LOG_RETENTION_MS,
  });

  async open({ text }: FeedKey, subscriber: LogSubscriber): Promise<LogHandle> {
    const log = this.#openLogs.get(text) ?? this.#closedLogs.get(text) ?? newLog();
    this.#openLogs.set(text, log);
    this.#closedLogs.delete(text);
    const handle: LogHandle = {
      replayBuffer: log.replayBuffer,
      async tryLead() {
        if (!log.subscribers.has(handle)) return 'follower';
        if (log.leader !== null) return log.leader === handle ? 'leader' : 'follower';
        log.leader = handle;
        return 'elected';
      },
      snapshot: async () => log.snapshot && new Map(log.snapshot),
      async begin(snapshot) {
        if (log.leader !== handle) return false;
        log.snapshot = new Map(snapshot);
        append(log, [null]);
        return true;
      },
      async append(changes) {
        if (log.leader !== handle || log.snapshot === null) return false;
        for (const { kind, instanceId, snapshot } of changes) {
          if (kind === 'deleted') log.snapshot.delete(instanceId);
          else log.snapshot.set(instanceId, snapshot);
        }
        append(log, changes);
        return true;
      },
      close: async () => {
        log.subscribers.delete(handle);
        if (log.leader === handle) log.leader = null;
        if (log.subscribers.size > 0) return;
        this.#openLogs.delete(text);
        this.#closedLogs.set(text, log);
      },
    };
    log.subscribers.set(handle, subscriber);
    return handle;
  }
}

function newLog(): Log {
  // Unique names, so that an id of one log is never valid in another.
  const name = crypto.randomUUID().slice(0, 13).replace('-', '');
  const replayBuffer = new ReplayBuffer();
  return { name, replayBuffer, snapshot: null, subscribers: new Map(), leader: null, entryCount: 0 };
}

function append(log: Log, changes: readonly (Change | null)[]): void {
  const entries = changes.map((change): LogEntry => ({ id: `${log.name}-${++log.entryCount}`, change }));
  for (const entry of entries) log.replayBuffer.push(entry);
  for (const subscriber of log.subscribers.values()) subscriber.onEntries(entries);
}

function weightOf({ replayBuffer, snapshot }: Log): number {
  const instances = snapshot === null ? [] : [...snapshot.values()];
  return instances.reduce((sum, { text }) => sum + text.length, replayBuffer.characters + 1);
}
