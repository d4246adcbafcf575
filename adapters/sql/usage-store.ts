import { sql } from 'kysely';
import type {
  HourOfKey,
  UsageQuery,
  UsageStore,
  UsageSum,
  UsageWindow,
} from '../../src/usage/usage-store.ts';
import type { SqlDatabase } from './database.ts';
import { storedTime } from './rows.ts';
import type { Db } from './schema.ts';

/** Seven parameters each, of which D1 takes 100. */
const HOURS_PER_STATEMENT = 14;
/** Other writers wait for a sweep. */
const HOURS_PER_SWEEP = 1_000;

export function sqlUsageStore(database: SqlDatabase): UsageStore {
  const { builder } = database;
  return {
    async add(hours) {
      const statements = Array.from({ length: Math.ceil(hours.length / HOURS_PER_STATEMENT) }, (_, part) =>
        addHours(builder, hours.slice(part * HOURS_PER_STATEMENT, (part + 1) * HOURS_PER_STATEMENT)),
      );
      if (statements.length > 0) await database.batch(statements);
    },

    async list(query, window) {
      const rows = await database.read(selectUsage(builder, query, window));
      return rows.map(
        ({ start, project_id, key_id, ...counts }): UsageSum => ({
          start,
          projectId: project_id,
          keyId: key_id === '' ? null : key_id,
          requests: Number(counts.requests),
          points: Number(counts.points),
          clientErrors: Number(counts.client_errors),
          serverErrors: Number(counts.server_errors),
        }),
      );
    },

    async sweep(before) {
      await database.batch([deleteOldUsage(builder, before)]);
    },
  };
}

export function addHours(db: Db, hours: readonly HourOfKey[]) {
  const sum = (column: string) =>
    sql<number>`${sql.ref(`usage_hour.${column}`)} + ${sql.ref(`excluded.${column}`)}`;
  return db
    .insertInto('usage_hour')
    .values(
      hours.map((hour) => ({
        start: storedTime(hour.start),
        project_id: hour.projectId,
        key_id: hour.keyId,
        requests: hour.requests,
        points: hour.points,
        client_errors: hour.clientErrors,
        server_errors: hour.serverErrors,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['start', 'project_id', 'key_id']).doUpdateSet({
        requests: sum('requests'),
        points: sum('points'),
        client_errors: sum('client_errors'),
        server_errors: sum('server_errors'),
      }),
    );
}

/** `key_id` is empty for the sum of a project. */
export function selectUsage(db: Db, query: UsageQuery, { limit, after }: UsageWindow) {
  const start =
    query.interval === 'hour' ? sql<string>`start` : sql<string>`(substr(start, 1, 10) || 'T00:00:00.000Z')`;
  const keyId = query.byKey ? sql<string>`key_id` : sql<string>`''`;
  const total = (column: string) => sql<number | string>`sum(${sql.ref(column)})`;
  return (
    db
      .selectFrom('usage_hour')
      .select([
        start.as('start'),
        'project_id',
        keyId.as('key_id'),
        total('requests').as('requests'),
        total('points').as('points'),
        total('client_errors').as('client_errors'),
        total('server_errors').as('server_errors'),
      ])
      // What the pages before have shown is not read again.
      .where('start', '>=', storedTime(after?.start ?? query.from))
      .where('start', '<', storedTime(query.to))
      .$if(query.projectId !== undefined, (rows) => rows.where('project_id', '=', query.projectId ?? ''))
      .$if(query.keyId !== undefined, (rows) => rows.where('key_id', '=', query.keyId ?? ''))
      .$if(after !== null, (rows) =>
        rows.where(
          sql<boolean>`(${start}, project_id, ${keyId}) > (${after?.start ?? ''}, ${after?.projectId ?? ''}, ${after?.keyId ?? ''})`,
        ),
      )
      .groupBy(query.byKey ? [start, 'project_id', 'key_id'] : [start, 'project_id'])
      .orderBy(start)
      .orderBy('project_id')
      .$if(query.byKey, (rows) => rows.orderBy('key_id'))
      .limit(limit)
  );
}

export function deleteOldUsage(db: Db, before: string) {
  return db
    .deleteFrom('usage_hour')
    .where(
      sql<string>`(start, project_id, key_id)`,
      'in',
      db
        .selectFrom('usage_hour')
        .select(['start', 'project_id', 'key_id'])
        .where('start', '<', storedTime(before))
        .orderBy('start')
        .limit(HOURS_PER_SWEEP) as never,
    );
}
