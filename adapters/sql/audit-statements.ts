import { sql } from 'kysely';
import type { AuditEntry, AuditQuery } from '../../src/access/audit.ts';
import type { RevocationReach } from '../../src/access/key-store.ts';
import { idsWithin } from './family-statements.ts';
import { auditToRow, storedTime } from './rows.ts';
import type { Db } from './schema.ts';

/** Entries of the audit log deleted by one statement, for which other writers wait. */
const ENTRIES_PER_SWEEP = 1_000;

/** Not a counter of the database: batches are serialized, so these numbers have no gaps, which a PostgreSQL sequence may have. */
const LAST = sql<number>`(select coalesce(max(sequence), 0) from audit_entry)`;
const NEXT = sql<number>`${LAST} + 1`;

export function appendEntry(db: Db, entry: AuditEntry) {
  return db.insertInto('audit_entry').values({ sequence: NEXT, ...auditToRow(entry) });
}

/**
 * Appends `entry` if the key `id` was written last by the change `changeId`.
 *
 * @param reach Instead appends one for each key within reach that the change wrote, under the id of that key.
 */
export function appendEntryOfChange(
  db: Db,
  entry: AuditEntry,
  id: string,
  changeId: string,
  reach?: RevocationReach,
) {
  const row = auditToRow(entry);
  const columns = Object.keys(row) as (keyof typeof row)[];
  const sequence =
    reach === undefined ? NEXT : sql<number>`${LAST} + row_number() over (order by created_at, id)`;
  return db
    .insertInto('audit_entry')
    .columns(['sequence', ...columns])
    .expression((eb) =>
      eb
        .selectFrom('api_key')
        .where('id', 'in', idsWithin(id, reach ?? 'key'))
        .where('change_id', '=', changeId)
        .select((key) => [
          sequence.as('sequence'),
          ...columns.map((column) =>
            (column === 'key_id' && reach !== undefined ? key.ref('id') : key.val(row[column])).as(column),
          ),
        ]),
    );
}

export function selectEntries(db: Db, { limit, before, action, keyId, projectId, from, to }: AuditQuery) {
  return db
    .selectFrom('audit_entry')
    .selectAll()
    .where('sequence', '<', before ?? Number.MAX_SAFE_INTEGER)
    .$if(action !== undefined, (query) => query.where('action', '=', action ?? ''))
    .$if(keyId !== undefined, (query) => query.where('key_id', '=', keyId ?? ''))
    .$if(projectId !== undefined, (query) =>
      query.where('key_id', 'in', (eb) =>
        eb
          .selectFrom('api_key')
          .select('id')
          .where('project_id', '=', projectId ?? ''),
      ),
    )
    .$if(from !== undefined, (query) => query.where('at', '>=', storedTime(from ?? '')))
    .$if(to !== undefined, (query) => query.where('at', '<', storedTime(to ?? '')))
    .orderBy('sequence', 'desc')
    .limit(limit);
}

/** Keeps the newest entry, from which the next one is numbered. */
export function deleteOldEntries(db: Db, before: string) {
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
    );
}

/** Does nothing if it is revoked already. */
export function insertRevoked(db: Db, owner: string, id: string, expiresAt: string) {
  return db
    .insertInto('revoked_token')
    .values({ owner, id, expires_at: storedTime(expiresAt) })
    .onConflict((conflict) => conflict.columns(['owner', 'id']).doNothing());
}

export function selectRevoked(db: Db, owner: string) {
  return db.selectFrom('revoked_token').select('id').where('owner', '=', owner);
}

export function deleteExpiredRevocations(db: Db, now: string) {
  return db.deleteFrom('revoked_token').where('expires_at', '<=', storedTime(now));
}
