import { LruMap } from '../../lru-map.ts';
import type { KeptAnswer } from './answer.ts';
import type { CacheKey } from './cache-key.ts';
import { LONGEST_TEXT } from './tell.ts';

/** What an entry costs beside its texts and bytes: objects, and its place in the lists. */
const OVERHEAD = 600;

/** The largest part of the room that one answer may have. */
const LARGEST = 1 / 4;

/** Answers in this process, those first forgotten that nobody has asked for the longest time; bounded in bytes. */
export class KeptAnswers {
  readonly #answers: LruMap<KeptAnswer>;

  /** @param bytes Room for all of them together. */
  constructor(bytes: number) {
    this.#answers = new LruMap({
      weight: {
        of: ({ body, link }, key) => {
          const texts = body.length <= LONGEST_TEXT ? body.length : 0;
          return body.length + texts + key.length + (link?.length ?? 0) + OVERHEAD;
        },
        max: bytes,
        heaviest: bytes * LARGEST,
      },
    });
  }

  /** Only of this version: what was before a change is no answer any more. */
  get(key: CacheKey, version: number): KeptAnswer | undefined {
    const kept = this.#answers.get(key.text);
    return kept?.version === version ? kept : undefined;
  }

  /** Keeps the answer, unless a newer one of the same version is there. */
  keep(key: CacheKey, answer: KeptAnswer): void {
    const kept = this.#answers.peek(key.text);
    if (kept?.version === answer.version && kept.asOf > answer.asOf) return;
    this.#answers.set(key.text, answer);
  }

  /** Lets go of this answer, not of one that has taken its place. */
  drop(key: CacheKey, answer: KeptAnswer): void {
    if (this.#answers.peek(key.text) === answer) this.#answers.delete(key.text);
  }

  get bytes(): number {
    return this.#answers.weight;
  }
}
