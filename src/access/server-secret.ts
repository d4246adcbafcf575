/**
 * Hashes and seals derived from `LINGUANOVA_SECRET` and the secret of an API key. Uses only WebCrypto and portable code, so that
 * it runs on Workers.
 */

import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { decodeBase64 } from '../http/base64.ts';

const SECRET_BYTES = 32;
const CHECK_BYTES = 16;
const NONCE_BYTES = 12;

/** Hashes and seals are made with this secret; those of the previous one are still accepted. */
export interface ServerSecret {
  /** HKDF input; not extractable. */
  readonly material: CryptoKey;
  readonly hashKey: Uint8Array;
  /** Identifies the secret without revealing it. */
  readonly check: string;
  /** The previous secret or, in the first rollout of a rotation, the next one. */
  readonly previous: ServerSecret | null;
}

export interface SealBinding {
  readonly id: string;
  readonly familyId: string;
  readonly projectId: string;
  readonly userId: string | null;
}

/** @throws TypeError unless both are 32 bytes in base64; the message does not contain the value. */
export async function importServerSecret(
  base64: string,
  previous: string | null = null,
): Promise<ServerSecret> {
  const bytes = decodeSecret(base64);
  if (bytes === null) throw new TypeError(`LINGUANOVA_SECRET must be ${SECRET_BYTES} bytes in base64`);
  const material = await crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveKey']);
  const derived = (purpose: string, length: number) => hkdf(sha256, bytes, undefined, utf8(purpose), length);
  return {
    material,
    hashKey: derived('linguanova key hash', SECRET_BYTES),
    check: bytesToHex(derived('linguanova secret check', CHECK_BYTES)),
    previous: previous === null ? null : await importServerSecret(previous),
  };
}

export function secretsOf(server: ServerSecret): readonly ServerSecret[] {
  return server.previous === null ? [server] : [server, server.previous];
}

export function isServerSecret(base64: string): boolean {
  return decodeSecret(base64) !== null;
}

/**
 * HMAC-SHA-256: 196 random bits need no slow hash. Not WebCrypto, because each of its calls switches threads and this may run
 * for every request.
 */
export function hashKeySecret({ hashKey }: ServerSecret, keySecret: string): Uint8Array {
  return hmac(sha256, hashKey, utf8(keySecret));
}

export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** Parameters of a seal; with any other value it does not open. */
export interface TextSeal {
  readonly purpose: string;
  readonly secret: string;
  readonly boundTo: string;
}

/** Encrypts `text` so that opening it takes both the server's and the customer's secret. */
export async function sealText(server: ServerSecret, params: TextSeal, text: string): Promise<Uint8Array> {
  return encrypt(sealingKey(server, params), utf8(params.boundTo), utf8(text));
}

/** null if the bytes were altered, or sealed with other parameters or by another server. */
export async function unsealText(
  server: ServerSecret,
  params: TextSeal,
  sealed: Uint8Array,
): Promise<string | null> {
  for (const one of secretsOf(server)) {
    const opened = await decrypt(sealingKey(one, params), utf8(params.boundTo), sealed);
    if (opened !== null) return new TextDecoder().decode(opened);
  }
  return null;
}

/** AES-256-GCM: 12 bytes of nonce, then ciphertext and tag. */
export async function encrypt(
  cipher: Promise<CryptoKey>,
  additionalData: Uint8Array<ArrayBuffer>,
  content: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const algorithm = { name: 'AES-GCM', iv: nonce, additionalData };
  const box = new Uint8Array(await crypto.subtle.encrypt(algorithm, await cipher, content));
  const sealed = new Uint8Array(NONCE_BYTES + box.length);
  sealed.set(nonce);
  sealed.set(box, NONCE_BYTES);
  return sealed;
}

/** null if the bytes were encrypted with another key or other additional data. */
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

/** Seals the credential of a key. The binding prevents its use in another row or project. */
export function seal(
  server: ServerSecret,
  keySecret: string,
  binding: SealBinding,
  value: unknown,
): Promise<Uint8Array> {
  return sealText(server, credentialSeal(keySecret, binding), JSON.stringify(value));
}

/** null if the seal was altered, is bound to another row, or belongs to another key or server. */
export async function unseal(
  server: ServerSecret,
  keySecret: string,
  binding: SealBinding,
  sealed: Uint8Array,
): Promise<unknown> {
  const text = await unsealText(server, credentialSeal(keySecret, binding), sealed);
  return text === null ? null : JSON.parse(text);
}

function credentialSeal(secret: string, { id, familyId, projectId, userId }: SealBinding): TextSeal {
  const boundTo = JSON.stringify([id, familyId, projectId, userId]);
  return { purpose: 'linguanova credential seal', secret, boundTo };
}

const STORE_KEY_SEAL: TextSeal = { purpose: 'linguanova store key', secret: '', boundTo: 'store' };

/** With the current secret only. */
export function sealStoreKey(server: ServerSecret, storeKey: Uint8Array): Promise<Uint8Array> {
  return sealText(server, STORE_KEY_SEAL, bytesToHex(storeKey));
}

/** null if another secret sealed it. */
export async function unsealStoreKey(server: ServerSecret, sealed: Uint8Array): Promise<Uint8Array | null> {
  const hex = await unsealText(server, STORE_KEY_SEAL, sealed);
  return hex === null ? null : hexToBytes(hex);
}

/** AES-256 key from HKDF over the server's secret, salted with the customer's. */
export function sealingKey(
  { material }: ServerSecret,
  { secret, purpose }: Pick<TextSeal, 'secret' | 'purpose'>,
): Promise<CryptoKey> {
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: utf8(secret), info: utf8(purpose) },
    material,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  );
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
