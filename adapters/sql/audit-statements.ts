import { type CompiledQuery, type QueryCreator, sql } from 'kysely';
import type { AuditEntry } from '../../src/access/audit.ts';
import type { RevocationReach } from '../../src/access/key-store.ts';
import { reachedFrom } from './family-statements.ts';
import { auditToRow } from './rows.ts';
import type { AuditEntryRow, Tables } from './schema.ts';

const COLUMNS = ['sequence', 'at', 'actor', 'action', 'key_id', 'address', 'request_id', 'detail'] as const;

// Counted here and not by the database's own counter: batches come one after the other, so the numbers have no gaps, and
// somebody who reads on from the highest one has missed none. A PostgreSQL sequence promises neither.
const NEXT = sql<number>`(select coalesce(max(sequence), 0) + 1 from audit_entry)`;

/** Appends `entry`. */
export function appendEntry(db: QueryCreator<Tables>, entry: AuditEntry): CompiledQuery<unknown> {
  return db
    .insertInto('audit_entry')
    .values({ sequence: NEXT, ...auditToRow(entry) })
    .compile();
}

/** Appends `entry` when the key with `keyId` was written last by the change `changeId`. */
export function appendEntryOfChange(
  db: QueryCreator<Tables>,
  entry: AuditEntry,
  keyId: string,
  changeId: string,
): CompiledQuery<unknown> {
  const row = auditToRow(entry);
  return db
    .insertInto('audit_entry')
    .columns(COLUMNS)
    .expression((eb) =>
      eb
        .selectFrom('api_key')
        .where('id', '=', keyId)
        .where('change_id', '=', changeId)
        .select([
          NEXT.as('sequence'),
          eb.val(row.at).as('at'),
          eb.val(row.actor).as('actor'),
          eb.val(row.action).as('action'),
          eb.val(row.key_id).as('key_id'),
          eb.val(row.address).as('address'),
          eb.val(row.request_id).as('request_id'),
          eb.val(row.detail).as('detail'),
        ]),
    )
    .compile();
}

/** Appends `entry` for each key within reach that was written last by the change `changeId`, under the id of that key. */
export function appendEntryOfEach(
  db: QueryCreator<Tables>,
  entry: AuditEntry,
  id: string,
  reach: RevocationReach,
  changeId: string,
): CompiledQuery<unknown> {
  const row = auditToRow(entry);
  const last = sql<number>`(select coalesce(max(sequence), 0) from audit_entry)`;
  return db
    .insertInto('audit_entry')
    .columns(COLUMNS)
    .expression((eb) =>
      eb
        .selectFrom('api_key')
        .where('id', 'in', reachedFrom(id, reach))
        .where('change_id', '=', changeId)
        .select([
          sql<number>`${last} + row_number() over (order by created_at, id)`.as('sequence'),
          eb.val(row.at).as('at'),
          eb.val(row.actor).as('actor'),
          eb.val(row.action).as('action'),
          'id as key_id',
          eb.val(row.address).as('address'),
          eb.val(row.request_id).as('request_id'),
          eb.val(row.detail).as('detail'),
        ]),
    )
    .compile();
}

/** The newest entries before `before`, newest first. */
export function selectEntries(
  db: QueryCreator<Tables>,
  limit: number,
  before: number | null,
): CompiledQuery<AuditEntryRow> {
  return db
    .selectFrom('audit_entry')
    .selectAll()
    .where('sequence', '<', before ?? Number.MAX_SAFE_INTEGER)
    .orderBy('sequence', 'desc')
    .limit(limit)
    .compile();
}
