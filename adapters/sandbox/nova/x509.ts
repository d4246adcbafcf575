/** @module Key pairs of type x509: a certificate for the user, and both halves in PKCS#12, as Nova makes them. */

import { fromBase64, rsaKeyPair, toBase64 } from './ssh-key.ts';

const LIFETIME_MS = 3650 * 86_400_000;
const RSA_SHA256 = '2a864886f70d01010b';
const COMMON_NAME = '550403';
const EXTENDED_KEY_USAGE = '551d25';
const CLIENT_AUTHENTICATION = '2b06010505070302';
const ALTERNATIVE_NAME = '551d11';
const PRINCIPAL_NAME = '2b060104018237140203';
const KEY_IDENTIFIER = '551d0e';
const DATA = '2a864886f70d010701';
const KEY_BAG = '2a864886f70d010c0a0101';
const CERTIFICATE_BAG = '2a864886f70d010c0a0103';
const X509_CERTIFICATE = '2a864886f70d01091601';
/** Before the key in the structure of an RSA key of 2048 bits. */
const KEY_OFFSET = 24;

const SEQUENCE = 0x30;
const OCTETS = 0x04;
const BITS = 0x03;
const UTF8 = 0x0c;
const INTEGER = 0x02;
/** The number-th tag of its context. */
const context = (number: number) => 0xa0 + number;

/** The private half is PKCS#12 in base64; the sandbox's has neither a password nor a check sum. */
export async function generateCertificate(userId: string, now: number) {
  const pair = await rsaKeyPair();
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
  const keyDigest = await crypto.subtle.digest('SHA-1', spki.slice(KEY_OFFSET));
  const algorithm = der(SEQUENCE, oid(RSA_SHA256), der(0x05));
  const user = der(SEQUENCE, der(0x31, der(SEQUENCE, oid(COMMON_NAME), text(userId))));
  const principal = der(context(0), oid(PRINCIPAL_NAME), der(context(0), text(`${userId}@localhost`)));
  const serial = crypto.getRandomValues(new Uint8Array(20));
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const content = der(
    SEQUENCE,
    der(context(0), integer(2)),
    der(INTEGER, serial),
    algorithm,
    user,
    der(SEQUENCE, time(now), time(now + LIFETIME_MS)),
    user,
    spki,
    der(
      context(3),
      der(
        SEQUENCE,
        extension(EXTENDED_KEY_USAGE, der(SEQUENCE, oid(CLIENT_AUTHENTICATION))),
        extension(ALTERNATIVE_NAME, der(SEQUENCE, principal)),
        extension(KEY_IDENTIFIER, der(OCTETS, new Uint8Array(keyDigest))),
      ),
    ),
  );
  const signature = new Uint8Array(await crypto.subtle.sign('RSASSA-PKCS1-v1_5', pair.privateKey, content));
  const certificate = der(SEQUENCE, content, algorithm, der(BITS, new Uint8Array(1), signature));
  const lines = toBase64(certificate).replaceAll(/.{1,64}/g, '$&\n');
  return {
    publicKey: `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`,
    privateKey: toBase64(pkcs12(certificate, pkcs8)),
  };
}

/** SHA-1 of the certificate, `3f:7d:42:...`; undefined when the text has none. */
export async function certificateFingerprint(pem: string): Promise<string | undefined> {
  const body = /-----BEGIN CERTIFICATE-----([\s\S]+?)-----END CERTIFICATE-----/.exec(pem)?.[1];
  const certificate = body === undefined ? undefined : fromBase64(body.replaceAll(/\s/g, ''));
  if (certificate?.[0] !== SEQUENCE) return undefined;
  const digest = await crypto.subtle.digest('SHA-1', certificate as Uint8Array<ArrayBuffer>);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

function pkcs12(certificate: Uint8Array, pkcs8: Uint8Array): Uint8Array {
  const inBag = der(SEQUENCE, oid(X509_CERTIFICATE), der(context(0), der(OCTETS, certificate)));
  const bags = der(
    SEQUENCE,
    der(SEQUENCE, oid(CERTIFICATE_BAG), der(context(0), inBag)),
    der(SEQUENCE, oid(KEY_BAG), der(context(0), pkcs8)),
  );
  const data = (content: Uint8Array) => der(SEQUENCE, oid(DATA), der(context(0), der(OCTETS, content)));
  return der(SEQUENCE, integer(3), data(der(SEQUENCE, data(bags))));
}

function extension(kind: string, value: Uint8Array): Uint8Array<ArrayBuffer> {
  return der(SEQUENCE, oid(kind), der(OCTETS, value));
}

function time(at: number): Uint8Array<ArrayBuffer> {
  const digits = new Date(at).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14);
  return der(0x17, new TextEncoder().encode(`${digits}Z`));
}

function text(value: string): Uint8Array<ArrayBuffer> {
  return der(UTF8, new TextEncoder().encode(value));
}

function integer(value: number): Uint8Array<ArrayBuffer> {
  return der(INTEGER, Uint8Array.of(value));
}

function oid(hex: string): Uint8Array<ArrayBuffer> {
  return der(
    0x06,
    Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
  );
}

/** One element in DER. */
function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = contents.reduce((sum, { length: more }) => sum + more, 0);
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Uint8Array.from([head, ...contents].flatMap((part) => [...part]));
}
