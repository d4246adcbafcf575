import * as z from 'zod';
import { SingleFlight } from '../async.ts';
import { monotonicMs, wallMs } from '../clock.ts';
import type { CloudCredential } from '../compute/cloud.ts';
import { LruMap } from '../lru-map.ts';
import { effectiveScopes, isBrowserKey } from './browser-key.ts';
import { isRevoked, keyTextOf, type PresentedCredential } from './derived-credential.ts';
import { isInside } from './ip-address.ts';
import { extractKeyId, parseKey } from './key-format.ts';
import { type FoundKey, type KeyState, type KeyStore, keyState, type StoredKey } from './key-store.ts';
import type { Principal } from './principal.ts';
import {
  hashKeySecret,
  type ServerSecret,
  seal,
  secretsOf,
  timingSafeEqual,
  unseal,
} from './server-secret.ts';

/** For the audit log and the metrics. Clients get the same error in all cases. */
export type DenyReason =
  | 'missing'
  | 'malformed'
  | 'unknown'
  | 'wrong_secret'
  | Exclude<KeyState, 'active'>
  | 'address_not_allowed'
  | 'origin_not_allowed'
  | 'unreadable_credential'
  /** A revoked token or session, whose key may be valid. */
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

/** Keys, ids without a key included. */
const MAX_CACHED = 10_000;

/** Upper bound on the delay until a key that was revoked on another node is denied on this one. */
const CACHE_TTL_MS = 500;

interface CachedKey {
  readonly row: FoundKey | null;
  readonly readAt: number;
  /** null until a key with the right secret was presented. */
  verified: VerifiedKey | null;
}

/**
 * A fully verified key. Comparing its cached text replaces an HMAC, which would be a third of the cost of a cached response.
 * Process memory also holds the credential and the server's secret, so the text adds no exposure; it is never persisted.
 */
interface VerifiedKey {
  readonly text: Uint8Array;
  readonly principal: Principal;
}

/**
 * Resolves a key's text to its principal. In this order: format and checksum (no I/O), cache, store, hash, state, network,
 * seal. Concurrent reads of a key are coalesced.
 */
export class KeyVerifier {
  readonly #keys: KeyStore;
  readonly #secret: ServerSecret;
  readonly #cache = new LruMap<CachedKey>({ max: MAX_CACHED });
  readonly #flights = new SingleFlight<CachedKey>();

  constructor(keys: KeyStore, secret: ServerSecret) {
    this.#keys = keys;
    this.#secret = secret;
  }

  /**
   * @param presented As the client sent it, or what was sealed in a token or session.
   * @param address The client's; if null, keys bound to networks are denied.
   * @param origin The page's `Origin`; if undefined, keys bound to origins are denied.
   * @throws ComputeError `unavailable` if the store cannot be reached.
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

  /** The principal of a freshly verified key without `Origin`; null if `verify` would read the store or deny it. */
  cachedPrincipal(presented: PresentedCredential | undefined, address: string | null): Principal | null {
    const text = keyTextOf(presented);
    const known = text === undefined ? null : this.#cached(text);
    if (known === null || denyReason(known.row, presented, address, undefined) !== null) return null;
    return known.principal;
  }

  /**
   * A key with the right secret that was ended by rotation or revocation; null for any other, and outside its networks or
   * origins. Authorizes only the retry of the request that ended it.
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
    const cached = await this.#load(parts.id);
    const { row } = cached;
    if (row === null) return denied('unknown');
    let sealedWith: ServerSecret | undefined;
    if (!matchesText(cached.verified, text)) {
      sealedWith = secretsOf(this.#secret).find((one) =>
        timingSafeEqual(hashKeySecret(one, parts.secret), row.secretHash),
      );
      if (sealedWith === undefined) return denied('wrong_secret', row);
    }
    const reason = denyReason(row, presented, address, origin);
    if (reason !== null) return reason;
    if (cached.verified === null) {
      const credential = await this.#unseal(parts.secret, row);
      if (credential === null) return denied('unreadable_credential', row);
      if (sealedWith !== undefined && sealedWith !== this.#secret) {
        await this.#reseal(parts.secret, row, credential);
      }
      cached.verified ??= { text: utf8(text), principal: principalOf(row, credential, parts.secret) };
    }
    return { ok: true, principal: cached.verified.principal };
  }

  /** After a change of the key on this node. */
  invalidate(id: string): void {
    this.#cache.delete(id);
    this.#flights.forget(id);
  }

  #load(id: string): Promise<CachedKey> | CachedKey {
    const known = this.#cache.get(id);
    if (known !== undefined && isFresh(known)) return known;
    return this.#flights.run(id, async (isCurrent) => {
      const readAt = monotonicMs();
      const row = await this.#keys.find(id);
      const fresh = { row, readAt, verified: row === null ? null : reverify(row, known) };
      // Invalidated during the read: the row may be from before the change.
      if (isCurrent()) this.#cache.set(id, fresh);
      return fresh;
    });
  }

  /** The store does it only if this node's secret is the current one. A failure is retried with the key's next verification. */
  async #reseal(keySecret: string, row: StoredKey, credential: CloudCredential): Promise<void> {
    try {
      await this.#keys.secrets.reseal(row.id, row.secretHash, {
        secretHash: hashKeySecret(this.#secret, keySecret),
        sealedCredential: await seal(this.#secret, keySecret, row, credential),
        sealedUnder: this.#secret.check,
      });
    } catch {
      // Both secrets open the seal, so the request continues.
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

/** null if a key with the right secret is allowed now and from there. */
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

/** Transfers the verification to a newly read row with the same hash and seal, with the rights of the new row. */
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
    JSON.stringify(row.regions) === JSON.stringify(principal.regions) &&
    effectiveScopes(row).join() === principal.scopes.join() &&
    isBrowserKey(row) === principal.isBrowserKey;
  return unchanged
    ? before.verified
    : {
        text,
        principal: { ...principalOf(row, principal.credential, ''), sealingSecret: principal.sealingSecret },
      };
}

/** Constant time for equal lengths; the length of a key is public. */
function matchesText(verified: VerifiedKey | null, text: string): boolean {
  if (verified === null || verified.text.length !== text.length) return false;
  let difference = 0;
  for (let i = 0; i < text.length; i++) difference |= (verified.text[i] ?? 0) ^ text.charCodeAt(i);
  return difference === 0;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function principalOf(row: StoredKey, credential: CloudCredential, keySecret: string): Principal {
  const { id, familyId, projectId, userId, accessRules, plan, regions } = row;
  const sealingSecret = () => customerSecretOf(credential) ?? keySecret;
  const may = { scopes: effectiveScopes(row), isBrowserKey: isBrowserKey(row), regions, accessRules };
  return { keyId: id, familyId, projectId, userId, ...may, plan, credential, sealingSecret };
}

/** The customer's own secret, which a rotation does not change; null for a service key. */
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
