import type { CallContext } from '../compute/cloud.ts';
import type { IdentityProvider } from './identity-provider.ts';
import { type Actor, auditEntry } from './issue-key.ts';
import type { KeyStore, StoredKey } from './key-store.ts';

/**
 * Revokes a key at once and for ever. The application credential that the gateway made for it is deleted in the cloud with
 * the last key that uses it; where the cloud does not let the gateway, or is away, that is written to the audit log: the
 * key is dead all the same.
 *
 * @returns The key; null when there is none.
 */
export async function revokeKey(
  keys: KeyStore,
  identities: IdentityProvider,
  id: string,
  by: Actor,
  call: CallContext,
): Promise<StoredKey | null> {
  const now = new Date().toISOString();
  const key = await keys.revoke(id, now, auditEntry('key.revoke', id, by, ''));
  const { userId, cloudCredentialId } = key ?? { userId: null, cloudCredentialId: null };
  if (!key?.ownsCloudCredential || userId === null || cloudCredentialId === null) return key;
  if ((await keys.countLiving(cloudCredentialId, now)) > 0) return key;
  const withdrawn = await identities.withdrawCredential(userId, cloudCredentialId, call).catch((error) => {
    call.log.warn('credential_left', { key: id }, error);
    return false;
  });
  if (!withdrawn) {
    await keys.appendAudit([
      auditEntry('key.credential_left', id, by, `application credential ${cloudCredentialId}`),
    ]);
  }
  return key;
}

/**
 * The ids of a key's whole family: the first key and all that were rotated from it. Whoever had one of them for a while may
 * have rotated it.
 */
export async function familyOf(keys: KeyStore, familyId: string): Promise<string[]> {
  const ids: string[] = [];
  for (let id: string | null = familyId; id !== null; ) {
    ids.push(id);
    id = (await keys.find(id))?.successorId ?? null;
  }
  return ids;
}
