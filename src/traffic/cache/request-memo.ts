import type { Principal } from '../../access/principal.ts';
import { LruMap } from '../../lru-map.ts';

/** What a request has found out on its way, that holds for the next one of the same key in the same words. */
export interface MemoEntry {
  /** It changes with the key: its scopes, its plan, its project. So does what it is allowed to be told. */
  readonly principal: Principal;
  /** As whom the cloud has let the caller in: another object once it has done so anew. */
  readonly authContext: object;
}

const MAX_ENTRIES = 10_000;
const MAX_VARY_KEY_CHARS = 1_000;

/** By key and by the words of a request, what the last such request has found out. */
export class RequestMemo<Found extends MemoEntry> {
  readonly #found = new LruMap<Found>({ max: MAX_ENTRIES });

  /** @param varyKey All that the answer may depend on, as the client wrote it. */
  set(varyKey: string, found: Found): void {
    if (varyKey.length > MAX_VARY_KEY_CHARS) return;
    const name = nameOf(found.principal, varyKey);
    const known = this.#found.get(name);
    if (known?.principal === found.principal && known.authContext === found.authContext) return;
    this.#found.set(name, found);
  }

  /** @param letInAs As whom the caller is let in now, null when that would have to be asked: then nothing is found. */
  get(varyKey: string, principal: Principal, letInAs: object | null): Found | null {
    const found = this.#found.get(nameOf(principal, varyKey));
    return found?.principal === principal && found.authContext === letInAs ? found : null;
  }
}

function nameOf({ keyId }: Principal, varyKey: string): string {
  return `${keyId} ${varyKey}`;
}
