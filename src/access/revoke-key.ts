import { wallTime } from '../clock.ts';
import type { CallContext, CloudCredential } from '../compute/cloud.ts';
import type { Access } from './access.ts';
import type { IdentityProvider } from './identity-provider.ts';
import { type Actor, auditEntry } from './issue-key.ts';
import type { KeyStore, RevocationReach, StoredKey } from './key-store.ts';
import { withdrawCredential } from './withdraw-credentials.ts';

/**
 * The reach for a key that the caller has read. A successor created since then is unknown to the caller, so it is revoked too.
 */
export function reachOf({ successorId }: StoredKey): RevocationReach {
  return successorId === null ? 'successors' : 'key';
}

export interface Revocation {
  readonly id: string;
  readonly reach: RevocationReach;
  readonly by: Actor;
  /** Of the key that revokes, for what the service account may not delete. */
  readonly credential?: CloudCredential;
}

/**
 * Revokes the keys within `reach` permanently. An application credential created by the gateway is deleted with its last key; a
 * failed deletion becomes an audit entry and is tried again later, and the keys are revoked anyway.
 *
 * @returns The keys within reach, to be invalidated; empty if the key does not exist.
 */
export async function revokeKey(
  keys: KeyStore,
  identities: IdentityProvider,
  { id, reach, by, credential }: Revocation,
  call: CallContext,
): Promise<readonly StoredKey[]> {
  const now = wallTime();
  const revoked = await keys.revoke(id, now, auditEntry('key.revoke', id, by, ''), reach);
  for (const { id: keyId, userId, credentialId } of ownedCredentials(revoked)) {
    if ((await keys.countLive({ cloudCredentialId: credentialId }, now)) > 0) continue;
    const owned = { id: credentialId, userId };
    if ((await withdrawCredential({ keys, identities }, owned, call, credential)) === 'gone') continue;
    const detail = `application credential ${credentialId}`;
    await keys.appendAudit([auditEntry('key.credential_left', keyId, by, detail)]);
  }
  return revoked;
}

export async function revokeAndInvalidate(
  { keys, identities, verifier }: Pick<Access, 'keys' | 'identities' | 'verifier'>,
  revocation: Revocation,
  call: CallContext,
): Promise<void> {
  for (const { id } of await revokeKey(keys, identities, revocation, call)) verifier.invalidate(id);
}

/** The distinct application credentials created by the gateway, each with the newest key that uses it. */
function ownedCredentials(keys: readonly StoredKey[]) {
  const owned = new Map<string, { id: string; userId: string; credentialId: string }>();
  for (const { id, userId, cloudCredentialId, ownsCloudCredential } of keys) {
    if (!ownsCloudCredential || userId === null || cloudCredentialId === null) continue;
    owned.set(cloudCredentialId, { id, userId, credentialId: cloudCredentialId });
  }
  return owned.values();
}
