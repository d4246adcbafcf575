import { wallTime } from '../clock.ts';
import type { CallContext } from '../compute/cloud.ts';
import type { Access } from './access.ts';
import type { IdentityProvider } from './identity-provider.ts';
import { type Actor, auditEntry } from './issue-key.ts';
import type { KeyStore, RevocationReach, StoredKey } from './key-store.ts';

/**
 * How far revoking a key reaches that the caller has just read. A successor that was not there then was made while the
 * request for revocation was on its way, so it is revoked too: the caller cannot know of it.
 */
export function reachOf({ successorId }: StoredKey): RevocationReach {
  return successorId === null ? 'successors' : 'key';
}

/**
 * Revokes a key, and with it what `reach` names, at once and permanently. An application credential that the gateway made
 * is deleted in the cloud with the last key that uses it; where the cloud refuses that or is unreachable, an audit entry
 * says so. The keys are revoked in either case.
 *
 * @returns The keys within reach, which no node may serve from memory any more; empty when there is no key with this id.
 */
export async function revokeKey(
  keys: KeyStore,
  identities: IdentityProvider,
  id: string,
  reach: RevocationReach,
  by: Actor,
  call: CallContext,
): Promise<readonly StoredKey[]> {
  const now = wallTime();
  const revoked = await keys.revoke(id, now, auditEntry('key.revoke', id, by, ''), reach);
  for (const { id: keyId, userId, credentialId } of ownedCredentials(revoked)) {
    if ((await keys.countLive({ cloudCredentialId: credentialId }, now)) > 0) continue;
    const withdrawn = await identities.deleteCredential(userId, credentialId, call).catch((error) => {
      call.log.warn('credential_cleanup_failed', { key: keyId }, error);
      return false;
    });
    if (withdrawn) continue;
    const detail = `application credential ${credentialId}`;
    await keys.appendAudit([auditEntry('key.credential_left', keyId, by, detail)]);
  }
  return revoked;
}

/** `revokeKey`, and the verifier of this node forgets the keys, so that none of them works here from then on. */
export async function revokeAndInvalidate(
  { keys, identities, verifier }: Pick<Access, 'keys' | 'identities' | 'verifier'>,
  id: string,
  reach: RevocationReach,
  by: Actor,
  call: CallContext,
): Promise<void> {
  for (const key of await revokeKey(keys, identities, id, reach, by, call)) verifier.invalidate(key.id);
}

/** The application credentials that the gateway made for these keys, each once, with the newest key that uses it. */
function ownedCredentials(keys: readonly StoredKey[]) {
  const owned = new Map<string, { id: string; userId: string; credentialId: string }>();
  for (const { id, userId, cloudCredentialId, ownsCloudCredential } of keys) {
    if (!ownsCloudCredential || userId === null || cloudCredentialId === null) continue;
    owned.set(cloudCredentialId, { id, userId, credentialId: cloudCredentialId });
  }
  return owned.values();
}
