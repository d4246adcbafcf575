/** @module SSH keys: generate a pair as Nova does, read a public key, its fingerprint. */

import { md5 } from './md5.ts';

/** An RSA key pair of 2048 bits: the public key in OpenSSH's line, the private one in PEM (PKCS#1), as Nova gives them. */
export async function generateKeyPair(): Promise<{ publicKey: string; privateKey: string }> {
  const pair = await rsaKeyPair();
  const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
  const blob = concat([
    sshString(new TextEncoder().encode('ssh-rsa')),
    sshString(positive(fromBase64Url(jwk.e ?? ''))),
    sshString(positive(fromBase64Url(jwk.n ?? ''))),
  ]);
  const body = toBase64(innerKey(pkcs8)).replaceAll(/.{1,64}/g, '$&\n');
  return {
    publicKey: `ssh-rsa ${toBase64(blob)} Generated-by-Nova`,
    privateKey: `-----BEGIN RSA PRIVATE KEY-----\n${body}-----END RSA PRIVATE KEY-----\n`,
  };
}

export function rsaKeyPair(): Promise<CryptoKeyPair> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  };
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

/**
 * The MD5 fingerprint of an OpenSSH public key, `01:52:46:...`.
 * @returns undefined when the text is no such key
 */
export function fingerprintOf(publicKey: string): string | undefined {
  const [type = '', encoded = ''] = publicKey.trim().split(/\s+/);
  if (!/^(ssh-(rsa|ed25519|dss)|ecdsa-sha2-nistp\d+|sk-.+)$/.test(type)) return undefined;
  const blob = fromBase64(encoded);
  const name = blob && new TextEncoder().encode(type);
  if (!blob || !name || blob.length < name.length + 20) return undefined;
  const length = new DataView(blob.buffer).getUint32(0);
  if (length !== name.length || name.some((byte, index) => blob[4 + index] !== byte)) return undefined;
  return [...md5(blob)].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** PKCS#8 wraps the PKCS#1 key: SEQUENCE { version, algorithm, OCTET STRING { key } }. */
function innerKey(pkcs8: Uint8Array): Uint8Array {
  const sequence = contentOf(pkcs8, 0);
  const version = contentOf(pkcs8, sequence.start);
  const algorithm = contentOf(pkcs8, version.end);
  const key = contentOf(pkcs8, algorithm.end);
  return pkcs8.slice(key.start, key.end);
}

/** Where the content of the DER element at `offset` starts and ends. */
function contentOf(der: Uint8Array, offset: number): { start: number; end: number } {
  const first = der[offset + 1] ?? 0;
  const more = first < 128 ? 0 : first & 127;
  let length = more === 0 ? first : 0;
  for (let index = 0; index < more; index++) length = length * 256 + (der[offset + 2 + index] ?? 0);
  const start = offset + 2 + more;
  return { start, end: start + length };
}

/** A number with its top bit set would read as negative without a zero before it. */
function positive(bytes: Uint8Array): Uint8Array {
  return (bytes[0] ?? 0) < 128 ? bytes : concat([new Uint8Array(1), bytes]);
}

function sshString(bytes: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return concat([length, bytes]);
}

function concat(parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

export function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function fromBase64Url(text: string): Uint8Array {
  return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/')) ?? new Uint8Array();
}
