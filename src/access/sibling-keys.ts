/** What a key may see and end: the keys of the same user in the same project, its siblings. */

import { ComputeError } from '../compute/errors.ts';
import { hasScope } from '../scopes.ts';
import { isRuleOf } from './access-rules.ts';
import { isWithinRegions } from './key-regions.ts';
import { coverRoles } from './key-roles.ts';
import type { KeyStore, StoredKey } from './key-store.ts';
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
 * A key may end itself, and siblings that can do no more than it can. Of roles the store knows those of keys that were made with a
 * choice of them.
 *
 * @throws ComputeError `forbidden`.
 */
export async function assertMayRevoke(keys: KeyStore, principal: Principal, key: StoredKey): Promise<void> {
  const { keyId, scopes, regions, accessRules } = principal;
  if (key.id === keyId) return;
  const missing = key.scopes.find((scope) => !hasScope(scopes, scope));
  if (missing !== undefined) {
    throw new ComputeError('forbidden', `This API key lacks the scope "${missing}" of the key to revoke.`);
  }
  if (!isWithinRegions(key.regions, regions)) {
    throw new ComputeError('forbidden', 'This API key lacks regions of the key to revoke.');
  }
  const { roles = null, cloudCredentialId } = (await keys.find(keyId)) ?? {};
  const isSameCredential = key.cloudCredentialId === cloudCredentialId;
  if (roles !== null && !isSameCredential && (key.roles === null || !coverRoles(roles, key.roles))) {
    throw new ComputeError('forbidden', 'This API key lacks roles of the key to revoke.');
  }
  if (accessRules === null) return;
  if (key.accessRules === null || !key.accessRules.every((rule) => isRuleOf(accessRules, rule))) {
    throw new ComputeError('forbidden', 'This API key lacks access rules of the key to revoke.');
  }
}
