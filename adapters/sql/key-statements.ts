/**
 * The statements on keys. A change marks the row it wrote with an id of its own; the statements that follow in the batch
 * act only on a row with that mark. So a batch decides for itself what it does, without a round trip in between.
 *
 * @module
 */

import { type CompiledQuery, type ExpressionBuilder, type QueryCreator, sql } from 'kysely';
import type {
  KeyChange,
  KeyFilter,
  KeyWindow,
  RevocationReach,
  StoredKey,
} from '../../src/access/key-store.ts';
import { changeToRow, keyToRow, storedTime } from './rows.ts';
import type { ApiKeyRow, Tables } from './schema.ts';

/** The marks of what was revoked, one after the other; null: nothing was. */
export interface FoundKeyRow extends ApiKeyRow {
  revoked: string | null;
}

export function selectKey(db: QueryCreator<Tables>, id: string): CompiledQuery<FoundKeyRow> {
  const revoked = sql<
    string | null
  >`(select string_agg(id, ' ') from revoked_token where owner = api_key.id)`;
  return db.selectFrom('api_key').selectAll().select(revoked.as('revoked')).where('id', '=', id).compile();
}

/** By id, ascending. */
export function selectKeys(
  db: QueryCreator<Tables>,
  filter: KeyFilter,
  window: KeyWindow,
): CompiledQuery<ApiKeyRow> {
  const { projectId, userId } = filter;
  return db
    .selectFrom('api_key')
    .selectAll()
    .$if(projectId !== undefined, (query) => query.where('project_id', '=', projectId ?? ''))
    .$if(userId === null, (query) => query.where('user_id', 'is', null))
    .$if(typeof userId === 'string', (query) => query.where('user_id', '=', userId ?? ''))
    .where('id', '>', window.after ?? '')
    .orderBy('id')
    .limit(window.limit)
    .compile();
}

export function insertKey(
  db: QueryCreator<Tables>,
  key: StoredKey,
  changeId: string,
): CompiledQuery<unknown> {
  return db.insertInto('api_key').values(keyToRow(key, changeId)).compile();
}

/** A write that changes no row, and that a read-only database refuses as any other. */
export function touchNothing(db: QueryCreator<Tables>): CompiledQuery<unknown> {
  return db
    .updateTable('api_key')
    .set((eb) => ({ change_id: eb.ref('change_id') }))
    .where('id', '=', '')
    .compile();
}

/** Gives the row as it then is, or nothing when there is none or it is revoked. */
export function updateKey(
  db: QueryCreator<Tables>,
  id: string,
  change: KeyChange,
  changeId: string,
): CompiledQuery<ApiKeyRow> {
  return db
    .updateTable('api_key')
    .set({ ...changeToRow(change), change_id: changeId })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returningAll()
    .compile();
}

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

/** Gives the id when the key could be rotated, else nothing. */
export function retireKey(
  db: QueryCreator<Tables>,
  id: string,
  rotation: { successorId: string; oldExpiresAt: string; now: string; changeId: string },
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
    .where('successor_id', 'is', null)
    .where(living(rotation.now))
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
];

/** Inserts `successor` when the key with `id` was written last by the change `changeId`. */
export function insertSuccessor(
  db: QueryCreator<Tables>,
  id: string,
  successor: StoredKey,
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
        .where('old.change_id', '=', changeId)
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

export function countLivingKeys(
  db: QueryCreator<Tables>,
  cloudCredentialId: string,
  now: string,
): CompiledQuery<{ living: number | string | bigint }> {
  return db
    .selectFrom('api_key')
    .select((eb) => eb.fn.countAll().as('living'))
    .where('cloud_credential_id', '=', cloudCredentialId)
    .where(living(now))
    .compile();
}

/** The lists of origins, alike ones once, of at most so many keys that are not revoked. */
export function selectOrigins(
  db: QueryCreator<Tables>,
  atMost: number,
): CompiledQuery<{ allowed_origins: string }> {
  return db
    .selectFrom('api_key')
    .select('allowed_origins')
    .where('allowed_origins', '<>', sql.lit('[]'))
    .where('revoked_at', 'is', null)
    .limit(atMost)
    .compile();
}

/** The states of `keyState` (`src/access/key-state.ts`), in its order. */
export function countKeysByState(
  db: QueryCreator<Tables>,
  now: string,
  atMost: number,
): CompiledQuery<{ state: string; keys: number | string | bigint }> {
  return db
    .with('looked_at', (part) =>
      part
        .selectFrom('api_key')
        .select((eb) =>
          eb
            .case()
            .when('revoked_at', 'is not', null)
            .then(sql<string>`'revoked'`)
            .when('expires_at', '<=', storedTime(now))
            .then(sql<string>`'expired'`)
            .when('disabled', '=', 1)
            .then(sql<string>`'disabled'`)
            .else(sql<string>`'active'`)
            .end()
            .as('state'),
        )
        .limit(atMost),
    )
    .selectFrom('looked_at')
    .select((eb) => ['state' as const, eb.fn.countAll().as('keys')])
    .groupBy('state')
    .compile();
}

/** Moves `last_used_at` of each key forward, never back. */
export function noteKeyUses(
  db: QueryCreator<Tables>,
  uses: readonly (readonly [id: string, at: string])[],
): CompiledQuery<unknown> {
  const seen = sql.join(uses.map(([id, at]) => sql`(${id}, ${storedTime(at)})`));
  return db
    .with('seen(id, at)', () => sql<{ id: string; at: string }>`(values ${seen})`)
    .updateTable('api_key')
    .from('seen')
    .set((eb) => ({ last_used_at: eb.ref('seen.at') }))
    .whereRef('api_key.id', '=', 'seen.id')
    .where((eb) => eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<', eb.ref('seen.at'))]))
    .compile();
}

/** Neither revoked nor expired. */
function living(now: string) {
  const time = storedTime(now);
  return (eb: ExpressionBuilder<Tables, 'api_key'>) =>
    eb.and([
      eb('revoked_at', 'is', null),
      eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', time)]),
    ]);
}
