/**
 * The statements on keys. A change marks the row it wrote with an id of its own; the statements that follow in the batch
 * act only on a row with that mark. So a batch decides for itself what it does, without a round trip in between.
 *
 * @module
 */

import { type CompiledQuery, type ExpressionBuilder, type QueryCreator, sql } from 'kysely';
import type { KeyState } from '../../src/access/key-state.ts';
import type { KeyChange, KeyFilter, KeyWindow, StoredKey } from '../../src/access/key-store.ts';
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

/** Oldest first, then by id. */
export function selectKeys(
  db: QueryCreator<Tables>,
  filter: KeyFilter,
  window: KeyWindow,
): CompiledQuery<ApiKeyRow> {
  const { projectId, userId, state } = filter;
  const { after, limit } = window;
  return db
    .selectFrom('api_key')
    .selectAll()
    .$if(projectId !== undefined, (query) => query.where('project_id', '=', projectId ?? ''))
    .$if(userId === null, (query) => query.where('user_id', 'is', null))
    .$if(typeof userId === 'string', (query) => query.where('user_id', '=', userId ?? ''))
    .$if(state !== undefined, (query) => query.where(inState(state?.is ?? 'active', state?.at ?? '')))
    .$if(after !== null, (query) =>
      query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('created_at', 'id'), '>', tuple(after?.createdAt ?? '', after?.id ?? '')),
      ),
    )
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .compile();
}

export function insertKey(
  db: QueryCreator<Tables>,
  key: StoredKey,
  changeId: string,
): CompiledQuery<unknown> {
  return db.insertInto('api_key').values(keyToRow(key, changeId)).compile();
}

export function countLiveOfUser(
  db: QueryCreator<Tables>,
  { projectId, userId }: Pick<StoredKey, 'projectId' | 'userId'>,
  now: string,
): CompiledQuery<{ living: number | string | bigint }> {
  return db
    .selectFrom('api_key')
    .select(countAll)
    .where(owned(projectId, userId))
    .where(isLive(now))
    .compile();
}

export const countAll = sql<number | string | bigint>`count(*)`.as('living');

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
  seen?: Pick<StoredKey, 'successorId'>,
): CompiledQuery<ApiKeyRow> {
  return (
    db
      .updateTable('api_key')
      .set({ ...changeToRow(change), change_id: changeId })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      // A successor is set once, so a key that had one is as the caller has seen it.
      .$if(seen?.successorId === null, (query) => query.where('successor_id', 'is', null))
      .returningAll()
      .compile()
  );
}

export function countLiveWithCredential(
  db: QueryCreator<Tables>,
  cloudCredentialId: string,
  now: string,
): CompiledQuery<{ living: number | string | bigint }> {
  return db
    .selectFrom('api_key')
    .select((eb) => eb.fn.countAll().as('living'))
    .where('cloud_credential_id', '=', cloudCredentialId)
    .where(isLive(now))
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
export function recordUses(
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

/** Of this user in this project. */
export function owned(projectId: string, userId: string | null) {
  return (eb: ExpressionBuilder<Tables, 'api_key'>) =>
    eb.and([
      eb('project_id', '=', projectId),
      userId === null ? eb('user_id', 'is', null) : eb('user_id', '=', userId),
    ]);
}

/** As `keyState` (`src/access/key-state.ts`) judges. */
function inState(state: KeyState, at: string) {
  return (eb: ExpressionBuilder<Tables, 'api_key'>) => {
    switch (state) {
      case 'revoked':
        return eb('revoked_at', 'is not', null);
      case 'expired':
        return eb.and([eb('revoked_at', 'is', null), eb('expires_at', '<=', storedTime(at))]);
      case 'disabled':
        return eb.and([isLive(at)(eb), eb('disabled', '=', 1)]);
      case 'active':
        return eb.and([isLive(at)(eb), eb('disabled', '=', 0)]);
    }
  };
}

/** Neither revoked nor expired. */
export function isLive(now: string) {
  const time = storedTime(now);
  return (eb: ExpressionBuilder<Tables, 'api_key'>) =>
    eb.and([
      eb('revoked_at', 'is', null),
      eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', time)]),
    ]);
}
