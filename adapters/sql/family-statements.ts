/**
 * The statements by which keys follow one another and end: rotation, revocation, and the limit on living keys.
 *
 * @module
 */

import { type CompiledQuery, type QueryCreator, sql } from 'kysely';
import type { LiveKeyLimit, RevocationReach, StoredKey } from '../../src/access/key-store.ts';
import { countAll, isLive, owned } from './key-statements.ts';
import { keyToRow, storedTime } from './rows.ts';
import type { ApiKeyRow, Tables } from './schema.ts';

export function revokeKeys(
  db: QueryCreator<Tables>,
  id: string,
  reach: RevocationReach,
  at: string,
  changeId: string,
): CompiledQuery<unknown> {
  return db
    .updateTable('api_key')
    .set({ revoked_at: storedTime(at), change_id: changeId })
    .where('id', 'in', reachedFrom(id, reach))
    .where('revoked_at', 'is', null)
    .compile();
}

/** The keys that a revocation of `id` reaches, oldest first. */
export function selectReached(
  db: QueryCreator<Tables>,
  id: string,
  reach: RevocationReach,
): CompiledQuery<ApiKeyRow> {
  return db
    .selectFrom('api_key')
    .selectAll()
    .where('id', 'in', reachedFrom(id, reach))
    .orderBy('created_at')
    .orderBy('id')
    .compile();
}

/** The ids that a revocation of the key with `id` reaches. */
export function reachedFrom(id: string, reach: RevocationReach) {
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
      return sql<string>`(select id from api_key where family_id = (select family_id from api_key where id = ${id}))`;
  }
}

/** Gives the id when the change `changeId` has inserted the successor, else nothing. */
export function retireKey(
  db: QueryCreator<Tables>,
  id: string,
  rotation: { successorId: string; oldExpiresAt: string; changeId: string },
): CompiledQuery<{ id: string }> {
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
    .returning('id')
    .compile();
}

/** What a successor takes over from the key as it is stored at that moment, whatever was read of it before. */
const INHERITED: readonly (keyof ApiKeyRow)[] = [
  'name',
  'scopes',
  'plan',
  'allowed_cidrs',
  'allowed_origins',
  'disabled',
  'expires_at',
];

/** Inserts `successor` when the key with `id` can be rotated at `now`. */
export function insertSuccessor(
  db: QueryCreator<Tables>,
  id: string,
  successor: StoredKey,
  now: string,
  changeId: string,
): CompiledQuery<unknown> {
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
            // In a select PostgreSQL takes a parameter for a text, unless it stands beside something that is not.
            const typed = typeof row[column] === 'string' || row[column] === null;
            return (typed ? value : old.fn.coalesce(value, old.ref(`old.${column}`))).as(column);
          }),
        ),
    )
    .compile();
}

/** Takes back what the change `changeId` has inserted if the user now has more living keys; gives the id if so. */
export function deleteIfTooMany(
  db: QueryCreator<Tables>,
  { id, projectId, userId }: StoredKey,
  { atMost, now }: LiveKeyLimit,
  changeId: string,
): CompiledQuery<{ id: string }> {
  return db
    .deleteFrom('api_key')
    .where('id', '=', id)
    .where('change_id', '=', changeId)
    .where((eb) =>
      eb(
        eb.selectFrom('api_key').select(countAll).where(owned(projectId, userId)).where(isLive(now)),
        '>',
        atMost,
      ),
    )
    .returning('id')
    .compile();
}
