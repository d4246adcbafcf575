/**
 * The statements on requests made under an `Idempotency-Key`. A claim is a batch that takes the record if it may be taken, and
 * then tells whose it is.
 *
 * @module
 */

import type { CompiledQuery, QueryCreator } from 'kysely';
import type { Claim } from '../../src/traffic/idempotency/idempotency-store.ts';
import { storedTime } from './rows.ts';
import type { IdempotencyRow, Tables } from './schema.ts';

/** Makes room for a new record where the old one has expired. */
export function deleteExpired(db: QueryCreator<Tables>, scope: string, now: string): CompiledQuery<unknown> {
  return db
    .deleteFrom('idempotency')
    .where('scope', '=', scope)
    .where('expires_at', '<=', storedTime(now))
    .compile();
}

/** Does nothing when there is a record. */
export function insertClaim(db: QueryCreator<Tables>, claim: Claim): CompiledQuery<unknown> {
  return db
    .insertInto('idempotency')
    .values({
      scope: claim.scope,
      fingerprint: claim.fingerprint,
      run_id: claim.runId,
      resumed: 0,
      lease_until: storedTime(claim.leaseUntil),
      sealed_answer: null,
      created_at: storedTime(claim.now),
      expires_at: storedTime(claim.expiresAt),
    })
    .onConflict((conflict) => conflict.column('scope').doNothing())
    .compile();
}

/** Takes a record of the same request over when its attempt was cut off; not the one that this claim has just made. */
export function takeOver(db: QueryCreator<Tables>, claim: Claim): CompiledQuery<unknown> {
  return db
    .updateTable('idempotency')
    .set({ run_id: claim.runId, resumed: 1, lease_until: storedTime(claim.leaseUntil) })
    .where('scope', '=', claim.scope)
    .where('fingerprint', '=', claim.fingerprint)
    .where('run_id', '!=', claim.runId)
    .where('sealed_answer', 'is', null)
    .where('lease_until', '<=', storedTime(claim.now))
    .compile();
}

export function selectRecord(db: QueryCreator<Tables>, scope: string): CompiledQuery<IdempotencyRow> {
  return db.selectFrom('idempotency').selectAll().where('scope', '=', scope).compile();
}

/** Gives the scope when the attempt still had it, else nothing. */
export function keepAnswer(
  db: QueryCreator<Tables>,
  scope: string,
  runId: string,
  sealedResponse: Uint8Array,
): CompiledQuery<{ scope: string }> {
  return db
    .updateTable('idempotency')
    .set({ sealed_answer: sealedResponse })
    .where('scope', '=', scope)
    .where('run_id', '=', runId)
    .where('sealed_answer', 'is', null)
    .returning('scope')
    .compile();
}

/** Of a record that nobody resumed. */
export function deleteReleased(
  db: QueryCreator<Tables>,
  scope: string,
  runId: string,
): CompiledQuery<unknown> {
  return db
    .deleteFrom('idempotency')
    .where('scope', '=', scope)
    .where('run_id', '=', runId)
    .where('sealed_answer', 'is', null)
    .where('resumed', '=', 0)
    .compile();
}

export function endLease(
  db: QueryCreator<Tables>,
  scope: string,
  runId: string,
  now: string,
): CompiledQuery<unknown> {
  return db
    .updateTable('idempotency')
    .set({ lease_until: storedTime(now) })
    .where('scope', '=', scope)
    .where('run_id', '=', runId)
    .where('sealed_answer', 'is', null)
    .compile();
}

/** The records that expired first. */
export function selectExpired(
  db: QueryCreator<Tables>,
  now: string,
  limit: number,
): CompiledQuery<{ scope: string }> {
  return db
    .selectFrom('idempotency')
    .select('scope')
    .where('expires_at', '<=', storedTime(now))
    .orderBy('expires_at')
    .limit(limit)
    .compile();
}

/** Of these records those that have expired still. */
export function deleteAllExpired(
  db: QueryCreator<Tables>,
  scopes: readonly string[],
  now: string,
): CompiledQuery<unknown> {
  return db
    .deleteFrom('idempotency')
    .where('scope', 'in', scopes)
    .where('expires_at', '<=', storedTime(now))
    .compile();
}
