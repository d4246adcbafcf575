import type { NodeReport } from '../../src/health/node-report.ts';
import type { NodeStore } from '../../src/health/node-store.ts';
import type { SqlDatabase } from './database.ts';
import { storedTime } from './rows.ts';

export function sqlNodeStore(database: SqlDatabase): NodeStore {
  const { builder } = database;
  return {
    async beat({ id, name, version, startedAt, seenAt, report }, forgetBefore) {
      const beat = { seen_at: storedTime(seenAt), report: JSON.stringify(report) };
      await database.batch([
        builder
          .insertInto('node')
          .values({ id, name, version, started_at: storedTime(startedAt), ...beat })
          .onConflict((conflict) => conflict.column('id').doUpdateSet(beat)),
        builder.deleteFrom('node').where('seen_at', '<', storedTime(forgetBefore)),
      ]);
    },

    async remove(id) {
      await database.batch([builder.deleteFrom('node').where('id', '=', id)]);
    },

    async list(limit) {
      const rows = await database.read(
        builder.selectFrom('node').selectAll().orderBy('seen_at', 'desc').limit(limit),
      );
      return rows.map(({ started_at, seen_at, report, ...same }) => ({
        ...same,
        startedAt: started_at,
        seenAt: seen_at,
        report: JSON.parse(report) as NodeReport,
      }));
    },
  };
}
