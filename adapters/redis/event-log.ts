import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { encodeBase64Url } from '../../src/http/base64.ts';
import {
  type Change,
  type EventLog,
  type FeedKey,
  type InstanceSnapshot,
  type LeaderStatus,
  LOG_RETENTION_MS,
  type LogEntry,
  type LogHandle,
  type LogSubscriber,
  type ProjectSnapshot,
  ReplayBuffer,
} from '../../src/traffic/events/event-log.ts';
import { LocalEventLog } from '../../src/traffic/events/local-event-log.ts';
import { releaseScript } from './cache-store.ts';
import { type RedisConnection, RedisFailure } from './connection.ts';
import { EVENTS_CHANNEL, eventScripts, LOG_FIELD, type LogKeys } from './event-scripts.ts';
import { Subscription } from './subscription.ts';
import type { RedisTarget } from './url.ts';

/** After this outage a gateway opens a log of its own, and its subscribers get `reset`. */
const STANDALONE_AFTER_MS = 2_000;
const LEADER_LEASE_TTL_MS = 6_000;
/** Bounds of one command, so that it completes within the command timeout. */
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

/** Event logs in Redis, shared by gateways; while Redis is down each gateway has logs of its own. */
export class RedisEventLog implements EventLog {
  readonly #connection: RedisConnection;
  readonly #subscription: Subscription;
  readonly #local = new LocalEventLog();
  readonly #handles = new Map<string, RedisLogHandle>();
  readonly #standaloneSubscribers = new Set<LogSubscriber>();

  constructor(connection: RedisConnection, target: RedisTarget) {
    this.#connection = connection;
    eventScripts(connection.client);
    this.#subscription = new Subscription(target, [EVENTS_CHANNEL], {
      onMessage: (_, key) => void this.#handles.get(key)?.read(),
      onHealthChange: (alive) => {
        if (alive) for (const handle of this.#handles.values()) void handle.read();
      },
    });
    connection.onChange((available) => {
      if (available) {
        for (const subscriber of [...this.#standaloneSubscribers]) subscriber.onEnd();
      } else {
        for (const handle of [...this.#handles.values()]) handle.end();
        this.#subscription.reconnect();
      }
    });
  }

  get shared(): boolean {
    return this.#connection.available;
  }

  async open(feed: FeedKey, subscriber: LogSubscriber): Promise<LogHandle> {
    for (;;) {
      const wait = this.#connection.downSince + STANDALONE_AFTER_MS - performance.now();
      if (wait > 0) await this.#connection.whenUp(wait);
      if (!this.shared) return this.#openStandalone(feed, subscriber);
      try {
        return await this.#openShared(feed, subscriber);
      } catch (error) {
        if (!(error instanceof RedisFailure)) throw error;
      }
    }
  }

  async connect(): Promise<void> {
    await this.#subscription.open();
  }

  close(): void {
    this.#subscription.close();
  }

  async #openShared(feed: FeedKey, subscriber: LogSubscriber): Promise<LogHandle> {
    const name = `linguanova:feed:{${feed.tenant}}:${encodeBase64Url(await feed.digest())}`;
    const handle = new RedisLogHandle(this.#connection, name, subscriber, () => {
      if (this.#handles.get(`${name}:log`) === handle) this.#handles.delete(`${name}:log`);
    });
    await handle.load();
    this.#handles.set(`${name}:log`, handle);
    // Entries that were appended before messages could reach the handle.
    await handle.read();
    return handle;
  }

  async #openStandalone(feed: FeedKey, subscriber: LogSubscriber): Promise<LogHandle> {
    const handle = await this.#local.open(feed, subscriber);
    this.#standaloneSubscribers.add(subscriber);
    return {
      ...handle,
      close: () => {
        this.#standaloneSubscribers.delete(subscriber);
        return handle.close();
      },
    };
  }
}

class RedisLogHandle implements LogHandle {
  readonly replayBuffer = new ReplayBuffer();
  readonly #connection: RedisConnection;
  readonly #scripts: ReturnType<typeof eventScripts>;
  readonly #keys: LogKeys;
  readonly #subscriber: LogSubscriber;
  readonly #onClose: () => void;
  readonly #owner = randomUUID();
  #lastRead: Promise<void> = Promise.resolve();
  #isEnded = false;

  constructor(connection: RedisConnection, name: string, subscriber: LogSubscriber, onClose: () => void) {
    this.#connection = connection;
    this.#scripts = eventScripts(connection.client);
    this.#keys = [`${name}:lease`, `${name}:log`, `${name}:snapshot`];
    this.#subscriber = subscriber;
    this.#onClose = onClose;
  }

  /** Fills the replay buffer, without calling the subscriber. */
  async load(): Promise<void> {
    for (const entry of await this.#entriesFrom('-')) this.replayBuffer.push(entry);
  }

  /** Reads new entries; reads are serialized, so that each entry is delivered once. */
  read(): Promise<void> {
    this.#lastRead = this.#lastRead.then(() => this.#read());
    return this.#lastRead;
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#subscriber.onEnd();
  }

  async tryLead(): Promise<LeaderStatus> {
    if (this.#isEnded) return 'follower';
    const status = await this.#run(() => this.#scripts.linguanovaLead(...this.#owned, LEADER_LEASE_TTL_MS));
    // Notifications may have been lost.
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
    let reset: 0 | 1 = 1;
    for (const batch of [[], ...batches(pairs)]) {
      const isLeader = await this.#run(() =>
        this.#scripts.linguanovaShow(...this.#owned, reset, ...batch.flat()),
      );
      if (isLeader === 0) return false;
      reset = 0;
    }
    const begun = this.#run(() => this.#scripts.linguanovaBegin(...this.#owned, EVENTS_CHANNEL));
    return this.#readIfLeader(await begun);
  }

  async append(changes: readonly Change[]): Promise<boolean> {
    const maxLength = this.replayBuffer.lengthWith(changes);
    const triples = changes.map((change) => [change.kind, change.instanceId, JSON.stringify(change)]);
    for (const batch of batches(triples)) {
      const added = this.#run(() =>
        this.#scripts.linguanovaAdd(...this.#owned, EVENTS_CHANNEL, maxLength, ...batch.flat()),
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

  async #readIfLeader(isLeader: number): Promise<boolean> {
    if (isLeader === 1) await this.read();
    return isLeader === 1;
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

  get #owned() {
    return [...this.#keys, this.#owner, LOG_RETENTION_MS] as const;
  }

  #run<T>(command: () => Promise<T>): Promise<T> {
    return this.#connection.run(command);
  }
}

function nextId(id: string): string {
  const [log, number] = id.split('-');
  return `${log}-${Number(number) + 1}`;
}

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
