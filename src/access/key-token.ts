/**
 * Tokens: an API key, sealed with the server's secret and an expiry. Nothing is stored. The key is verified on every use, so a
 * token is invalid as soon as its key is. 120 characters, all of them valid in a header.
 */

import { sha256 } from '@noble/hashes/sha2.js';
import { wallMs } from '../clock.ts';
import { decodeBase64Url, encodeBase64Url } from '../http/base64.ts';
import { LruMap } from '../lru-map.ts';
import type { DerivedCredential } from './derived-credential.ts';
import { formatKey, type KeyParts } from './key-format.ts';
import { decrypt, encrypt, type ServerSecret, sealingKey } from './server-secret.ts';

/** The order is part of the format. */
const METHODS = ['application_credential', 'password', 'token'] as const;
export type SignInMethod = (typeof METHODS)[number];

export interface KeyToken extends DerivedCredential {
  readonly method: SignInMethod;
  /** Epoch seconds. */
  readonly expiresAt: number;
}

const PREFIX = 'lnt_';
const FORMAT = 1;
const ID_LENGTH = 16;
const SECRET_LENGTH = 33;
/** Format, method, two times, and the key's id and secret. */
const CONTENT_BYTES = 2 + 4 + 4 + ID_LENGTH + SECRET_LENGTH;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const TEXT_LENGTH = PREFIX.length + Math.ceil(((NONCE_BYTES + CONTENT_BYTES + TAG_BYTES) * 4) / 3);
const AUDIT_ID_BYTES = 16;

const TOKEN_PATTERN = new RegExp(`^${PREFIX}[0-9A-Za-z_-]{${TEXT_LENGTH - PREFIX.length}}$`);
const PURPOSE = 'linguanova token seal';
const AAD = new TextEncoder().encode(PURPOSE);

const MAX_CACHED = 10_000;

export class KeyTokens {
  /** The first one seals; all of them unseal. */
  readonly #sealingKeys: readonly [Promise<CryptoKey>, ...Promise<CryptoKey>[]];
  readonly #cache = new LruMap<KeyToken>({ max: MAX_CACHED });

  constructor(secret: ServerSecret) {
    const { previous } = secret;
    const keyOf = (one: ServerSecret) => sealingKey(one, { secret: '', purpose: PURPOSE });
    this.#sealingKeys = [keyOf(secret), ...(previous === null ? [] : [keyOf(previous)])];
  }

  /** By its prefix, which no key has. */
  static isToken(text: string): boolean {
    return text.startsWith(PREFIX);
  }

  /** @param lifetime Epoch seconds. */
  async issue(
    key: KeyParts,
    method: SignInMethod,
    lifetime: { issuedAt: number; expiresAt: number },
  ): Promise<{ readonly text: string; readonly token: KeyToken }> {
    const sealed = await encrypt(this.#sealingKeys[0], AAD, contentOf(key, method, lifetime));
    const text = PREFIX + encodeBase64Url(sealed);
    const token = { key: formatKey(key), method, ...lifetime, auditId: auditIdOf(text) };
    this.#cache.set(text, token);
    return { text, token };
  }

  /** Returns expired tokens too, and null for text that another secret sealed. The key in it is not verified. */
  async open(text: string): Promise<KeyToken | null> {
    const cached = this.#cache.get(text);
    if (cached !== undefined) return cached;
    const sealed = TOKEN_PATTERN.test(text) ? decodeBase64Url(text.slice(PREFIX.length)) : null;
    if (sealed === null) return null;
    const token = await this.#unseal(text, sealed);
    if (token !== null) this.#cache.set(text, token);
    return token;
  }

  /** An unexpired token that was opened before. */
  cached(text: string): KeyToken | undefined {
    const token = this.#cache.get(text);
    return token !== undefined && this.isUnexpired(token) ? token : undefined;
  }

  /** Revocation is stored with the key (`derived-credential.ts`). */
  isUnexpired(token: KeyToken): boolean {
    return token.expiresAt * 1000 > wallMs();
  }

  async #unseal(text: string, sealed: Uint8Array<ArrayBuffer>): Promise<KeyToken | null> {
    for (const key of this.#sealingKeys) {
      const content = await decrypt(key, AAD, sealed);
      if (content !== null) return readContent(content, auditIdOf(text));
    }
    return null;
  }
}

function contentOf(
  { id, secret }: KeyParts,
  method: SignInMethod,
  { issuedAt, expiresAt }: { issuedAt: number; expiresAt: number },
): Uint8Array<ArrayBuffer> {
  const content = new Uint8Array(CONTENT_BYTES);
  const view = new DataView(content.buffer);
  view.setUint8(0, FORMAT);
  view.setUint8(1, METHODS.indexOf(method));
  view.setUint32(2, issuedAt);
  view.setUint32(6, expiresAt);
  content.set(new TextEncoder().encode(id + secret), 10);
  return content;
}

function readContent(content: ArrayBuffer, auditId: string): KeyToken | null {
  const view = new DataView(content);
  const method = METHODS[view.getUint8(1)];
  if (view.getUint8(0) !== FORMAT || method === undefined) return null;
  const text = new TextDecoder().decode(content.slice(10));
  const key = formatKey({ id: text.slice(0, ID_LENGTH), secret: text.slice(ID_LENGTH) });
  return { key, method, issuedAt: view.getUint32(2), expiresAt: view.getUint32(6), auditId };
}

function auditIdOf(text: string): string {
  return encodeBase64Url(sha256(new TextEncoder().encode(text)).slice(0, AUDIT_ID_BYTES));
}
