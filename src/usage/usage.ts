import type { Context } from 'hono';
import { SingleFlight } from '../async.ts';
import { monotonicMs, wallMs } from '../clock.ts';
import type { GatewayEnv, Stage } from '../context.ts';
import type { Logger } from '../telemetry/logger.ts';
import { ReadTurns } from './read-turns.ts';
import type { HourOfKey, UsageQuery, UsageStore, UsageSum, UsageWindow } from './usage-store.ts';

const HOUR_MS = 3_600_000;
/** What a killed process has counted since its last write is lost. */
const WRITE_INTERVAL_MS = 30_000;
/** Other writers of the database wait for a write. */
const HOURS_PER_WRITE = 350;
/** Hours of keys that wait while the database is unavailable; further ones are not counted. */
const MAX_WAITING = 100_000;

type WaitingHour = { -readonly [Field in keyof HourOfKey]: HourOfKey[Field] };
type Caller = Pick<HourOfKey, 'keyId' | 'projectId'>;

/** Counts requests by key and hour in memory, and adds them to the store in batches. */
export class Usage {
  readonly #store: UsageStore;
  readonly #log: Logger;
  readonly #writes = new SingleFlight<void>();
  readonly #turns = new ReadTurns();
  /** By the start of the hour, then by key. */
  #waiting = new Map<string, Map<string, WaitingHour>>();
  #waitingHours = 0;
  #notCounted = 0;
  #writtenAt = monotonicMs();
  /** In epoch hours; and what waits of it. */
  #hour = 0;
  #current = new Map<string, WaitingHour>();

  constructor(store: UsageStore, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  record(caller: Caller, points: number, status: number): void {
    const hour = Math.floor(wallMs() / HOUR_MS);
    if (hour !== this.#hour) {
      this.#hour = hour;
      this.#current = this.#keysOf(startOf(hour));
    }
    const counts = this.#current.get(caller.keyId) ?? this.#begin(startOf(hour), caller);
    if (counts === null) return;
    counts.requests += 1;
    counts.points += points;
    if (status >= 500) counts.serverErrors += 1;
    else if (status >= 400) counts.clientErrors += 1;
  }

  /**
   * Writes what has been counted: with `all` everything counted before the call, otherwise twice a minute. Never rejects: what
   * cannot be written is logged, and written with the next batch.
   */
  async flush({ all = false } = {}): Promise<void> {
    if (!all && monotonicMs() - this.#writtenAt < WRITE_INTERVAL_MS) return;
    const isRunning = this.#writes.has('');
    await this.#writes.run('', () => this.#write());
    // A write that was running began before this call.
    if (isRunning) await this.#writes.run('', () => this.#write());
  }

  /** With what this node has counted so far; other nodes are at most a write behind. */
  list(query: UsageQuery, window: UsageWindow): Promise<readonly UsageSum[]> {
    const read = async () => {
      await this.flush({ all: true });
      return this.#store.list(query, window);
    };
    // Operators read all projects.
    return query.projectId === undefined ? read() : this.#turns.run(query.projectId, read);
  }

  sweep(before: string): Promise<void> {
    return this.#store.sweep(before);
  }

  #keysOf(start: string): Map<string, WaitingHour> {
    const keys = this.#waiting.get(start) ?? new Map<string, WaitingHour>();
    this.#waiting.set(start, keys);
    return keys;
  }

  /** null: too many are waiting. */
  #begin(start: string, { keyId, projectId }: Caller, requests = 1): WaitingHour | null {
    if (this.#waitingHours >= MAX_WAITING) {
      this.#notCounted += requests;
      return null;
    }
    this.#waitingHours += 1;
    const begun = { start, projectId, keyId, requests: 0, points: 0, clientErrors: 0, serverErrors: 0 };
    this.#keysOf(start).set(keyId, begun);
    return begun;
  }

  async #write(): Promise<void> {
    this.#writtenAt = monotonicMs();
    const hours = [...this.#waiting.values()].flatMap((keys) => [...keys.values()]);
    this.#waiting = new Map();
    this.#waitingHours = 0;
    this.#current = this.#keysOf(startOf(this.#hour));
    for (let written = 0; written < hours.length; written += HOURS_PER_WRITE) {
      try {
        await this.#store.add(hours.slice(written, written + HOURS_PER_WRITE));
      } catch (error) {
        for (const hour of hours.slice(written)) this.#putBack(hour);
        const fields = { hours: this.#waitingHours, not_counted: this.#notCounted };
        this.#log.warn('usage_write_failed', fields, error);
        return;
      }
    }
  }

  #putBack(hour: HourOfKey): void {
    const counts = this.#keysOf(hour.start).get(hour.keyId) ?? this.#begin(hour.start, hour, hour.requests);
    if (counts === null) return;
    counts.requests += hour.requests;
    counts.points += hour.points;
    counts.clientErrors += hour.clientErrors;
    counts.serverErrors += hour.serverErrors;
  }
}

function startOf(hour: number): string {
  return new Date(hour * HOUR_MS).toISOString();
}

/** Counts each request with a valid key, in any dialect. */
export function countUsage(usage: Usage): Stage {
  const count = (c: Context<GatewayEnv>, status: number) => {
    const caller: Caller | undefined = c.get('principal');
    if (caller !== undefined) usage.record(caller, c.get('points') ?? 0, status);
  };
  return {
    async handle(c, next) {
      await next();
      count(c, c.res.status);
    },
    check: () => true,
    finish: (c, { status }) => count(c, status),
  };
}
