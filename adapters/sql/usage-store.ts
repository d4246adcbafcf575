import { sql } from 'kysely';
import { sleep } from '../../src/async.ts';
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
const DAY_MS = 86_400_000;

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
      if (query.interval === 'hour' && query.byKey) {
        return (await database.read(selectHours(builder, query, window))).map(rowToSum);
      }
      return sumsByDay(database, query, window);
    },

    async sweep(before) {
      await database.batch([deleteOldUsage(builder, before)]);
    },
  };
}

/** Reads the hours of one day at a time, until the page is full, and lets other reads pass in between: SQLite blocks the process. */
async function sumsByDay(
  { builder, read }: SqlDatabase,
  query: UsageQuery,
  { limit, after }: UsageWindow,
): Promise<UsageSum[]> {
  const sums: UsageSum[] = [];
  // What the pages before have shown is not read again.
  for (let from = after?.start ?? query.from; sums.length < limit; await sleep(0)) {
    const [first] = await read(selectFirstHour(builder, { ...query, from }));
    if (first === undefined) break;
    const nextDay = new Date(Date.parse(first.start.slice(0, 10)) + DAY_MS).toISOString();
    const to = nextDay < query.to ? nextDay : query.to;
    const window = { limit: limit - sums.length, after };
    sums.push(...(await read(selectSums(builder, { ...query, from, to }, window))).map(rowToSum));
    from = to;
  }
  return sums;
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

function hoursOf(db: Db, { from, to, projectId, keyId }: UsageQuery) {
  return db
    .selectFrom('usage_hour')
    .where('start', '>=', storedTime(from))
    .where('start', '<', storedTime(to))
    .$if(projectId !== undefined, (rows) => rows.where('project_id', '=', projectId ?? ''))
    .$if(keyId !== undefined, (rows) => rows.where('key_id', '=', keyId ?? ''));
}

export function selectFirstHour(db: Db, query: UsageQuery) {
  return hoursOf(db, query).select('start').orderBy('start').limit(1);
}

/** As stored; stops at the limit. */
export function selectHours(db: Db, query: UsageQuery, { limit, after }: UsageWindow) {
  const { start = query.from, projectId = '', keyId = '' } = after ?? {};
  return (
    hoursOf(db, { ...query, from: start })
      .selectAll()
      .$if(after !== null, (rows) =>
        rows.where(sql<boolean>`(start, project_id, key_id) > (${start}, ${projectId}, ${keyId ?? ''})`),
      )
      .orderBy('start')
      // A key has one project, and its index has the order of its hours.
      .$if(query.keyId === undefined, (rows) => rows.orderBy('project_id').orderBy('key_id'))
      .limit(limit)
  );
}

/** `key_id` is empty for the sum of a project. */
export function selectSums(db: Db, query: UsageQuery, { limit, after }: UsageWindow) {
  const start =
    query.interval === 'hour' ? sql<string>`start` : sql<string>`(substr(start, 1, 10) || 'T00:00:00.000Z')`;
  const keyId = query.byKey ? sql<string>`key_id` : sql<string>`''`;
  const total = (column: string) => sql<number | string>`sum(${sql.ref(column)})`;
  return hoursOf(db, query)
    .select([
      start.as('start'),
      'project_id',
      keyId.as('key_id'),
      total('requests').as('requests'),
      total('points').as('points'),
      total('client_errors').as('client_errors'),
      total('server_errors').as('server_errors'),
    ])
    .$if(after !== null, (rows) =>
      rows.where(
        sql<boolean>`(${start}, project_id, ${keyId}) > (${after?.start ?? ''}, ${after?.projectId ?? ''}, ${after?.keyId ?? ''})`,
      ),
    )
    .groupBy(query.byKey ? [start, 'project_id', 'key_id'] : [start, 'project_id'])
    .orderBy(start)
    .orderBy('project_id')
    .$if(query.byKey, (rows) => rows.orderBy('key_id'))
    .limit(limit);
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

function rowToSum(row: {
  readonly start: string;
  readonly project_id: string;
  readonly key_id: string;
  readonly requests: number | string;
  readonly points: number | string;
  readonly client_errors: number | string;
  readonly server_errors: number | string;
}): UsageSum {
  return {
    start: row.start,
    projectId: row.project_id,
    keyId: row.key_id === '' ? null : row.key_id,
    requests: Number(row.requests),
    points: Number(row.points),
    clientErrors: Number(row.client_errors),
    serverErrors: Number(row.server_errors),
  };
}
