import { LruMap } from '../../lru-map.ts';
import type { Change, Shown } from './changes.ts';
import { type EventLog, LOG_LIFE, type LogReader, type OpenLog } from './event-log.ts';
import type { FeedKey } from './feed-key.ts';
import { type Entry, History } from './history.ts';

/** What is remembered of logs that nobody has open: so many, and characters in all of them. */
const MAX_CLOSED = 1_000;
const MAX_CHARACTERS = 33_554_432;

interface Log {
  readonly name: string;
  readonly history: History;
  shown: Map<string, Shown> | null;
  readonly readers: Map<OpenLog, LogReader>;
  leader: OpenLog | null;
  count: number;
}

/** The logs of one gateway, in its memory. */
export class LocalEventLog implements EventLog {
  readonly shared = false;
  readonly #open = new Map<string, Log>();
  readonly #closed = new LruMap<Log>({
    max: MAX_CLOSED,
    weight: { of: weightOf, max: MAX_CHARACTERS },
    lifetime: LOG_LIFE,
  });

  async open({ text }: FeedKey, reader: LogReader): Promise<OpenLog> {
    const log = this.#open.get(text) ?? this.#closed.get(text) ?? newLog();
    this.#open.set(text, log);
    this.#closed.delete(text);
    const opened: OpenLog = {
      history: log.history,
      async lead() {
        if (!log.readers.has(opened)) return 'no';
        if (log.leader !== null) return log.leader === opened ? 'still' : 'no';
        log.leader = opened;
        return 'anew';
      },
      shown: async () => log.shown && new Map(log.shown),
      async begin(shown) {
        if (log.leader !== opened) return false;
        log.shown = new Map(shown);
        append(log, [null]);
        return true;
      },
      async add(changes) {
        if (log.leader !== opened || log.shown === null) return false;
        for (const change of changes) apply(log.shown, change);
        append(log, changes);
        return true;
      },
      close: async () => {
        log.readers.delete(opened);
        if (log.leader === opened) log.leader = null;
        if (log.readers.size > 0) return;
        this.#open.delete(text);
        this.#closed.set(text, log);
      },
    };
    log.readers.set(opened, reader);
    return opened;
  }
}

function newLog(): Log {
  // No two logs have a name in common, so that nobody goes on in one from where it was in another.
  const name = crypto.randomUUID().slice(0, 13).replace('-', '');
  return { name, history: new History(), shown: null, readers: new Map(), leader: null, count: 0 };
}

function append(log: Log, changes: readonly (Change | null)[]): void {
  const entries = changes.map((change): Entry => ({ id: `${log.name}-${++log.count}`, change }));
  for (const entry of entries) log.history.push(entry);
  for (const reader of log.readers.values()) reader.added(entries);
}

function apply(shown: Map<string, Shown>, { kind, instanceId, shown: now }: Change): void {
  if (kind === 'deleted') shown.delete(instanceId);
  else shown.set(instanceId, now);
}

function weightOf({ history, shown }: Log): number {
  const instances = shown === null ? [] : [...shown.values()];
  return instances.reduce((sum, { text }) => sum + text.length, history.size + 1);
}
