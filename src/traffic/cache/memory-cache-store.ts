import { LruMap } from '../../lru-map.ts';
import type { CacheKey } from './cache-key.ts';
import type { CachedResponse } from './cache-store.ts';

/** Encoding a longer text again costs more than the second system call of a body in bytes. */
export const MAX_TEXT_BYTES = 16_384;

/** Memory of an entry besides its texts and bytes: objects, and its place in the lists. */
const ENTRY_OVERHEAD_BYTES = 600;

/** The largest share of the memory for one response, and for one project. */
const MAX_ENTRY_SHARE = 1 / 4;
const MAX_PROJECT_SHARE = 1 / 2;

/** Responses in this process, bounded in bytes. Evicts the least recently used response of a project, and project of all. */
export class MemoryCacheStore {
  readonly #projects: LruMap<LruMap<CachedResponse>>;
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#projects = new LruMap({ weight: { of: (responses) => responses.weight, max: maxBytes } });
  }

  /** Only of this version: older responses are from before a write. */
  get(key: CacheKey, version: number): CachedResponse | undefined {
    const stored = this.#projects.get(key.projectId)?.get(key.text);
    return stored?.version === version ? stored : undefined;
  }

  /** Stores the response, unless a newer one of the same version is stored. */
  set(key: CacheKey, response: CachedResponse): void {
    const responses = this.#projects.peek(key.projectId) ?? this.#newProject();
    const stored = responses.peek(key.text);
    if (stored?.version === response.version && stored.generatedAt > response.generatedAt) return;
    responses.set(key.text, response);
    // Weighs the project again, so that others are evicted.
    this.#projects.set(key.projectId, responses);
  }

  /** Deletes this response, unless another has replaced it. */
  delete(key: CacheKey, response: CachedResponse): void {
    const responses = this.#projects.peek(key.projectId);
    if (responses?.peek(key.text) !== response) return;
    responses.delete(key.text);
    this.#projects.set(key.projectId, responses);
  }

  get bytes(): number {
    return this.#projects.weight;
  }

  #newProject(): LruMap<CachedResponse> {
    return new LruMap({
      weight: {
        of: bytesOf,
        max: this.#maxBytes * MAX_PROJECT_SHARE,
        heaviest: this.#maxBytes * MAX_ENTRY_SHARE,
      },
    });
  }
}

function bytesOf({ body, headers }: CachedResponse, key: string): number {
  let bytes =
    body.length + (body.length <= MAX_TEXT_BYTES ? body.length : 0) + key.length + ENTRY_OVERHEAD_BYTES;
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0);
  return bytes;
}
