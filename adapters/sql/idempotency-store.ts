import type {
  Claim,
  IdempotencyRecord,
  IdempotencyStore,
} from '../../src/traffic/idempotency/idempotency-store.ts';
import type { SqlDatabase } from './database.ts';
import { storedTime } from './rows.ts';
import type { Db, IdempotencyRow } from './schema.ts';

/** D1 takes 100 parameters. */
const SCOPES_PER_STATEMENT = 90;
/** Other writers wait for a sweep. */
const STATEMENTS_PER_SWEEP = 10;

/** A claim is one batch: take the record if it is free, then read whose it is. */
export function sqlIdempotencyStore(database: SqlDatabase): IdempotencyStore {
  const { builder } = database;
  return {
    async claim(claim) {
      const [, , , [row]] = await database.batch([
        deleteExpired(builder, claim.scope, claim.now),
        insertClaim(builder, claim),
        takeOver(builder, claim),
        selectRecord(builder, claim.scope),
      ]);
      if (row === undefined) throw new Error('a claim left no record');
      return rowToRecord(row);
    },

    async find(scope) {
      const [row] = await database.read(selectRecord(builder, scope));
      return row === undefined ? null : rowToRecord(row);
    },

    async complete(scope, runId, sealedResponse) {
      const [stored] = await database.batch([storeResponse(builder, scope, runId, sealedResponse)]);
      return stored.length > 0;
    },

    async release(scope, runId, now) {
      await database.batch([deleteReleased(builder, scope, runId), endLease(builder, scope, runId, now)]);
    },

    async sweep(now) {
      const limit = SCOPES_PER_STATEMENT * STATEMENTS_PER_SWEEP;
      const scopes = (await database.read(selectExpired(builder, now, limit))).map(({ scope }) => scope);
      if (scopes.length === 0) return 0;
      const parts = Array.from({ length: Math.ceil(scopes.length / SCOPES_PER_STATEMENT) }, (_, part) =>
        scopes.slice(part * SCOPES_PER_STATEMENT, (part + 1) * SCOPES_PER_STATEMENT),
      );
      await database.batch(parts.map((part) => deleteAllExpired(builder, part, now)));
      return scopes.length;
    },
  };
}

function rowToRecord(row: IdempotencyRow): IdempotencyRecord {
  return {
    scope: row.scope,
    fingerprint: row.fingerprint,
    runId: row.run_id,
    resumed: row.resumed !== 0,
    leaseUntil: row.lease_until,
    sealedResponse: row.sealed_answer === null ? null : new Uint8Array(row.sealed_answer),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

/** Frees the scope if its record has expired. */
export function deleteExpired(db: Db, scope: string, now: string) {
  return db.deleteFrom('idempotency').where('scope', '=', scope).where('expires_at', '<=', storedTime(now));
}

/** Does nothing if there is a record. */
export function insertClaim(db: Db, claim: Claim) {
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
    .onConflict((conflict) => conflict.column('scope').doNothing());
}

/** Takes over a record of the same request whose lease has expired, but not the one that this claim has just inserted. */
export function takeOver(db: Db, claim: Claim) {
  return db
    .updateTable('idempotency')
    .set({ run_id: claim.runId, resumed: 1, lease_until: storedTime(claim.leaseUntil) })
    .where('scope', '=', claim.scope)
    .where('fingerprint', '=', claim.fingerprint)
    .where('run_id', '!=', claim.runId)
    .where('sealed_answer', 'is', null)
    .where('lease_until', '<=', storedTime(claim.now));
}

export function selectRecord(db: Db, scope: string) {
  return db.selectFrom('idempotency').selectAll().where('scope', '=', scope);
}

/** Returns the scope if the attempt still owned the record. */
export function storeResponse(db: Db, scope: string, runId: string, sealedResponse: Uint8Array) {
  return db
    .updateTable('idempotency')
    .set({ sealed_answer: sealedResponse })
    .where('scope', '=', scope)
    .where('run_id', '=', runId)
    .where('sealed_answer', 'is', null)
    .returning('scope');
}

/** Only a record that was never resumed. */
export function deleteReleased(db: Db, scope: string, runId: string) {
  return db
    .deleteFrom('idempotency')
    .where('scope', '=', scope)
    .where('run_id', '=', runId)
    .where('sealed_answer', 'is', null)
    .where('resumed', '=', 0);
}

export function endLease(db: Db, scope: string, runId: string, now: string) {
  return db
    .updateTable('idempotency')
    .set({ lease_until: storedTime(now) })
    .where('scope', '=', scope)
    .where('run_id', '=', runId)
    .where('sealed_answer', 'is', null);
}

export function selectExpired(db: Db, now: string, limit: number) {
  return db
    .selectFrom('idempotency')
    .select('scope')
    .where('expires_at', '<=', storedTime(now))
    .orderBy('expires_at')
    .limit(limit);
}

/** Deletes those of the records that are still expired. */
export function deleteAllExpired(db: Db, scopes: readonly string[], now: string) {
  return db.deleteFrom('idempotency').where('scope', 'in', scopes).where('expires_at', '<=', storedTime(now));
}
