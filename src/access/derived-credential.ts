/**
 * What stands for an API key for a while and can be revoked by itself: tokens of the nova dialect, sessions of the console. The
 * store has what was revoked, beside the key it belongs to, until that would have expired anyway.
 *
 * @module
 */

import { wallMs } from '../clock.ts';
import type { KeyStore } from './key-store.ts';

export interface DerivedCredential {
  /** The text of the API key. Secret. */
  readonly key: string;
  /** Tells one from another, and opens nothing. */
  readonly auditId: string;
  /** Epoch seconds. */
  readonly issuedAt: number;
}

/** How a request presents a key: its text, or what is derived from it. */
export type PresentedCredential = string | DerivedCredential;

/** Under which revoked sessions of operators are stored, which belong to no key. No key has this id. */
export const OPERATOR = 'operator';

/** The longest that anything derived from a key is valid, in ms: a session of the console. */
const MAX_LIFETIME_MS = 28_800_000;
/** Revocations that are stored one by one for a key; then all that was issued up to now is revoked by one mark. */
const MAX_REVOKED = 200;
const BEFORE = 'before:';

/** The text of the key. Secret. */
export function keyTextOf(presented: PresentedCredential | undefined): string | undefined {
  return typeof presented === 'object' ? presented.key : presented;
}

/** @param revoked As stored beside the key. */
export function isRevoked(
  revoked: readonly string[],
  { auditId, issuedAt }: Pick<DerivedCredential, 'auditId' | 'issuedAt'>,
): boolean {
  return revoked.some((mark) =>
    mark.startsWith(BEFORE) ? issuedAt <= Number(mark.slice(BEFORE.length)) : mark === auditId,
  );
}

/**
 * Revokes one on all nodes.
 *
 * @param owner The key's id, or `OPERATOR`.
 * @param revoked What is revoked of this owner already.
 */
export async function revokeDerived(
  keys: KeyStore,
  owner: string,
  revoked: readonly string[] | undefined,
  auditId: string,
): Promise<void> {
  const now = wallMs();
  const mark = (revoked?.length ?? 0) < MAX_REVOKED ? auditId : `${BEFORE}${Math.ceil(now / 1000)}`;
  await keys.revokeDerived(owner, mark, new Date(now + MAX_LIFETIME_MS).toISOString());
}
