import type { IdentifiedCaller } from '../../../src/access/identity-provider.ts';
import type { CloudCredential } from '../../../src/compute/cloud.ts';
import { UsageError } from './usage-error.ts';
import type { IssuingContext } from './with-keys.ts';

/** Verifies the credential with the cloud, so that no key is issued that would open nothing. */
export async function identify(
  { identities, call }: Pick<IssuingContext, 'identities' | 'call'>,
  credential: CloudCredential,
): Promise<IdentifiedCaller> {
  const caller = await identities.identify(credential, call);
  if (caller !== null) return caller;
  throw new UsageError(
    {
      service: '--project-id: the gateway has no account (OS_USERNAME) that can act in this project',
      application_credential:
        'The cloud rejects this credential: check --application-credential-id and its secret',
      redu_key: 'The cloud rejects --redu-key',
    }[credential.kind],
  );
}
