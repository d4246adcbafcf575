import type { Principal } from '../../access/principal.ts';
import { LruMap } from '../../lru-map.ts';

/** What a request has found out on its way, that holds for the next one of the same key in the same words. */
export interface Before {
  /** It changes with the key: its scopes, its plan, its project. So does what it is allowed to be told. */
  readonly principal: Principal;
  /** As whom the cloud has let the caller in: another object once it has done so anew. */
  readonly letInAs: object;
}

const MAX_REMEMBERED = 10_000;
const LONGEST_WORDS = 1_000;

/** By key and by the words of a request, what the last such request has found out. */
export class Remembered<Found extends Before> {
  readonly #found = new LruMap<Found>({ max: MAX_REMEMBERED });

  /** @param words All that the answer may depend on, as the client wrote it. */
  note(words: string, found: Found): void {
    if (words.length > LONGEST_WORDS) return;
    const name = nameOf(found.principal, words);
    const known = this.#found.get(name);
    if (known?.principal === found.principal && known.letInAs === found.letInAs) return;
    this.#found.set(name, found);
  }

  /** @param letInAs As whom the caller is let in now, null when that would have to be asked: then nothing is found. */
  find(words: string, principal: Principal, letInAs: object | null): Found | null {
    const found = this.#found.get(nameOf(principal, words));
    return found?.principal === principal && found.letInAs === letInAs ? found : null;
  }
}

function nameOf({ keyId }: Principal, words: string): string {
  return `${keyId} ${words}`;
}
