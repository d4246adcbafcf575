import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Change, InstanceSnapshot, ProjectSnapshot } from '../../src/traffic/events/event-log.ts';
import {
  type LeaderStatus,
  LOG_RETENTION_MS,
  type LogEntry,
  type LogHandle,
  type LogSubscriber,
  ReplayBuffer,
} from '../../src/traffic/events/event-log.ts';
import { releaseScript } from './cache-store.ts';
import type { RedisConnection } from './connection.ts';
import { EVENTS_CHANNEL, eventScripts, LOG_FIELD, type LogKeys } from './event-scripts.ts';

/** Milliseconds after which somebody else leads when who did is heard of no more. */
const LEADER_LEASE_TTL_MS = 6_000;
/** What is written or read at once, characters and entries: every command has but a quarter of a second. */
const MAX_BATCH_CHARACTERS = 131_072;
const MAX_BATCH_ENTRIES = 500;

const LEADER_STATUS: readonly LeaderStatus[] = ['follower', 'elected', 'leader'];

const SnapshotSchema = z.object({ snapshot: z.object({ state: z.string(), text: z.string() }) });
const ChangeSchema = SnapshotSchema.extend({
  kind: z.enum(['created', 'state_changed', 'updated', 'deleted']),
  instanceId: z.string(),
  previousState: z.string().nullable(),
  at: z.string(),
});

/** The log of one feed in Redis, as this gateway has it open. */
export class RedisLogHandle implements LogHandle {
  readonly replayBuffer = new ReplayBuffer();
  readonly #connection: RedisConnection;
  readonly #scripts: ReturnType<typeof eventScripts>;
  readonly #keys: LogKeys;
  readonly #subscriber: LogSubscriber;
  readonly #onClose: () => void;
  readonly #owner = randomUUID();
  #lastRead: Promise<void> = Promise.resolve();
  #isEnded = false;

  /** @param name What its keys begin with. */
  constructor(connection: RedisConnection, name: string, subscriber: LogSubscriber, onClose: () => void) {
    this.#connection = connection;
    this.#scripts = eventScripts(connection.client);
    this.#keys = [`${name}:lease`, `${name}:log`, `${name}:snapshot`];
    this.#subscriber = subscriber;
    this.#onClose = onClose;
  }

  /** Nobody hears of what is in the history now. */
  async load(): Promise<void> {
    for (const entry of await this.#entriesFrom('-')) this.replayBuffer.push(entry);
  }

  /** Reads what has been added; one after the other, so that each entry is told once. */
  read(): Promise<void> {
    this.#lastRead = this.#lastRead.then(() => this.#read());
    return this.#lastRead;
  }

  /** It cannot be followed any more. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#subscriber.onEnd();
  }

  async tryLead(): Promise<LeaderStatus> {
    if (this.#isEnded) return 'follower';
    const status = await this.#run(() =>
      this.#scripts.linguanovaLead(...this.#keys, this.#owner, LOG_RETENTION_MS, LEADER_LEASE_TTL_MS),
    );
    // Messages may have been lost.
    await this.read();
    return LEADER_STATUS[status] ?? 'follower';
  }

  async snapshot(): Promise<ProjectSnapshot | null> {
    const [, , key] = this.#keys;
    const { client } = this.#connection;
    const log = await this.#run(() => client.hget(key, LOG_FIELD));
    if (log === null || log !== this.replayBuffer.lastId?.split('-')[0]) return null;
    const snapshot = new Map<string, InstanceSnapshot>();
    let cursor = '0';
    do {
      const [next, pairs] = await this.#run(() => client.hscan(key, cursor, 'COUNT', MAX_BATCH_ENTRIES));
      for (let i = 0; i < pairs.length; i += 2) {
        const [id = '', text = ''] = pairs.slice(i, i + 2);
        if (id !== LOG_FIELD) snapshot.set(id, SnapshotSchema.parse(JSON.parse(text)).snapshot);
      }
      cursor = next;
    } while (cursor !== '0');
    return snapshot;
  }

  async begin(snapshot: ProjectSnapshot): Promise<boolean> {
    const pairs = [...snapshot].map(([id, one]) => [id, JSON.stringify({ snapshot: one })]);
    let anew: 0 | 1 = 1;
    for (const batch of [[], ...batches(pairs)]) {
      const isLeading = await this.#run(() =>
        this.#scripts.linguanovaShow(...this.#keys, this.#owner, LOG_RETENTION_MS, anew, ...batch.flat()),
      );
      if (isLeading === 0) return false;
      anew = 0;
    }
    const begun = this.#run(() =>
      this.#scripts.linguanovaBegin(...this.#keys, this.#owner, LOG_RETENTION_MS, EVENTS_CHANNEL),
    );
    return this.#readIfLeader(await begun);
  }

  async append(changes: readonly Change[]): Promise<boolean> {
    const remain = this.replayBuffer.lengthWith(changes);
    const triples = changes.map((change) => [change.kind, change.instanceId, JSON.stringify(change)]);
    for (const batch of batches(triples)) {
      const added = this.#run(() =>
        this.#scripts.linguanovaAdd(
          ...this.#keys,
          this.#owner,
          LOG_RETENTION_MS,
          EVENTS_CHANNEL,
          remain,
          ...batch.flat(),
        ),
      );
      if (!(await this.#readIfLeader(await added))) return false;
    }
    return true;
  }

  async close(): Promise<void> {
    this.#isEnded = true;
    this.#onClose();
    const [lease] = this.#keys;
    await this.#run(() => releaseScript(this.#connection.client).linguanovaRelease(lease, this.#owner));
  }

  async #readIfLeader(isLeading: number): Promise<boolean> {
    if (isLeading === 1) await this.read();
    return isLeading === 1;
  }

  async #read(): Promise<void> {
    const { lastId: last } = this.replayBuffer;
    const entries = await this.#entriesFrom(last === null ? '-' : `(${last}`).catch(() => []);
    if (this.#isEnded || entries.length === 0) return;
    const inOrder = entries.every(({ id }, i) => {
      const before = i === 0 ? last : (entries[i - 1]?.id ?? null);
      return before === null || id === nextId(before);
    });
    if (!inOrder) return this.end();
    for (const entry of entries) this.replayBuffer.push(entry);
    this.#subscriber.onEntries(entries);
  }

  async #entriesFrom(from: string): Promise<LogEntry[]> {
    const [, key] = this.#keys;
    const entries: LogEntry[] = [];
    for (let start = from; ; ) {
      const batch = await this.#run(() =>
        this.#connection.client.xrange(key, start, '+', 'COUNT', MAX_BATCH_ENTRIES),
      );
      for (const [id, [, text = '']] of batch) {
        entries.push({ id, change: text === '' ? null : ChangeSchema.parse(JSON.parse(text)) });
      }
      if (batch.length < MAX_BATCH_ENTRIES) return entries;
      start = `(${batch.at(-1)?.[0]}`;
    }
  }

  #run<T>(command: () => Promise<T>): Promise<T> {
    return this.#connection.run(command);
  }
}

/** The id of the next entry of the same log. */
function nextId(id: string): string {
  const [log, number] = id.split('-');
  return `${log}-${Number(number) + 1}`;
}

/** In parts that can be sent at once. */
function* batches(rows: readonly (readonly string[])[]): Generator<readonly (readonly string[])[]> {
  let batch: (readonly string[])[] = [];
  let characters = 0;
  for (const row of rows) {
    batch.push(row);
    characters += row.reduce((sum, text) => sum + text.length, 0);
    if (characters < MAX_BATCH_CHARACTERS && batch.length < MAX_BATCH_ENTRIES) continue;
    yield batch;
    [batch, characters] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}
