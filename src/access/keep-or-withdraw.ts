import type { CallContext, CloudCredential } from '../compute/cloud.ts';
import type { IdentityProvider } from './identity-provider.ts';

/**
 * Stores a key with a credential that was created for it. If that fails, the credential is deleted at the cloud; one that cannot be
 * deleted is in the log.
 *
 * @param other As in `deleteCredential`.
 */
export async function keepOrWithdraw<T>(
  identities: IdentityProvider,
  userId: string,
  { id }: { readonly id: string },
  call: CallContext,
  store: () => Promise<T>,
  other: CloudCredential | null = null,
): Promise<T> {
  try {
    return await store();
  } catch (error) {
    const isGone = await identities.deleteCredential(userId, id, call, other).catch(() => false);
    if (!isGone) call.log.error('credential_cleanup_failed', { credential: id }, error);
    throw error;
  }
}
