import { sql } from 'kysely';
import type { RevocationReach } from '../../src/access/key-store.ts';
import type { OwnedCredentials } from '../../src/access/owned-credentials.ts';
import type { SqlDatabase } from './database.ts';
import { idsWithin } from './family-statements.ts';
import { isLive } from './key-statements.ts';
import { NEVER } from './migrations/migrate.ts';
import { storedTime } from './rows.ts';
import type { Db } from './schema.ts';

/** The credentials of the keys that the change wrote are due when the last key with each has ended. */
export function scheduleCredentials(db: Db, id: string, changeId: string, reach: RevocationReach = 'key') {
  const changed = db
    .selectFrom('api_key as written')
    .select('written.cloud_credential_id')
    .where('written.id', 'in', idsWithin(id, reach))
    .where('written.change_id', '=', changeId);
  return db
    .insertInto('owned_credential')
    .columns(['id', 'user_id', 'due_at'])
    .expression(
      db
        .selectFrom('api_key')
        .select([
          sql<string>`cloud_credential_id`.as('id'),
          sql<string>`min(user_id)`.as('user_id'),
          sql<string>`max(coalesce(revoked_at, expires_at, ${sql.lit(NEVER)}))`.as('due_at'),
        ])
        .where('owns_cloud_credential', '=', sql.lit(1))
        .where('user_id', 'is not', null)
        .where('cloud_credential_id', 'in', changed)
        .groupBy('cloud_credential_id'),
    )
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({ due_at: eb.ref('excluded.due_at') })),
    );
}

export function sqlOwnedCredentials({ builder, batch, read }: SqlDatabase): OwnedCredentials {
  return {
    async due(now, limit) {
      const rows = await read(
        builder
          .selectFrom('owned_credential')
          .select(['owned_credential.id', 'owned_credential.user_id'])
          .where('due_at', '<=', storedTime(now))
          // A node of an older version changes keys without the schedule.
          .where(({ not, exists, selectFrom }) =>
            not(
              exists(
                selectFrom('api_key')
                  .select('api_key.id')
                  .whereRef('api_key.cloud_credential_id', '=', 'owned_credential.id')
                  .where(isLive(now)),
              ),
            ),
          )
          .orderBy('due_at')
          .limit(limit),
      );
      return rows.map(({ id, user_id: userId }) => ({ id, userId }));
    },

    async postpone(id, dueAt) {
      const due = { due_at: storedTime(dueAt) };
      await batch([builder.updateTable('owned_credential').set(due).where('id', '=', id)]);
    },

    async remove(id) {
      await batch([builder.deleteFrom('owned_credential').where('id', '=', id)]);
    },
  };
}
