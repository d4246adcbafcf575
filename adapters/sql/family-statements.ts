import { sql } from 'kysely';
import type { LiveKeyLimit, RevocationReach, StoredKey } from '../../src/access/key-store.ts';
import { countAll, isLive, ownedBy } from './key-statements.ts';
import { keyToRow, storedTime } from './rows.ts';
import type { ApiKeyRow, Db } from './schema.ts';

export function revokeKeys(db: Db, id: string, reach: RevocationReach, at: string, changeId: string) {
  return db
    .updateTable('api_key')
    .set({ revoked_at: storedTime(at), change_id: changeId })
    .where('id', 'in', idsWithin(id, reach))
    .where('revoked_at', 'is', null);
}

export function selectReached(db: Db, id: string, reach: RevocationReach) {
  return db
    .selectFrom('api_key')
    .selectAll()
    .where('id', 'in', idsWithin(id, reach))
    .orderBy('created_at')
    .orderBy('id');
}

export function idsWithin(id: string, reach: RevocationReach) {
  switch (reach) {
    case 'key':
      return sql<string>`(${id})`;
    case 'successors':
      return sql<string>`(with recursive line(id, successor_id) as (
        select id, successor_id from api_key where id = ${id}
        union
        select made.id, made.successor_id from api_key as made join line on made.id = line.successor_id
      ) select id from line)`;
    case 'family':
      return sql<string>`(with recursive reached(id) as (
        select id from api_key where family_id = (select family_id from api_key where id = ${id})
        union
        select made.id from api_key as made join reached on made.maker_id = reached.id
      ) select id from reached)`;
  }
}

/** Returns the id if the change `changeId` has inserted the successor. */
export function retireKey(
  db: Db,
  id: string,
  rotation: { successorId: string; oldExpiresAt: string; changeId: string },
) {
  const end = storedTime(rotation.oldExpiresAt);
  return db
    .updateTable('api_key')
    .set((eb) => ({
      successor_id: rotation.successorId,
      expires_at: eb.case().when('expires_at', '<', end).then(eb.ref('expires_at')).else(end).end(),
      change_id: rotation.changeId,
    }))
    .where('id', '=', id)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('api_key as made')
          .select('made.id')
          .where('made.id', '=', rotation.successorId)
          .where('made.change_id', '=', rotation.changeId),
      ),
    )
    .returning('id');
}

/** Columns that a successor copies from the stored key, not from what the caller read earlier. */
const INHERITED: readonly (keyof ApiKeyRow)[] = [
  'name',
  'scopes',
  'plan',
  'allowed_cidrs',
  'allowed_origins',
  'regions',
  'disabled',
  'expires_at',
];

/** Inserts `successor` if the key `id` can be rotated at `now`. */
export function insertSuccessor(db: Db, id: string, successor: StoredKey, now: string, changeId: string) {
  const row = keyToRow(successor, changeId);
  const columns = Object.keys(row) as (keyof ApiKeyRow)[];
  return db
    .insertInto('api_key')
    .columns(columns)
    .expression((eb) =>
      eb
        .selectFrom('api_key as old')
        .where('old.id', '=', id)
        .where('old.successor_id', 'is', null)
        .where('old.revoked_at', 'is', null)
        .where((old) =>
          old.or([old('old.expires_at', 'is', null), old('old.expires_at', '>', storedTime(now))]),
        )
        .select((old) =>
          columns.map((column) => {
            if (INHERITED.includes(column)) return old.ref(`old.${column}`).as(column);
            const value = old.val(row[column]);
            // PostgreSQL types a parameter in a select as text, unless the other operand has another type.
            const isText = typeof row[column] === 'string' || row[column] === null;
            return (isText ? value : old.fn.coalesce(value, old.ref(`old.${column}`))).as(column);
          }),
        ),
    );
}

/** Deletes what the change `changeId` has inserted if it breaks the limit; returns the id if so. */
export function deleteIfTooMany(
  db: Db,
  key: StoredKey,
  { atMost, now, isNameUnique = false }: LiveKeyLimit,
  changeId: string,
) {
  const { id, projectId, userId } = key;
  const named = db
    .selectFrom('api_key')
    .select(countAll)
    .where('name', '=', key.name)
    .where(isLive(now))
    .where(userId === null ? ownedBy({ projectId, userId }) : (eb) => eb('user_id', '=', userId));
  return db
    .deleteFrom('api_key')
    .where('id', '=', id)
    .where('change_id', '=', changeId)
    .where((eb) => {
      const owned = eb
        .selectFrom('api_key')
        .select(countAll)
        .where(ownedBy({ projectId, userId }))
        .where(isLive(now));
      const tooMany = eb(owned, '>', atMost);
      return isNameUnique ? eb.or([tooMany, eb(named, '>', 1)]) : tooMany;
    })
    .returning('id');
}
