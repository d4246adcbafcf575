import type { Release } from '../../src/compute/release.ts';
import type { ReleaseStore } from '../../src/compute/release-store.ts';
import type { SqlDatabase } from './database.ts';
import { storedTime } from './rows.ts';

export function sqlReleaseStore(database: SqlDatabase): ReleaseStore {
  const { builder } = database;
  return {
    async put(release, dueAt) {
      const due = storedTime(dueAt);
      const row = {
        id: release.id,
        project_id: release.projectId,
        due_at: due,
        plan: JSON.stringify(release),
      };
      await database.batch([
        builder
          .insertInto('pending_release')
          .values(row)
          .onConflict((conflict) => conflict.column('id').doUpdateSet({ due_at: due })),
      ]);
    },

    async remove(id) {
      await database.batch([builder.deleteFrom('pending_release').where('id', '=', id)]);
    },

    async due(now, limit) {
      const rows = await database.read(
        builder
          .selectFrom('pending_release')
          .select('plan')
          .where('due_at', '<=', storedTime(now))
          .orderBy('due_at')
          .limit(limit),
      );
      return rows.map(({ plan }) => JSON.parse(plan) as Release);
    },
  };
}
