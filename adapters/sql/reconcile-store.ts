import type {
  LeaseClaim,
  ReconcileRun,
  ReconcileStore,
  RunPosition,
} from '../../src/reconcile/reconcile-store.ts';
import type { SqlDatabase } from './database.ts';
import { storedTime } from './rows.ts';
import type { Db, Tables } from './schema.ts';

const LEASE = 'reconcile';

export function sqlReconcileStore(database: SqlDatabase): ReconcileStore {
  const { builder } = database;
  return {
    async claim(claim) {
      const [rows] = await database.batch([claimLease(builder, claim)]);
      return rows.length > 0;
    },

    async save(run) {
      await database.batch([upsertRun(builder, run)]);
    },

    async list({ limit, before }) {
      return (await database.read(selectRuns(builder, limit, before))).map(rowToRun);
    },

    async sweep(before) {
      await database.batch([deleteRuns(builder, before)]);
    },
  };
}

/** Returns a row if `holder` has the lease now. */
export function claimLease(db: Db, { holder, now, until, latest }: LeaseClaim) {
  const lease = { holder, until: storedTime(until) };
  return db
    .insertInto('lease')
    .values({ name: LEASE, ...lease })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet(lease)
        .where((eb) =>
          eb.or([
            eb('lease.holder', '=', holder),
            eb('lease.until', '<=', storedTime(now)),
            eb('lease.until', '>', storedTime(latest)),
          ]),
        ),
    )
    .returning('holder');
}

function upsertRun(db: Db, run: ReconcileRun) {
  const row = runToRow(run);
  return db
    .insertInto('reconcile_run')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row));
}

export function selectRuns(db: Db, limit: number, before: RunPosition | null) {
  const newest = db
    .selectFrom('reconcile_run')
    .selectAll()
    .orderBy('started_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit);
  if (before === null) return newest;
  const { startedAt, id } = before;
  return newest.where((eb) => eb(eb.refTuple('started_at', 'id'), '<', eb.tuple(storedTime(startedAt), id)));
}

export function deleteRuns(db: Db, before: string) {
  return db.deleteFrom('reconcile_run').where('started_at', '<', storedTime(before));
}

function runToRow({
  startedBy,
  startedAt,
  seenAt,
  finishedAt,
  ...same
}: ReconcileRun): Tables['reconcile_run'] {
  return {
    ...same,
    started_by: startedBy,
    started_at: storedTime(startedAt),
    seen_at: storedTime(seenAt),
    finished_at: finishedAt === null ? null : storedTime(finishedAt),
  };
}

function rowToRun(row: Tables['reconcile_run']): ReconcileRun {
  const { started_by, started_at, seen_at, finished_at, outcome, ...same } = row;
  return {
    ...same,
    startedBy: started_by as ReconcileRun['startedBy'],
    startedAt: started_at,
    seenAt: seen_at,
    finishedAt: finished_at,
    outcome: outcome as ReconcileRun['outcome'],
  };
}
