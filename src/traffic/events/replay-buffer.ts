import type { Change } from './changes.ts';

/** A line of an event log. */
export interface LogEntry {
  /** `<log>-<number>`: numbers of one log follow each other without a gap. Opaque to clients. */
  readonly id: string;
  /** null: here the log begins, and what was before is not known. */
  readonly change: Change | null;
}

/** What is remembered of a feed at most: so many changes, and characters of what they show. */
const MAX_ENTRIES = 1_000;
const MAX_CHARACTERS = 1_048_576;

/** The latest entries of a log. */
export class ReplayBuffer {
  #entries: LogEntry[] = [];
  #characters = 0;

  /** Oldest first. */
  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  /** Characters of what it shows. */
  get characters(): number {
    return this.#characters;
  }

  /** Id of the latest; null while there is none. */
  get lastId(): string | null {
    return this.#entries.at(-1)?.id ?? null;
  }

  push(entry: LogEntry): void {
    this.#entries.push(entry);
    this.#characters += charactersOf(entry.change);
    while (this.#entries.length > 1 && this.#isFull()) {
      this.#characters -= charactersOf(this.#entries.shift()?.change ?? null);
    }
  }

  /** What came after an entry; null when that is not remembered, so that something may have been missed. */
  after(id: string): readonly LogEntry[] | null {
    const at = this.#entries.findLastIndex((entry) => entry.id === id);
    return at < 0 ? null : this.#entries.slice(at + 1);
  }

  /** How many entries there would be, were these added. */
  lengthWith(changes: readonly Change[]): number {
    const all = [...this.#entries.map(({ change }) => change), ...changes];
    let characters = 0;
    const room = all.findLastIndex((change) => {
      characters += charactersOf(change);
      return characters > MAX_CHARACTERS;
    });
    return Math.max(1, Math.min(all.length - room - 1, MAX_ENTRIES));
  }

  #isFull(): boolean {
    return this.#entries.length > MAX_ENTRIES || this.#characters > MAX_CHARACTERS;
  }
}

function charactersOf(change: Change | null): number {
  return change?.snapshot.text.length ?? 0;
}
