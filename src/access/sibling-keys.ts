/** What a key may see and end: the keys of the same user in the same project, its siblings. */

import type { CallContext } from '../compute/cloud.ts';
import { ComputeError, hasCode } from '../compute/errors.ts';
import { hasScope } from '../scopes.ts';
import { isRuleOf } from './access-rules.ts';
import type { IdentityProvider } from './identity-provider.ts';
import { isWithinRegions } from './key-regions.ts';
import { coverRoles } from './key-roles.ts';
import type { KeyRole, KeyStore, StoredKey } from './key-store.ts';
import type { Principal } from './principal.ts';

/** A script in a page must not revoke or rotate the page's key, nor see other keys. */
export function refuseBrowserKey({ isBrowserKey }: Principal): void {
  if (!isBrowserKey) return;
  throw new ComputeError('forbidden', 'This API key is bound to origins, and may not see or change keys.');
}

/** @throws ComputeError `not_found`; `forbidden` for a browser key. */
export async function siblingKey(keys: KeyStore, principal: Principal, id: string): Promise<StoredKey> {
  refuseBrowserKey(principal);
  const key = /^[0-9a-z]{1,64}$/.test(id) ? await keys.find(id) : null;
  if (key === null || key.projectId !== principal.projectId || key.userId !== principal.userId) {
    throw new ComputeError('not_found', 'Key not found.');
  }
  return key;
}

/**
 * The roles of these keys at the cloud, which shows the caller those of its user's credentials; null: not known. A credential that is
 * gone gives none. The store lacks those of keys that the operator issued, and of some older ones.
 */
export async function rolesOfKeys(
  identities: IdentityProvider,
  { credential }: Principal,
  keys: readonly StoredKey[],
  call: CallContext,
): Promise<ReadonlyMap<string, readonly KeyRole[] | null>> {
  const isKnown = keys.every(({ roles, cloudCredentialId }) => roles !== null || cloudCredentialId === null);
  const found =
    isKnown || credential.kind !== 'application_credential'
      ? null
      : await identities.rolesOfCredentials(credential, call);
  const rolesOf = ({ roles, cloudCredentialId }: StoredKey) =>
    roles ?? (found === null || cloudCredentialId === null ? null : (found.get(cloudCredentialId) ?? []));
  return new Map(keys.map((key) => [key.id, rolesOf(key)]));
}

/**
 * A key may end itself, and siblings that can do no more than it can. Where the roles of neither are stored, a failure of the cloud
 * does not block it: a leaked key that stays valid is the greater harm.
 *
 * @throws ComputeError `forbidden`.
 */
export async function assertMayRevoke(
  { keys, identities }: { readonly keys: KeyStore; readonly identities: IdentityProvider },
  principal: Principal,
  key: StoredKey,
  call: CallContext,
): Promise<void> {
  const { keyId, scopes, regions, accessRules } = principal;
  if (key.id === keyId) return;
  const missing = key.scopes.find((scope) => !hasScope(scopes, scope));
  if (missing !== undefined) {
    throw new ComputeError('forbidden', `This API key lacks the scope "${missing}" of the key to revoke.`);
  }
  if (!isWithinRegions(key.regions, regions)) {
    throw new ComputeError('forbidden', 'This API key lacks regions of the key to revoke.');
  }
  if (accessRules !== null && !key.accessRules?.every((rule) => isRuleOf(accessRules, rule))) {
    throw new ComputeError('forbidden', 'This API key lacks access rules of the key to revoke.');
  }
  const own = await keys.find(keyId);
  if (own !== null && own.cloudCredentialId !== key.cloudCredentialId) {
    const roles = await rolesOfKeys(identities, principal, [own, key], call).catch((error) => {
      const mayPass = own.roles === null && key.roles === null;
      if (mayPass && hasCode(error, 'unavailable', 'timeout', 'bad_gateway')) return null;
      throw error;
    });
    const [mine, theirs] = [roles?.get(own.id), roles?.get(key.id)];
    if (roles !== null && !(mine && theirs && coverRoles(mine, theirs))) {
      throw new ComputeError('forbidden', 'This API key lacks roles of the key to revoke.');
    }
  }
}
