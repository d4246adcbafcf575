/**
 * Statements on keys. A change marks the row it wrote with a `change_id` of its own, and the statements that follow in the batch
 * act only on a row with that mark. So a batch needs no round trip between its statements.
 */

import { type ExpressionBuilder, sql } from 'kysely';
import {
  type KeyChange,
  type KeyFilter,
  type KeyOwner,
  type KeyState,
  type KeyWindow,
  OLDEST_FIRST,
  type StoredKey,
} from '../../src/access/key-store.ts';
import { changeToRow, keyToRow, storedTime } from './rows.ts';
import type { Db, Tables } from './schema.ts';

type ApiKeys = ExpressionBuilder<Tables, 'api_key'>;

/** `revoked`: the revoked tokens of the key, separated by spaces; null if there are none. */
export function selectKey(db: Db, id: string) {
  const revoked = sql<
    string | null
  >`(select string_agg(id, ' ') from revoked_token where owner = api_key.id)`;
  return db.selectFrom('api_key').selectAll().select(revoked.as('revoked')).where('id', '=', id);
}

export function selectKeys(db: Db, filter: KeyFilter, { after, limit, order = OLDEST_FIRST }: KeyWindow) {
  const { projectId, userId, name, liveAt, state, text } = filter;
  const value = ORDER_BY[order.by];
  const direction = order.descending ? 'desc' : 'asc';
  return db
    .selectFrom('api_key')
    .selectAll()
    .$if(projectId !== undefined, (query) => query.where('project_id', '=', projectId ?? ''))
    .$if(userId === null, (query) => query.where('user_id', 'is', null))
    .$if(typeof userId === 'string', (query) => query.where('user_id', '=', userId ?? ''))
    .$if(name !== undefined, (query) => query.where('name', '=', name ?? ''))
    .$if(liveAt !== undefined, (query) => query.where(isLive(liveAt ?? '')))
    .$if(state !== undefined, (query) => query.where(stateAt(state?.at ?? ''), '=', state?.is ?? 'active'))
    .$if(text !== undefined, (query) =>
      query.where(({ or }) => or(SEARCHED.map((column) => contains(column, text ?? '')))),
    )
    .$if(after !== null, (query) =>
      query.where(
        sql<boolean>`(${value}, id) ${sql.raw(order.descending ? '<' : '>')} (${after?.[order.by] ?? ''}, ${after?.id ?? ''})`,
      ),
    )
    .orderBy(value, direction)
    .orderBy('id', direction)
    .limit(limit);
}

const ORDER_BY = {
  createdAt: sql<string>`created_at`,
  name: sql<string>`name`,
  lastUsedAt: sql<string>`coalesce(last_used_at, '')`,
};

const SEARCHED = ['id', 'name', 'project_id', 'user_id', 'last_four'] as const;

/** Not `like`, whose patterns D1 limits to 50 bytes; and SQLite and PostgreSQL share no function that finds a text. */
function contains(column: (typeof SEARCHED)[number], text: string) {
  const lower = sql<string>`lower(${sql.ref(column)})`;
  // As the databases lower text that is compared byte by byte.
  const searched = text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
  return sql<boolean>`replace(${lower}, ${searched}, '') <> ${lower}`;
}

export function insertKey(db: Db, key: StoredKey, changeId: string) {
  return db.insertInto('api_key').values(keyToRow(key, changeId));
}

/** A write that changes no row; a read-only database refuses it. */
export function touchNothing(db: Db) {
  return db
    .updateTable('api_key')
    .set((eb) => ({ change_id: eb.ref('change_id') }))
    .where('id', '=', '');
}

/** Returns the updated row; none if the key is missing or revoked. */
export function updateKey(
  db: Db,
  id: string,
  change: KeyChange,
  changeId: string,
  seen?: Pick<StoredKey, 'successorId'>,
) {
  return (
    db
      .updateTable('api_key')
      .set({ ...changeToRow(change), change_id: changeId })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      // A successor is set once, so a key that had one still is as the caller read it.
      .$if(seen?.successorId === null, (query) => query.where('successor_id', 'is', null))
      .returningAll()
  );
}

export function countLive(db: Db, owner: KeyOwner, now: string) {
  return db.selectFrom('api_key').select(countAll).where(ownedBy(owner)).where(isLive(now));
}

export const countAll = sql<number | string | bigint>`count(*)`.as('keys');

export function selectOrigins(db: Db, limit: number) {
  return db
    .selectFrom('api_key')
    .select('allowed_origins')
    .where('allowed_origins', '<>', sql.lit('[]'))
    .where('revoked_at', 'is', null)
    .limit(limit);
}

/** Of keys that were not revoked before `revokedSince`. */
export function selectProjects(db: Db, revokedSince: string, limit: number, after: string) {
  return db
    .selectFrom('api_key')
    .select('project_id')
    .distinct()
    .where('project_id', '>', after)
    .where((eb) => eb.or([eb('revoked_at', 'is', null), eb('revoked_at', '>=', storedTime(revokedSince))]))
    .orderBy('project_id')
    .limit(limit);
}

/** Over at most `limit` keys. */
export function countKeysByState(db: Db, now: string, limit: number) {
  return db
    .selectFrom((eb) => eb.selectFrom('api_key').select(stateAt(now).as('state')).limit(limit).as('sample'))
    .select(['state', countAll])
    .groupBy('state');
}

/** Moves `last_used_at` of each key forward, never back. */
export function recordUses(db: Db, uses: readonly (readonly [id: string, at: string])[]) {
  const seen = sql.join(uses.map(([id, at]) => sql`(${id}, ${storedTime(at)})`));
  return db
    .with('seen(id, at)', () => sql<{ id: string; at: string }>`(values ${seen})`)
    .updateTable('api_key')
    .from('seen')
    .set((eb) => ({ last_used_at: eb.ref('seen.at') }))
    .whereRef('api_key.id', '=', 'seen.id')
    .where((eb) => eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<', eb.ref('seen.at'))]));
}

export function ownedBy(owner: KeyOwner) {
  return (eb: ApiKeys) => {
    if ('cloudCredentialId' in owner) return eb('cloud_credential_id', '=', owner.cloudCredentialId);
    const { projectId, userId } = owner;
    return eb.and([eb('project_id', '=', projectId), eb('user_id', userId === null ? 'is' : '=', userId)]);
  };
}

export function isLive(now: string) {
  return (eb: ApiKeys) =>
    eb.and([
      eb('revoked_at', 'is', null),
      eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', storedTime(now))]),
    ]);
}

/** `keyState` in SQL. */
function stateAt(at: string) {
  return sql<KeyState>`case when revoked_at is not null then 'revoked' when expires_at <= ${storedTime(at)} then 'expired' when disabled = 1 then 'disabled' else 'active' end`;
}
