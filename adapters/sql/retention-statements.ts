/**
 * The statements on revoked tokens, and on what is deleted when its time is over.
 *
 * @module
 */

import { type CompiledQuery, type QueryCreator, sql } from 'kysely';
import { storedTime } from './rows.ts';
import type { Tables } from './schema.ts';

/** Entries of the audit log deleted by one statement: other writers wait for it. */
const ENTRIES_PER_SWEEP = 1_000;

/** Does nothing when it is revoked already. */
export function insertRevoked(
  db: QueryCreator<Tables>,
  owner: string,
  id: string,
  expiresAt: string,
): CompiledQuery<unknown> {
  return db
    .insertInto('revoked_token')
    .values({ owner, id, expires_at: storedTime(expiresAt) })
    .onConflict((conflict) => conflict.columns(['owner', 'id']).doNothing())
    .compile();
}

export function selectRevoked(db: QueryCreator<Tables>, owner: string): CompiledQuery<{ id: string }> {
  return db.selectFrom('revoked_token').select('id').where('owner', '=', owner).compile();
}

export function deleteExpiredRevocations(db: QueryCreator<Tables>, now: string): CompiledQuery<unknown> {
  return db.deleteFrom('revoked_token').where('expires_at', '<=', storedTime(now)).compile();
}

/** Not the newest entry, whose number the next one goes by. */
export function deleteOldEntries(db: QueryCreator<Tables>, before: string): CompiledQuery<unknown> {
  return db
    .deleteFrom('audit_entry')
    .where('sequence', 'in', (eb) =>
      eb
        .selectFrom('audit_entry')
        .select('sequence')
        .where('at', '<', storedTime(before))
        .where('sequence', '<', sql<number>`(select max(sequence) from audit_entry)`)
        .orderBy('at')
        .limit(ENTRIES_PER_SWEEP),
    )
    .compile();
}
