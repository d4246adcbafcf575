/**
 * What the gateway derives from its one secret (`LINGUANOVA_SECRET`) and a key's own: the hash a key is verified by, and
 * the seal on the credential it carries. WebCrypto and plain TypeScript alone, so that it runs at the edge too.
 *
 * @module
 */

import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { decodeBase64 } from '../http/base64.ts';

const SECRET_BYTES = 32;
const CHECK_BYTES = 16;
const NONCE_BYTES = 12;

/** The server's secret, ready for use. What is new is made with it; what was made with the previous one still opens. */
export interface ServerSecret {
  /** HKDF input for seals; cannot be read out. */
  readonly material: CryptoKey;
  /** Keys the hashes of API keys. */
  readonly hashKey: Uint8Array;
  /** Tells secrets apart; derived, so it says nothing about the secret. */
  readonly check: string;
  /** The one before, or, before the two are swapped, the next; null: there is none. */
  readonly previous: ServerSecret | null;
}

/** What a seal is bound to: in a row that says otherwise it does not open. */
export interface SealBinding {
  readonly id: string;
  readonly familyId: string;
  readonly projectId: string;
  readonly userId: string | null;
}

/**
 * @param base64 32 bytes; so is `previous`.
 * @throws TypeError when it is not; the message does not repeat it.
 */
export async function importServerSecret(
  base64: string,
  previous: string | null = null,
): Promise<ServerSecret> {
  const bytes = decodeSecret(base64);
  if (bytes === null) throw new TypeError(`must be ${SECRET_BYTES} bytes in base64`);
  const material = await crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveKey']);
  const derived = (purpose: string, length: number) => hkdf(sha256, bytes, undefined, utf8(purpose), length);
  return {
    material,
    hashKey: derived('linguanova key hash', SECRET_BYTES),
    check: bytesToHex(derived('linguanova secret check', CHECK_BYTES)),
    previous: previous === null ? null : await importServerSecret(previous),
  };
}

/** The secret and the previous one. */
export function secretsOf(server: ServerSecret): readonly ServerSecret[] {
  return server.previous === null ? [server] : [server, server.previous];
}

/** Whether `importServerSecret` takes it. */
export function isServerSecret(base64: string): boolean {
  return decodeSecret(base64) !== null;
}

/**
 * The keyed hash under which a key's secret is stored: HMAC-SHA-256. A secret of 196 random bits needs no slow hash. Not by
 * WebCrypto, whose every call is a trip to another thread: this is done for each request.
 */
export function hashKeySecret({ hashKey }: ServerSecret, keySecret: string): Uint8Array {
  return hmac(sha256, hashKey, utf8(keySecret));
}

/** Compares without telling by its duration where the first difference is. */
export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/**
 * Encrypts `value` (AES-256-GCM) so that it takes both the server's secret and the key's to open it. Bound to whose the key
 * is: a blob moved to another row, or a row given to another project, does not open.
 */
export async function seal(
  server: ServerSecret,
  keySecret: string,
  binding: SealBinding,
  value: unknown,
): Promise<Uint8Array> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const cipher = await sealingKey(server, keySecret, ['encrypt']);
  const box = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv: nonce, additionalData: bytesOf(binding) },
    cipher,
    utf8(JSON.stringify(value)),
  );
  return new Uint8Array([...nonce, ...new Uint8Array(box)]);
}

/** What was sealed; null when the blob was altered, bound to something else, or belongs to another key or server. */
export async function unseal(
  server: ServerSecret,
  keySecret: string,
  binding: SealBinding,
  sealed: Uint8Array,
): Promise<unknown> {
  for (const one of secretsOf(server)) {
    const opened = await decrypt(sealingKey(one, keySecret, ['decrypt']), bytesOf(binding), sealed);
    if (opened !== null) return JSON.parse(new TextDecoder().decode(opened));
  }
  return null;
}

/** null when the bytes were not sealed with that key, or not for that. */
export async function decrypt(
  cipher: Promise<CryptoKey>,
  additionalData: Uint8Array<ArrayBuffer>,
  sealed: Uint8Array,
): Promise<ArrayBuffer | null> {
  const key = await cipher;
  try {
    return await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv: sealed.slice(0, NONCE_BYTES), additionalData },
      key,
      sealed.slice(NONCE_BYTES),
    );
  } catch {
    return null;
  }
}

/** What else is sealed with the customer's half and the server's. */
export interface TextSeal {
  /** What the seal is for: one made for something else does not open. */
  readonly purpose: string;
  /** The customer's half. */
  readonly secret: string;
  /** Where the seal belongs: elsewhere it does not open. */
  readonly boundTo: string;
}

/** Encrypts `text` (AES-256-GCM): 12 bytes of nonce, then ciphertext and tag. */
export async function sealText(server: ServerSecret, params: TextSeal, text: string): Promise<Uint8Array> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const cipher = await sealingKey(server, params.secret, ['encrypt'], params.purpose);
  const box = new Uint8Array(
    await crypto.subtle.encrypt(
      { name: 'AES-GCM', iv: nonce, additionalData: utf8(params.boundTo) },
      cipher,
      utf8(text),
    ),
  );
  const sealed = new Uint8Array(NONCE_BYTES + box.length);
  sealed.set(nonce);
  sealed.set(box, NONCE_BYTES);
  return sealed;
}

/** What was sealed; null when the bytes were altered, or belong elsewhere, to another secret or another server. */
export async function unsealText(
  server: ServerSecret,
  params: TextSeal,
  sealed: Uint8Array,
): Promise<string | null> {
  for (const one of secretsOf(server)) {
    const cipher = sealingKey(one, params.secret, ['decrypt'], params.purpose);
    const opened = await decrypt(cipher, utf8(params.boundTo), sealed);
    if (opened !== null) return new TextDecoder().decode(opened);
  }
  return null;
}

const STORE_KEY_SEAL: TextSeal = { purpose: 'linguanova store key', secret: '', boundTo: 'store' };

/** Encrypts the store key with the first secret alone. */
export function sealStoreKey(server: ServerSecret, storeKey: Uint8Array): Promise<Uint8Array> {
  return sealText(server, STORE_KEY_SEAL, bytesToHex(storeKey));
}

/** null when another secret sealed it. */
export async function unsealStoreKey(server: ServerSecret, sealed: Uint8Array): Promise<Uint8Array | null> {
  const hex = await unsealText(server, STORE_KEY_SEAL, sealed);
  return hex === null ? null : hexToBytes(hex);
}

/** AES-256 key from HKDF over the server's secret, salted with the key's. */
function sealingKey(
  { material }: ServerSecret,
  keySecret: string,
  usages: KeyUsage[],
  purpose = 'linguanova credential seal',
): Promise<CryptoKey> {
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: utf8(keySecret), info: utf8(purpose) },
    material,
    { name: 'AES-GCM', length: 256 },
    false,
    usages,
  );
}

function bytesOf({ id, familyId, projectId, userId }: SealBinding): Uint8Array<ArrayBuffer> {
  return utf8(JSON.stringify([id, familyId, projectId, userId]));
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function decodeSecret(base64: string): Uint8Array<ArrayBuffer> | null {
  try {
    const bytes = decodeBase64(base64.trim());
    return bytes.length === SECRET_BYTES ? bytes : null;
  } catch {
    return null;
  }
}
