import type { Context } from 'hono';
import type { Principal } from '../../access/principal.ts';
import type { GatewayEnv } from '../../context.ts';
import { LruMap } from '../../lru-map.ts';

export interface CacheHit {
  /** As metrics and log name it. */
  readonly route: string;
  respond(): Response;
}

/**
 * Looks up without waiting what the pipeline would serve for a request with a principal. null unless the same principal was served
 * the same request before: scopes and input were checked then, and a changed key has another principal.
 */
export type FindHit = (c: Context<GatewayEnv>) => CacheHit | null;

/** The authorization result of an earlier identical request. */
export interface MemoEntry {
  /** Another object once the key changes: its scopes, plan or project. */
  readonly principal: Principal;
  /** The cloud's session or caller: another object once the cloud has authenticated the credential again. */
  readonly authContext: object;
}

const MAX_ENTRIES = 10_000;
const MAX_VARY_KEY_CHARS = 1_000;

/** Authorization results by API key and vary key (RFC 9111, 4.1), so that a repeated request needs no new one. */
export class RequestMemo<Entry extends MemoEntry> {
  readonly #entries = new LruMap<Entry>({ max: MAX_ENTRIES });

  /** @param varyKey All of the request that the response may depend on. */
  set(varyKey: string, entry: Entry): void {
    if (varyKey.length > MAX_VARY_KEY_CHARS) return;
    const name = nameOf(entry.principal, varyKey);
    const known = this.#entries.get(name);
    if (known?.principal === entry.principal && known.authContext === entry.authContext) return;
    this.#entries.set(name, entry);
  }

  /** @param authContext The current one; null, where it is not in memory, finds nothing. */
  get(varyKey: string, principal: Principal, authContext: object | null): Entry | null {
    const entry = this.#entries.get(nameOf(principal, varyKey));
    return entry?.principal === principal && entry.authContext === authContext ? entry : null;
  }
}

function nameOf({ keyId }: Principal, varyKey: string): string {
  return `${keyId} ${varyKey}`;
}
