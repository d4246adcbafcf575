import type { AcquireResult, Counter } from '../../src/traffic/limit/counter.ts';

interface Window {
  readonly start: number;
  readonly end: number;
  total: number;
}

/** A counter with a clock that tests set, which remembers all its windows. */
export class CounterModel implements Counter {
  now = 0;
  acquisitions = 0;
  nodes = 1;
  downSince = Number.NEGATIVE_INFINITY;
  upSince = Number.NEGATIVE_INFINITY;
  #available = true;
  readonly #windows = new Map<string, Window[]>();

  get available(): boolean {
    return this.#available;
  }

  set available(available: boolean) {
    if (available) this.upSince = this.now;
    else this.downSince = this.now;
    this.#available = available;
  }

  add(key: string, points: number, seconds: number): AcquireResult {
    this.acquisitions += 1;
    const all = this.#windows.get(key) ?? [];
    this.#windows.set(key, all);
    let window = all.at(-1);
    if (window === undefined || window.end <= this.now) {
      window = { start: this.now, end: this.now + seconds * 1000, total: 0 };
      all.push(window);
    }
    window.total += points;
    return { total: window.total, endsInMs: window.end - this.now };
  }

  async acquire(key: string, points: number, seconds: number): Promise<AcquireResult> {
    if (!this.available) throw new Error('away');
    return this.add(key, points, seconds);
  }

  windows(key: string): readonly Window[] {
    return this.#windows.get(key) ?? [];
  }

  /** All windows are gone, as after a restart without a copy on disk. */
  reset(): void {
    this.#windows.clear();
  }
}
