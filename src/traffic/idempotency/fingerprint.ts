/** Keyed hashes that identify a request; without the key the database reveals nothing about it. */

import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** Hex digits: 128 bits. */
const MARK_LENGTH = 32;

export class Fingerprints {
  readonly #key: Uint8Array;

  /** @param storeKey The same for all nodes, even while their secrets differ. */
  constructor(storeKey: Uint8Array) {
    this.#key = hkdf(sha256, storeKey, undefined, utf8ToBytes('linguanova idempotency'), 32);
  }

  /**
   * Identifies the record. Bound to the key family, so that it survives rotation and never matches another customer's.
   *
   * @param region null: the default one, whose records have the names that a gateway without regions gives them.
   */
  scope(familyId: string, region: string | null, idempotencyKey: string): string {
    const ofRegion = region === null ? [] : [region];
    return this.#hash('scope', familyId, ...ofRegion, idempotencyKey);
  }

  /** Equal for equal requests. */
  async request(method: string, url: URL, body: Uint8Array<ArrayBuffer>): Promise<string> {
    const digest = bytesToHex(new Uint8Array(await crypto.subtle.digest('SHA-256', body)));
    return this.#hash('request', method, url.pathname.replace(/\/$/, ''), url.search, digest);
  }

  /** Written to the resources that the request creates; differs if the key is reused after its record expired. */
  mark(record: { readonly scope: string; readonly createdAt: string }): string {
    return this.#hash('mark', record.scope, record.createdAt).slice(0, MARK_LENGTH);
  }

  #hash(...parts: readonly string[]): string {
    return bytesToHex(hmac(sha256, this.#key, utf8ToBytes(JSON.stringify(parts))));
  }
}
