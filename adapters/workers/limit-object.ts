import { DurableObject, type DurableObjectState } from 'cloudflare:workers';
import { wallMs } from '../../src/clock.ts';
import type { AcquireResult } from '../../src/traffic/limit/counter.ts';

/** The count, and the number of isolates that take from it. */
export interface Counted extends AcquireResult {
  readonly nodes: number;
}

export interface LimitObject {
  /** `Counter.take` for the key that names the object. `isolate` identifies the caller. */
  take(points: number, seconds: number, isolate: string): Promise<Counted>;
}

interface Window {
  total: number;
  /** Epoch ms. */
  readonly endsAt: number;
}

const ISOLATE_TTL_MS = 60_000;
const MAX_ISOLATES = 1_000;
/** How often an object checks whether its window is over, to delete it. */
const SWEEP_INTERVAL_MS = 86_400_000;

/**
 * Counts the points of one key for all isolates. The window is in the object's storage, so that it survives eviction, moves and
 * deployments.
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
    // A window that ends after `now + seconds` is from before the clock was set back.
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
    // Not awaited: the runtime holds the response back until the write is durable.
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

  #countIsolates(isolate: string, now: number): number {
    if (this.#isolates.size < MAX_ISOLATES || this.#isolates.has(isolate)) this.#isolates.set(isolate, now);
    for (const [id, at] of this.#isolates) if (at <= now - ISOLATE_TTL_MS) this.#isolates.delete(id);
    return Math.max(1, this.#isolates.size);
  }
}
