import { DurableObject, type DurableObjectState } from 'cloudflare:workers';
import { wallMs } from '../../src/clock.ts';
import type { AcquireResult } from '../../src/traffic/limit/counter.ts';

/** What the object answers: the count, and how many isolates draw on it. */
export interface Counted extends AcquireResult {
  readonly nodes: number;
}

/** The part that isolates call. */
export interface LimitObject {
  /** As `Counter.take`, for the one key that the object is named by. `isolate` is who asks. */
  take(points: number, seconds: number, isolate: string): Promise<Counted>;
}

interface Window {
  total: number;
  /** Epoch milliseconds. */
  readonly endsAt: number;
}

/** An isolate that has not asked for so long counts no more, milliseconds. */
const ISOLATE_TTL_MS = 60_000;
/** Isolates that are remembered; more than these are one more. */
const MAX_ISOLATES = 1_000;
/** When a key that nobody uses any more is looked at, so that its window is let go of; milliseconds. */
const SWEEP_INTERVAL_MS = 86_400_000;

/**
 * Counts the points of one key, the truth of its limit for all isolates in the world. The window is in the object's storage,
 * so that one that was evicted, moved or deployed anew goes on counting where it was.
 */
export class LimitCounter<Env> extends DurableObject<Env> implements LimitObject {
  #window: Window | undefined;
  readonly #isolates = new Map<string, number>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.blockConcurrencyWhile(async () => {
      this.#window = await ctx.storage.get<Window>('window');
    });
  }

  async take(points: number, seconds: number, isolate: string): Promise<Counted> {
    const now = wallMs();
    // One that would end later than a whole window from now is from before the clock was set back.
    if (
      this.#window === undefined ||
      this.#window.endsAt <= now ||
      this.#window.endsAt > now + seconds * 1000
    ) {
      this.#window = { total: 0, endsAt: now + seconds * 1000 };
      if ((await this.ctx.storage.getAlarm()) === null)
        await this.ctx.storage.setAlarm(now + SWEEP_INTERVAL_MS);
    }
    this.#window.total += points;
    const { total, endsAt } = this.#window;
    // Not awaited: the answer is held back until it is written.
    void this.ctx.storage.put('window', { total, endsAt });
    return { total, endsInMs: Math.max(1, endsAt - now), nodes: this.#countIsolates(isolate, now) };
  }

  async alarm(): Promise<void> {
    const now = wallMs();
    if (this.#window !== undefined && this.#window.endsAt > now) {
      await this.ctx.storage.setAlarm(now + SWEEP_INTERVAL_MS);
      return;
    }
    this.#window = undefined;
    await this.ctx.storage.deleteAll();
  }

  /** How many isolates there are, now that this one has asked. */
  #countIsolates(isolate: string, now: number): number {
    if (this.#isolates.size < MAX_ISOLATES || this.#isolates.has(isolate)) this.#isolates.set(isolate, now);
    for (const [id, at] of this.#isolates) if (at <= now - ISOLATE_TTL_MS) this.#isolates.delete(id);
    return Math.max(1, this.#isolates.size);
  }
}
