/**
 * Short-lived credentials that contain an API key: tokens of the nova dialect, sessions of the console. The store lists the
 * revoked ones with their key until they would have expired.
 */

import { wallMs } from '../clock.ts';
import type { KeyStore } from './key-store.ts';

export interface DerivedCredential {
  /** Secret. */
  readonly key: string;
  /** Identifies the credential and authorizes nothing. */
  readonly auditId: string;
  /** Epoch seconds. */
  readonly issuedAt: number;
}

export type PresentedCredential = string | DerivedCredential;

/** The owner of operators' sessions, which belong to no key. No key has this id. */
export const OPERATOR = 'operator';

/** Lifetime of a console session, the longest of all. */
const MAX_LIFETIME_MS = 28_800_000;
/** Revocations stored individually per owner; the next one is a mark that revokes everything issued before it. */
const MAX_REVOKED = 200;
const BEFORE = 'before:';

/** Secret. */
export function keyTextOf(presented: PresentedCredential | undefined): string | undefined {
  return typeof presented === 'object' ? presented.key : presented;
}

export function isRevoked(
  revoked: readonly string[],
  { auditId, issuedAt }: Pick<DerivedCredential, 'auditId' | 'issuedAt'>,
): boolean {
  return revoked.some((mark) =>
    mark.startsWith(BEFORE) ? issuedAt <= Number(mark.slice(BEFORE.length)) : mark === auditId,
  );
}

/** Revokes it on all nodes. @param revoked The owner's revocations so far. */
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
