import { LruMap } from '../../lru-map.ts';
import type { CacheKey } from './cache-key.ts';
import type { CachedResponse } from './cached-response.ts';

/** Bytes. Of what is longer, encoding it again costs more than a call. */
export const MAX_TEXT_BYTES = 16_384;

/** What an entry costs beside its texts and bytes: objects, and its place in the lists. */
const ENTRY_OVERHEAD_BYTES = 600;

/** The largest part of the room that one response may have, and one project. */
const MAX_ENTRY_SHARE = 1 / 4;
const MAX_PROJECT_SHARE = 1 / 2;

/**
 * Responses in this process, bounded in bytes: of a project those go first that were not requested for the longest time, of all
 * projects the one that was not.
 */
export class MemoryCacheStore {
  readonly #projects: LruMap<LruMap<CachedResponse>>;
  readonly #bytes: number;

  /** @param bytes Room for all of them together. */
  constructor(bytes: number) {
    this.#bytes = bytes;
    this.#projects = new LruMap({ weight: { of: (answers) => answers.weight, max: bytes } });
  }

  /** Only of this version: what was before a change is no answer any more. */
  get(key: CacheKey, version: number): CachedResponse | undefined {
    const kept = this.#projects.get(key.projectId)?.get(key.text);
    return kept?.version === version ? kept : undefined;
  }

  /** Keeps the answer, unless a newer one of the same version is there. */
  set(key: CacheKey, answer: CachedResponse): void {
    const answers = this.#projects.peek(key.projectId) ?? this.#ofProject();
    const kept = answers.peek(key.text);
    if (kept?.version === answer.version && kept.generatedAt > answer.generatedAt) return;
    answers.set(key.text, answer);
    // Weighed anew, so that others make room.
    this.#projects.set(key.projectId, answers);
  }

  /** Lets go of this answer, not of one that has taken its place. */
  delete(key: CacheKey, answer: CachedResponse): void {
    const answers = this.#projects.peek(key.projectId);
    if (answers?.peek(key.text) !== answer) return;
    answers.delete(key.text);
    this.#projects.set(key.projectId, answers);
  }

  get bytes(): number {
    return this.#projects.weight;
  }

  #ofProject(): LruMap<CachedResponse> {
    return new LruMap({
      weight: {
        of: ({ body, link }, key) => {
          const texts = body.length <= MAX_TEXT_BYTES ? body.length : 0;
          return body.length + texts + key.length + (link?.length ?? 0) + ENTRY_OVERHEAD_BYTES;
        },
        max: this.#bytes * MAX_PROJECT_SHARE,
        heaviest: this.#bytes * MAX_ENTRY_SHARE,
      },
    });
  }
}
