import type { LoadGenerator } from './load.ts';
import type { Pace } from './rounds.ts';

/** What a benchmark runs in. */
export interface Setting {
  readonly generator: LoadGenerator;
  readonly pace: Pace;
  /** Has a process, if there is one, stopped at the end of the benchmark, whatever becomes of it. */
  stopLater<T extends Stoppable | null>(process: T): T;
  print(text: string): void;
}

export interface Stoppable {
  stop(): Promise<void>;
}
