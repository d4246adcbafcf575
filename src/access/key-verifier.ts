import * as z from 'zod';
import { SingleFlight } from '../async.ts';
import { monotonicMs, wallMs } from '../clock.ts';
import type { CloudCredential } from '../compute/cloud.ts';
import { LruMap } from '../lru-map.ts';
import { effectiveScopes, isBrowserKey } from './browser-key.ts';
import { isRevoked, keyTextOf, type PresentedCredential } from './derived-credential.ts';
import { isInside } from './ip-address.ts';
import { extractKeyId, parseKey } from './key-format.ts';
import type { FoundKey, KeyStore, StoredKey } from './key-store.ts';
import { type KeyState, keyState } from './key-store.ts';
import type { Principal } from './principal.ts';
import {
  hashKeySecret,
  type ServerSecret,
  seal,
  secretsOf,
  timingSafeEqual,
  unseal,
} from './server-secret.ts';

/** Why a key was refused: for the audit log and the metrics, never for the client, who hears the same in all cases. */
export type DenyReason =
  | 'missing'
  | 'malformed'
  | 'unknown'
  | 'wrong_secret'
  | Exclude<KeyState, 'active'>
  | 'address_not_allowed'
  | 'origin_not_allowed'
  | 'unreadable_credential'
  /** A token or session that was revoked by itself: its key may be good. */
  | 'revoked_token';

export type Verdict =
  | { readonly ok: true; readonly principal: Principal }
  /** `keyId` only when a key with that id exists. */
  | { readonly ok: false; readonly reason: DenyReason; readonly keyId: string | null };

const Credential: z.ZodType<CloudCredential> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('application_credential'), id: z.string(), secret: z.string() }),
  z.object({ kind: z.literal('service'), projectId: z.string() }),
  z.object({ kind: z.literal('redu_key'), key: z.string() }),
]);

export interface EndedKey {
  readonly row: StoredKey;
  readonly principal: Principal;
}

/** How many keys, and how many ids that are no keys, are remembered. */
const MAX_CACHED = 10_000;

/**
 * How long a row is believed before the store is asked again, milliseconds. It bounds how long a key that was revoked on
 * another node works on this one.
 */
const CACHE_TTL_MS = 500;

interface CachedKey {
  readonly row: FoundKey | null;
  /** Monotonic milliseconds. */
  readonly readAt: number;
  /** What a right key of this row opens; null while none has been seen. */
  verified: VerifiedKey | null;
}

/**
 * A key that was verified in full. Its text is kept, so that telling it again is a comparison and no HMAC, which would be a
 * third of what a cached answer costs. It tells whoever can read this process's memory nothing new: beside it lie the credential
 * that it opens and the server's secret. It is never written anywhere.
 */
interface VerifiedKey {
  readonly text: Uint8Array;
  readonly principal: Principal;
}

/**
 * From the text of a key to who it stands for. In this order: shape and checksum (no I/O), memory, store, hash, state,
 * network, seal. Reads are shared: any number of requests with one key ask the store twice a second at most.
 */
export class KeyVerifier {
  readonly #keys: KeyStore;
  readonly #secret: ServerSecret;
  readonly #cache = new LruMap<CachedKey>({ max: MAX_CACHED });
  readonly #inFlight = new SingleFlight<CachedKey>();

  constructor(keys: KeyStore, secret: ServerSecret) {
    this.#keys = keys;
    this.#secret = secret;
  }

  /**
   * @param presented As the client sent it, or what was sealed in a token or session.
   * @param address The client's, null when it is not known: then a key bound to networks is refused.
   * @param origin Of the page that asks, undefined when no browser says so: then a key bound to origins is refused.
   * @throws ComputeError `unavailable` when the store cannot be asked.
   */
  verify(
    presented: PresentedCredential | undefined,
    address: string | null,
    origin?: string,
  ): Verdict | Promise<Verdict> {
    const text = keyTextOf(presented);
    if (text === undefined || text === '') return denied('missing');
    const known = this.#cached(text);
    if (known !== null) {
      const reason = denyReason(known.row, presented, address, origin);
      return reason ?? { ok: true, principal: known.principal };
    }
    return this.#verify(text, presented, address, origin);
  }

  /**
   * Whom a key stands for that was verified a moment ago, when no page asks; null when `verify` would have to ask, or would
   * refuse it.
   */
  cachedPrincipal(presented: PresentedCredential | undefined, address: string | null): Principal | null {
    const text = keyTextOf(presented);
    const known = text === undefined ? null : this.#cached(text);
    if (known === null || denyReason(known.row, presented, address, undefined) !== null) return null;
    return known.principal;
  }

  /**
   * A key whose secret is right and that has ended: by its rotation, or by revocation. null for any other key, and for one that
   * is not used as its row demands. It opens nothing any more: this is for the retry of the request that has ended it.
   */
  async verifyEnded(text: string, address: string | null, origin?: string): Promise<EndedKey | null> {
    const parts = parseKey(text);
    const row = parts === null ? null : (await this.#load(parts.id)).row;
    if (parts === null || row === null) return null;
    if (!timingSafeEqual(hashKeySecret(this.#secret, parts.secret), row.secretHash)) return null;
    const state = keyState(row, wallMs());
    const isEnded = state === 'revoked' || (state === 'expired' && row.successorId !== null);
    if (!isEnded) return null;
    if (denyReason({ ...row, revokedAt: null, expiresAt: null }, text, address, origin) !== null) return null;
    const credential = await this.#unseal(parts.secret, row);
    return credential === null ? null : { row, principal: principalOf(row, credential, parts.secret) };
  }

  #cached(text: string): { readonly row: FoundKey; readonly principal: Principal } | null {
    const known = this.#cache.get(extractKeyId(text));
    if (known?.row == null || known.verified === null) return null;
    if (!isFresh(known) || !matchesText(known.verified, text)) return null;
    return { row: known.row, principal: known.verified.principal };
  }

  async #verify(
    text: string,
    presented: PresentedCredential | undefined,
    address: string | null,
    origin?: string,
  ): Promise<Verdict> {
    const parts = parseKey(text);
    if (parts === null) return denied('malformed');
    const remembered = await this.#load(parts.id);
    const { row } = remembered;
    if (row === null) return denied('unknown');
    let sealedWith: ServerSecret | undefined;
    if (!matchesText(remembered.verified, text)) {
      sealedWith = secretsOf(this.#secret).find((one) =>
        timingSafeEqual(hashKeySecret(one, parts.secret), row.secretHash),
      );
      if (sealedWith === undefined) return denied('wrong_secret', row);
    }
    const reason = denyReason(row, presented, address, origin);
    if (reason !== null) return reason;
    if (remembered.verified === null) {
      const credential = await this.#unseal(parts.secret, row);
      if (credential === null) return denied('unreadable_credential', row);
      if (sealedWith !== undefined && sealedWith !== this.#secret) {
        await this.#reseal(parts.secret, row, credential);
      }
      remembered.verified ??= { text: utf8(text), principal: principalOf(row, credential, parts.secret) };
    }
    return { ok: true, principal: remembered.verified.principal };
  }

  /** What is remembered of a key that has just been changed, or made, on this node is out of date. */
  invalidate(id: string): void {
    this.#cache.delete(id);
    this.#inFlight.forget(id);
  }

  #load(id: string): Promise<CachedKey> | CachedKey {
    const known = this.#cache.get(id);
    if (known !== undefined && isFresh(known)) return known;
    return this.#inFlight.run(id, async (isCurrent) => {
      const readAt = monotonicMs();
      const row = await this.#keys.find(id);
      const fresh = { row, readAt, verified: row === null ? null : reverify(row, known) };
      // Invalidated while it was being read: what was read may be from before the change.
      if (isCurrent()) this.#cache.set(id, fresh);
      return fresh;
    });
  }

  /** The store does it only once this node's secret is the current one. A key that cannot be re-sealed now will be later. */
  async #reseal(keySecret: string, row: StoredKey, credential: CloudCredential): Promise<void> {
    try {
      await this.#keys.secrets.reseal(row.id, row.secretHash, {
        secretHash: hashKeySecret(this.#secret, keySecret),
        sealedCredential: await seal(this.#secret, keySecret, row, credential),
        sealedUnder: this.#secret.check,
      });
    } catch {
      // Both secrets open it, so the request goes on.
    }
  }

  async #unseal(keySecret: string, row: StoredKey): Promise<CloudCredential | null> {
    return (
      Credential.safeParse(await unseal(this.#secret, keySecret, row, row.sealedCredential)).data ?? null
    );
  }
}

function denied(reason: DenyReason, row: StoredKey | null = null): Verdict {
  return { ok: false, reason, keyId: row?.id ?? null };
}

/** Why a key whose secret is right may not be used now, from there. */
function denyReason(
  row: FoundKey,
  presented: PresentedCredential | undefined,
  address: string | null,
  origin: string | undefined,
): Verdict | null {
  const state = keyState(row, wallMs());
  if (state !== 'active') return denied(state, row);
  if (row.revokedDerived !== undefined && typeof presented === 'object') {
    if (isRevoked(row.revokedDerived, presented)) return denied('revoked_token', row);
  }
  if (row.allowedCidrs.length > 0 && (address === null || !isInside(address, row.allowedCidrs))) {
    return denied('address_not_allowed', row);
  }
  if (row.allowedOrigins.length > 0 && (origin === undefined || !row.allowedOrigins.includes(origin))) {
    return denied('origin_not_allowed', row);
  }
  return null;
}

function isFresh({ readAt }: CachedKey): boolean {
  return monotonicMs() - readAt < CACHE_TTL_MS;
}

/** What was proven of the row as it was read before, when hash and seal are the same; with what the row says now. */
function reverify(row: StoredKey, before: CachedKey | undefined): VerifiedKey | null {
  if (before?.row == null || before.verified === null) return null;
  const { text, principal } = before.verified;
  const same =
    row.familyId === before.row.familyId &&
    row.projectId === before.row.projectId &&
    row.userId === before.row.userId &&
    timingSafeEqual(row.secretHash, before.row.secretHash) &&
    timingSafeEqual(row.sealedCredential, before.row.sealedCredential);
  if (!same) return null;
  const unchanged =
    row.plan === principal.plan &&
    effectiveScopes(row).join() === principal.scopes.join() &&
    isBrowserKey(row) === principal.isBrowserKey;
  return unchanged
    ? before.verified
    : {
        text,
        principal: { ...principalOf(row, principal.credential, ''), sealingSecret: principal.sealingSecret },
      };
}

/** In constant time, as far as the lengths are the same: that of a key is no secret. */
function matchesText(proven: VerifiedKey | null, text: string): boolean {
  if (proven === null || proven.text.length !== text.length) return false;
  let difference = 0;
  for (let i = 0; i < text.length; i++) difference |= (proven.text[i] ?? 0) ^ text.charCodeAt(i);
  return difference === 0;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function principalOf(row: StoredKey, credential: CloudCredential, keySecret: string): Principal {
  const { id, familyId, projectId, userId, plan } = row;
  const sealingSecret = () => customerSecretOf(credential) ?? keySecret;
  const may = { scopes: effectiveScopes(row), isBrowserKey: isBrowserKey(row) };
  return { keyId: id, familyId, projectId, userId, ...may, plan, credential, sealingSecret };
}

/** What the customer has and a rotation does not change; a service key brings nothing of the kind. */
function customerSecretOf(credential: CloudCredential): string | null {
  switch (credential.kind) {
    case 'application_credential':
      return credential.secret;
    case 'redu_key':
      return credential.key;
    case 'service':
      return null;
  }
}
