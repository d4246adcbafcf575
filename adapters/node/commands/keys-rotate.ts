import { rotateKey } from '../../../src/access/issue-key.ts';
import { rotationSchema } from '../../../src/access/key-schemas.ts';
import type { StoredKey } from '../../../src/access/key-store.ts';
import type { CloudCredential } from '../../../src/compute/cloud.ts';
import { credentialArgument } from './credential-argument.ts';
import { identify } from './identify.ts';
import { showIssuedKey } from './show-key.ts';
import type { Invocation } from './specification.ts';
import { UsageError } from './usage-error.ts';
import { ACTOR, findKey, withCloud } from './with-keys.ts';

export async function run({ values, operands: [id] }: Invocation<'keys rotate'>): Promise<void> {
  await withCloud({ opensKeys: true }, async (context) => {
    const key = await findKey(context.keys, id);
    const overlap = overlapOf(values.overlap);
    const credential = credentialOf(key, values);
    await identify(context, credential);
    const { keys, services, secret } = context;
    showIssuedKey(await rotateKey(keys, secret, key.id, credential, overlap, ACTOR), services, values.json);
  });
}

function credentialOf(key: StoredKey, values: Invocation<'keys rotate'>['values']): CloudCredential {
  if (key.kind === 'redu_key') {
    throw new UsageError(
      "This key contains a redu key sealed with the customer's secret: the customer has to rotate it, or issue a new key.",
    );
  }
  const option = 'application-credential-secret';
  const secret = credentialArgument(option, values[option], values['secret-file']);
  if (key.cloudCredentialId === null) return { kind: 'service', projectId: key.projectId };
  if (secret !== undefined) return { kind: 'application_credential', id: key.cloudCredentialId, secret };
  throw new UsageError(
    `The credential of this key is sealed with the customer's half: give --${option} or --secret-file again.`,
  );
}

/** Rejects an empty value: an unset shell variable must not end a key immediately. */
function overlapOf(given: string | undefined): number {
  const seconds = given === undefined ? undefined : given.trim() === '' ? Number.NaN : Number(given);
  const parsed = rotationSchema.safeParse({ overlap_seconds: seconds });
  if (!parsed.success) throw new UsageError('--overlap takes whole seconds, at most 30 days');
  return parsed.data.overlap_seconds;
}
