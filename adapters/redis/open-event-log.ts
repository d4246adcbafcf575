import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Change, Shown, ShownInstances } from '../../src/traffic/events/changes.ts';
import { type Leading, LOG_LIFE, type LogReader, type OpenLog } from '../../src/traffic/events/event-log.ts';
import { type Entry, History } from '../../src/traffic/events/history.ts';
import { releaseScript } from './cache-store.ts';
import { EVENTS, eventScripts, LOG_FIELD, type LogKeys } from './event-scripts.ts';
import type { RedisLink } from './link.ts';

/** Milliseconds after which somebody else leads when who did is heard of no more. */
const LEASE = 6_000;
/** What is written or read at once, characters and entries: every command has but a quarter of a second. */
const MOST_CHARACTERS = 131_072;
const MOST_ENTRIES = 500;

const LEADING: readonly Leading[] = ['no', 'anew', 'still'];

const Kept = z.object({ shown: z.object({ state: z.string(), text: z.string() }) });
const Changed = Kept.extend({
  kind: z.enum(['created', 'state_changed', 'updated', 'deleted']),
  instanceId: z.string(),
  previousState: z.string().nullable(),
  at: z.string(),
});

/** The log of one feed in Redis, as this gateway has it open. */
export class RedisOpenLog implements OpenLog {
  readonly history = new History();
  readonly #link: RedisLink;
  readonly #scripts: ReturnType<typeof eventScripts>;
  readonly #keys: LogKeys;
  readonly #reader: LogReader;
  readonly #onClose: () => void;
  readonly #owner = randomUUID();
  #reading: Promise<void> = Promise.resolve();
  #isOver = false;

  /** @param name What its keys begin with. */
  constructor(link: RedisLink, name: string, reader: LogReader, onClose: () => void) {
    this.#link = link;
    this.#scripts = eventScripts(link.client);
    this.#keys = [`${name}:lease`, `${name}:log`, `${name}:shown`];
    this.#reader = reader;
    this.#onClose = onClose;
  }

  /** Nobody hears of what is in the history now. */
  async remember(): Promise<void> {
    for (const entry of await this.#after('-')) this.history.push(entry);
  }

  /** Reads what has been added; one after the other, so that each entry is told once. */
  read(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#read());
    return this.#reading;
  }

  /** It cannot be followed any more. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reader.ended();
  }

  async lead(): Promise<Leading> {
    if (this.#isOver) return 'no';
    const led = await this.#run(() =>
      this.#scripts.linguanovaLead(...this.#keys, this.#owner, LOG_LIFE, LEASE),
    );
    // Messages may have been lost.
    await this.read();
    return LEADING[led] ?? 'no';
  }

  async shown(): Promise<ShownInstances | null> {
    const [, , key] = this.#keys;
    const { client } = this.#link;
    const log = await this.#run(() => client.hget(key, LOG_FIELD));
    if (log === null || log !== this.history.last?.split('-')[0]) return null;
    const shown = new Map<string, Shown>();
    let cursor = '0';
    do {
      const [next, pairs] = await this.#run(() => client.hscan(key, cursor, 'COUNT', MOST_ENTRIES));
      for (let i = 0; i < pairs.length; i += 2) {
        const [id = '', text = ''] = pairs.slice(i, i + 2);
        if (id !== LOG_FIELD) shown.set(id, Kept.parse(JSON.parse(text)).shown);
      }
      cursor = next;
    } while (cursor !== '0');
    return shown;
  }

  async begin(shown: ShownInstances): Promise<boolean> {
    const pairs = [...shown].map(([id, one]) => [id, JSON.stringify({ shown: one })]);
    let anew: 0 | 1 = 1;
    for (const some of [[], ...portions(pairs)]) {
      const isLeading = await this.#run(() =>
        this.#scripts.linguanovaShow(...this.#keys, this.#owner, LOG_LIFE, anew, ...some.flat()),
      );
      if (isLeading === 0) return false;
      anew = 0;
    }
    const begun = this.#run(() =>
      this.#scripts.linguanovaBegin(...this.#keys, this.#owner, LOG_LIFE, EVENTS),
    );
    return this.#written(await begun);
  }

  async add(changes: readonly Change[]): Promise<boolean> {
    const remain = this.history.lengthWith(changes);
    const triples = changes.map((change) => [change.kind, change.instanceId, JSON.stringify(change)]);
    for (const some of portions(triples)) {
      const added = this.#run(() =>
        this.#scripts.linguanovaAdd(...this.#keys, this.#owner, LOG_LIFE, EVENTS, remain, ...some.flat()),
      );
      if (!(await this.#written(await added))) return false;
    }
    return true;
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.#onClose();
    const [lease] = this.#keys;
    await this.#run(() => releaseScript(this.#link.client).linguanovaRelease(lease, this.#owner));
  }

  async #written(isLeading: number): Promise<boolean> {
    if (isLeading === 1) await this.read();
    return isLeading === 1;
  }

  async #read(): Promise<void> {
    const { last } = this.history;
    const entries = await this.#after(last === null ? '-' : `(${last}`).catch(() => []);
    if (this.#isOver || entries.length === 0) return;
    const inOrder = entries.every(({ id }, i) => {
      const before = i === 0 ? last : (entries[i - 1]?.id ?? null);
      return before === null || id === following(before);
    });
    if (!inOrder) return this.end();
    for (const entry of entries) this.history.push(entry);
    this.#reader.added(entries);
  }

  async #after(from: string): Promise<Entry[]> {
    const [, key] = this.#keys;
    const entries: Entry[] = [];
    for (let start = from; ; ) {
      const some = await this.#run(() => this.#link.client.xrange(key, start, '+', 'COUNT', MOST_ENTRIES));
      for (const [id, [, text = '']] of some) {
        entries.push({ id, change: text === '' ? null : Changed.parse(JSON.parse(text)) });
      }
      if (some.length < MOST_ENTRIES) return entries;
      start = `(${some.at(-1)?.[0]}`;
    }
  }

  #run<T>(command: () => Promise<T>): Promise<T> {
    return this.#link.run(command);
  }
}

/** The id of the next entry of the same log. */
function following(id: string): string {
  const [log, number] = id.split('-');
  return `${log}-${Number(number) + 1}`;
}

/** In parts that can be sent at once. */
function* portions(rows: readonly (readonly string[])[]): Generator<readonly (readonly string[])[]> {
  let portion: (readonly string[])[] = [];
  let characters = 0;
  for (const row of rows) {
    portion.push(row);
    characters += row.reduce((sum, text) => sum + text.length, 0);
    if (characters < MOST_CHARACTERS && portion.length < MOST_ENTRIES) continue;
    yield portion;
    [portion, characters] = [[], 0];
  }
  if (portion.length > 0) yield portion;
}
