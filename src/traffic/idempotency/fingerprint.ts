/**
 * What is kept of a request to know it again: keyed hashes, which tell nothing to somebody who has the database alone.
 *
 * @module
 */

import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** Characters of a mark: 128 bits. */
const MARK_LENGTH = 32;

export class Fingerprints {
  readonly #key: Uint8Array;

  /** @param storeKey The same for all nodes, also while they have different secrets: they must know the same requests. */
  constructor(storeKey: Uint8Array) {
    this.#key = hkdf(sha256, storeKey, undefined, utf8ToBytes('linguanova idempotency'), 32);
  }

  /** Under what a key is kept. A family's keys are its own: rotation keeps them, and nobody else's can meet them. */
  scope(familyId: string, idempotencyKey: string): string {
    return this.#hash('scope', familyId, idempotencyKey);
  }

  /** Requests with the same one ask for the same thing. */
  async request(method: string, url: URL, body: Uint8Array<ArrayBuffer>): Promise<string> {
    const digest = bytesToHex(new Uint8Array(await crypto.subtle.digest('SHA-256', body)));
    return this.#hash('request', method, url.pathname.replace(/\/$/, ''), url.search, digest);
  }

  /** What the request writes on what it makes. Another one when the key is used again after it was forgotten. */
  mark(record: { readonly scope: string; readonly createdAt: string }): string {
    return this.#hash('mark', record.scope, record.createdAt).slice(0, MARK_LENGTH);
  }

  #hash(...parts: readonly string[]): string {
    return bytesToHex(hmac(sha256, this.#key, utf8ToBytes(JSON.stringify(parts))));
  }
}
