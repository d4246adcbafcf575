import type { LoadGenerator } from './load.ts';
import type { Pace } from './rounds.ts';

/** What a benchmark runs in. */
export interface Setting {
  readonly generator: LoadGenerator;
  readonly pace: Pace;
  readonly scale: Scale;
  /** Whether programs that are missing may be installed. */
  readonly install: boolean;
  /** Has a process, if there is one, stopped at the end of the benchmark, whatever becomes of it. */
  stopLater<T extends Stoppable | null>(process: T): T;
  print(text: string): void;
}

/** How much there is. */
export interface Scale {
  readonly keys: number;
  readonly projects: number;
  /** Event subscribers of one project. */
  readonly listeners: number;
  /** Instances of a project, one measurement for each. */
  readonly instances: readonly number[];
  /** Folders of checkouts to compare. */
  readonly checkouts: readonly string[];
}

export interface Stoppable {
  stop(): Promise<void>;
}
