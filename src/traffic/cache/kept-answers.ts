import { LruMap } from '../../lru-map.ts';
import type { KeptAnswer } from './answer.ts';
import type { CacheKey } from './cache-key.ts';
import { LONGEST_TEXT } from './tell.ts';

/** What an entry costs beside its texts and bytes: objects, and its place in the lists. */
const OVERHEAD = 600;

/** The largest part of the room that one response may have, and one project. */
const LARGEST = 1 / 4;
const SHARE_OF_PROJECT = 1 / 2;

/**
 * Responses in this process, bounded in bytes: of a project those go first that were not requested for the longest time, of all
 * projects the one that was not.
 */
export class KeptAnswers {
  readonly #projects: LruMap<LruMap<KeptAnswer>>;
  readonly #bytes: number;

  /** @param bytes Room for all of them together. */
  constructor(bytes: number) {
    this.#bytes = bytes;
    this.#projects = new LruMap({ weight: { of: (answers) => answers.weight, max: bytes } });
  }

  /** Only of this version: what was before a change is no answer any more. */
  get(key: CacheKey, version: number): KeptAnswer | undefined {
    const kept = this.#projects.get(key.projectId)?.get(key.text);
    return kept?.version === version ? kept : undefined;
  }

  /** Keeps the answer, unless a newer one of the same version is there. */
  keep(key: CacheKey, answer: KeptAnswer): void {
    const answers = this.#projects.peek(key.projectId) ?? this.#ofProject();
    const kept = answers.peek(key.text);
    if (kept?.version === answer.version && kept.asOf > answer.asOf) return;
    answers.set(key.text, answer);
    // Weighed anew, so that others make room.
    this.#projects.set(key.projectId, answers);
  }

  /** Lets go of this answer, not of one that has taken its place. */
  drop(key: CacheKey, answer: KeptAnswer): void {
    const answers = this.#projects.peek(key.projectId);
    if (answers?.peek(key.text) !== answer) return;
    answers.delete(key.text);
    this.#projects.set(key.projectId, answers);
  }

  get bytes(): number {
    return this.#projects.weight;
  }

  #ofProject(): LruMap<KeptAnswer> {
    return new LruMap({
      weight: {
        of: ({ body, link }, key) => {
          const texts = body.length <= LONGEST_TEXT ? body.length : 0;
          return body.length + texts + key.length + (link?.length ?? 0) + OVERHEAD;
        },
        max: this.#bytes * SHARE_OF_PROJECT,
        heaviest: this.#bytes * LARGEST,
      },
    });
  }
}
