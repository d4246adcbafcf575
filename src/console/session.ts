/**
 * Sessions of the console: a sealed cookie with the API key or admin token, which is verified on every use. So a session ends with
 * its key, and when the gateway's secret changes. Only revoked sessions are stored.
 */

import { sha256 } from '@noble/hashes/sha2.js';
import type { Context } from 'hono';
import * as z from 'zod';
import type { DerivedCredential } from '../access/derived-credential.ts';
import { type ServerSecret, sealText, unsealText } from '../access/server-secret.ts';
import { wallMs } from '../clock.ts';
import { decodeBase64Url, encodeBase64Url } from '../http/base64.ts';
import { LruMap } from '../lru-map.ts';

const sessionSchema = z.discriminatedUnion('as', [
  z.object({
    as: z.literal('customer'),
    /** Secret. */
    key: z.string(),
    /** The key was created for this session and is revoked with it. */
    owned: z.boolean(),
    /** Epoch milliseconds. */
    expiresAt: z.number(),
  }),
  z.object({
    as: z.literal('operator'),
    /** Secret. */
    adminToken: z.string(),
    expiresAt: z.number(),
  }),
]);
type SessionContent = z.infer<typeof sessionSchema>;
export type Session = SessionContent & Pick<DerivedCredential, 'auditId' | 'issuedAt'>;

export const SESSION_SECONDS = 28_800;

const SEAL = { purpose: 'linguanova console session', secret: '', boundTo: 'cookie' };
/** A sealed session has about 250 characters, more with a long admin token. */
const MAX_COOKIE_CHARACTERS = 4_096;
const MAX_CACHED = 1_000;
const AUDIT_ID_BYTES = 16;

export class Sessions {
  readonly #secret: ServerSecret;
  readonly #cache = new LruMap<Session>({ max: MAX_CACHED });

  constructor(secret: ServerSecret) {
    this.#secret = secret;
  }

  /** null without a valid, unexpired cookie. */
  async of(c: Context, isSecure: boolean): Promise<Session | null> {
    const text = cookieOf(c, cookieName(isSecure));
    const session = text === null ? null : (this.#cache.get(text) ?? (await this.#open(text)));
    return session !== null && session.expiresAt > wallMs() ? session : null;
  }

  async begin(c: Context, isSecure: boolean, sealed: SessionContent): Promise<Session> {
    const text = encodeBase64Url(await sealText(this.#secret, SEAL, JSON.stringify(sealed)));
    setCookie(c, isSecure, text, SESSION_SECONDS);
    return sessionOf(text, sealed);
  }

  end(c: Context, isSecure: boolean): void {
    setCookie(c, isSecure, '', 0);
  }

  async #open(text: string): Promise<Session | null> {
    const opened = await unsealText(this.#secret, SEAL, decodeBase64Url(text));
    if (opened === null) return null;
    const session = sessionOf(text, sessionSchema.parse(JSON.parse(opened)));
    this.#cache.set(text, session);
    return session;
  }
}

function sessionOf(text: string, sealed: SessionContent): Session {
  const digest = sha256(new TextEncoder().encode(text)).slice(0, AUDIT_ID_BYTES);
  const issuedAt = Math.floor(sealed.expiresAt / 1000) - SESSION_SECONDS;
  return { ...sealed, auditId: encodeBase64Url(digest), issuedAt };
}

const MAX_COOKIE_HEADER_CHARACTERS = 8_192;

/** The prefix makes browsers accept the cookie only over HTTPS from this host. */
function cookieName(isSecure: boolean): string {
  return isSecure ? '__Host-linguanova' : 'linguanova';
}

function cookieOf(c: Context, name: string): string | null {
  const header = c.req.header('cookie') ?? '';
  if (header.length > MAX_COOKIE_HEADER_CHARACTERS) return null;
  const cookies = header.split(/; */);
  const text = cookies.find((cookie) => cookie.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
  return /^[\w-]+$/.test(text) && text.length % 4 !== 1 && text.length <= MAX_COOKIE_CHARACTERS ? text : null;
}

function setCookie(c: Context, isSecure: boolean, value: string, seconds: number): void {
  const attributes = `Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  c.header('Set-Cookie', `${cookieName(isSecure)}=${value}; ${attributes}`);
}
