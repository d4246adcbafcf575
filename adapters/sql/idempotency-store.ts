import type { IdempotencyRecord, IdempotencyStore } from '../../src/traffic/idempotency/idempotency-store.ts';
import type { SqlDatabase } from './database.ts';
import {
  deleteAllExpired,
  deleteExpired,
  deleteReleased,
  endLease,
  insertClaim,
  keepAnswer,
  selectExpired,
  selectRecord,
  takeOver,
} from './idempotency-statements.ts';
import type { IdempotencyRow } from './schema.ts';

/** Records in one statement: D1 takes 100 parameters. */
const SCOPES_PER_STATEMENT = 90;
/** Statements in one sweep: other writers wait for it. */
const STATEMENTS_PER_SWEEP = 10;

/** Requests made under an `Idempotency-Key`, in the database of the keys. */
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
      const [kept] = await database.batch([keepAnswer(builder, scope, runId, sealedResponse)]);
      return kept.length > 0;
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
