import type * as z from 'zod';
import { wallMs } from '../clock.ts';
import { ComputeError } from '../compute/errors.ts';
import { assertBrowserScopes } from './browser-key.ts';
import { type Actor, auditEntry, checkedExpiry } from './issue-key.ts';
import type { keyChangeSchema } from './key-schemas.ts';
import { type KeyChange, type KeyStore, keyState, type StoredKey } from './key-store.ts';

/**
 * Changes a key as the operator asks.
 *
 * @param before The key as the caller has read it.
 * @throws ComputeError `invalid` for a change that does not fit the key; `conflict` if it is revoked, or was rotated since.
 */
export async function updateKey(
  keys: KeyStore,
  before: StoredKey,
  body: z.output<typeof keyChangeSchema>,
  plans: readonly string[],
  by: Actor,
): Promise<StoredKey> {
  const { id } = before;
  const { allowed_cidrs, allowed_origins, regions, expires_at, name, scopes, plan, disabled } = body;
  if (plan !== undefined) assertPlan(plan, plans);
  if (expires_at !== undefined && before.ownsCloudCredential && keyState(before, wallMs()) === 'expired') {
    throw new ComputeError(
      'conflict',
      `Key ${id} has expired, and its credential is deleted at the cloud: issue a new key.`,
    );
  }
  const change: KeyChange = {
    ...(name !== undefined && { name }),
    ...(scopes !== undefined && { scopes }),
    ...(plan !== undefined && { plan }),
    ...(disabled !== undefined && { disabled }),
    ...(allowed_cidrs !== undefined && { allowedCidrs: allowed_cidrs }),
    ...(allowed_origins !== undefined && { allowedOrigins: allowed_origins }),
    ...(regions !== undefined && { regions }),
    ...(expires_at !== undefined && { expiresAt: checkedExpiry(expires_at, before) }),
  };
  assertBrowserScopes({ ...before, ...change });
  const entry = auditEntry('key.update', id, by, describeChange(before, change));
  const changed = await keys.update(id, change, entry, before);
  if (changed === null) throw updateConflict((await keys.find(id)) ?? before);
  return changed;
}

export function assertPlan(plan: string, plans: readonly string[]): void {
  if (!plans.includes(plan)) throw ComputeError.field('plan', `must be one of ${plans.join(', ')}`);
}

function updateConflict({ id, revokedAt, successorId }: StoredKey): ComputeError {
  return new ComputeError(
    'conflict',
    revokedAt === null
      ? `Key ${id} was rotated to ${successorId} in the meantime and was not changed: change that key, or retry.`
      : `Key ${id} is revoked.`,
  );
}

/** Old and new values; none of them is secret. */
function describeChange(before: StoredKey, change: KeyChange): string {
  const fields = Object.keys(change) as (keyof KeyChange)[];
  const textOf = (key: KeyChange, field: keyof KeyChange) =>
    key[field] ?? (field === 'regions' ? 'all' : 'none');
  return fields.map((field) => `${field}: ${textOf(before, field)} -> ${textOf(change, field)}`).join('; ');
}
