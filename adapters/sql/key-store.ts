import { sql } from 'kysely';
import type { KeyStore, LiveKeyLimit } from '../../src/access/key-store.ts';
import { ComputeError } from '../../src/compute/errors.ts';
import {
  appendEntry,
  appendEntryOfChange,
  deleteExpiredRevocations,
  deleteOldEntries,
  insertRevoked,
  selectEntries,
  selectRevoked,
} from './audit-statements.ts';
import { DatabaseReadOnly, type SqlDatabase } from './database.ts';
import {
  deleteIfTooMany,
  insertSuccessor,
  retireKey,
  revokeKeys,
  selectReached,
} from './family-statements.ts';
import {
  countKeysByState,
  countLive,
  insertKey,
  recordUses,
  selectKey,
  selectKeys,
  selectOrigins,
  selectProjects,
  touchNothing,
  updateKey,
} from './key-statements.ts';
import { scheduleCredentials, sqlOwnedCredentials } from './owned-credentials.ts';
import { rowToAudit, rowToKey } from './rows.ts';
import { selectSchema } from './schema.ts';
import { sqlSecretStore } from './secret-store.ts';

/** Two parameters each, of which D1 takes 100. */
const USES_PER_STATEMENT = 40;
/** Other writers wait for a batch. */
const STATEMENTS_PER_BATCH = 25;

/** Keys and their audit log in a database. Each change is one batch, whatever the database. */
export function sqlKeyStore(database: SqlDatabase): KeyStore {
  const { builder } = database;
  return {
    async find(id) {
      const [row] = await database.read(selectKey(builder, id));
      if (row === undefined) return null;
      const key = rowToKey(row);
      return row.revoked === null ? key : { ...key, revokedDerived: row.revoked.split(' ') };
    },

    async list(filter, window) {
      return (await database.read(selectKeys(builder, filter, window))).map(rowToKey);
    },

    async insert(key, entry, limit) {
      const changeId = crypto.randomUUID();
      const inserted = insertKey(builder, key, changeId);
      if (limit === undefined) {
        await database.batch([
          inserted,
          appendEntry(builder, entry),
          scheduleCredentials(builder, key.id, changeId),
        ]);
        return true;
      }
      const [, tooMany] = await database.batch([
        inserted,
        deleteIfTooMany(builder, key, limit, changeId),
        appendEntryOfChange(builder, entry, key.id, changeId),
        scheduleCredentials(builder, key.id, changeId),
      ]);
      return tooMany.length === 0;
    },

    async update(id, change, entry, seen) {
      const changeId = crypto.randomUUID();
      const [[row]] = await database.batch([
        updateKey(builder, id, change, changeId, seen),
        appendEntryOfChange(builder, entry, id, changeId),
        scheduleCredentials(builder, id, changeId),
      ]);
      return row === undefined ? null : rowToKey(row);
    },

    async revoke(id, at, entry, reach) {
      const changeId = crypto.randomUUID();
      const [, , rows] = await database.batch([
        revokeKeys(builder, id, reach, at, changeId),
        appendEntryOfChange(builder, entry, id, changeId, reach),
        selectReached(builder, id, reach),
        scheduleCredentials(builder, id, changeId, reach),
      ]);
      return rows.map(rowToKey);
    },

    async rotate(id, successor, oldExpiresAt, now, entry, limit) {
      const changeId = crypto.randomUUID();
      const retirement = { successorId: successor.id, oldExpiresAt, changeId };
      const inserted = insertSuccessor(builder, id, successor, now, changeId);
      const retired = retireKey(builder, id, retirement);
      const audited = appendEntryOfChange(builder, entry, id, changeId);
      const scheduled = scheduleCredentials(builder, successor.id, changeId);
      if (limit === undefined) {
        return (await database.batch([inserted, retired, audited, scheduled]))[1].length > 0;
      }
      const tooMany = deleteIfTooMany(builder, successor, forSuccessor(limit, oldExpiresAt), changeId);
      return (await database.batch([inserted, tooMany, retired, audited, scheduled]))[2].length > 0;
    },

    async countLive(owner, now) {
      const [row] = await database.read(countLive(builder, owner, now));
      return Number(row?.keys ?? 0);
    },

    async countByState(now, atMost) {
      const counts = { active: 0, disabled: 0, expired: 0, revoked: 0 };
      for (const row of await database.read(countKeysByState(builder, now, atMost))) {
        counts[row.state] = Number(row.keys);
      }
      return counts;
    },

    async listOrigins(atMost) {
      const rows = await database.read(selectOrigins(builder, atMost));
      return [...new Set(rows.flatMap((row) => JSON.parse(row.allowed_origins) as string[]))];
    },

    async listProjects(revokedSince, { limit, after }) {
      const rows = await database.read(selectProjects(builder, revokedSince, limit, after));
      return rows.map((row) => row.project_id);
    },

    async revokeDerived(owner, mark, expiresAt) {
      await database.batch([insertRevoked(builder, owner, mark, expiresAt)]);
    },

    async listRevokedDerived(owner) {
      return (await database.read(selectRevoked(builder, owner))).map(({ id }) => id);
    },

    async sweep(now, auditBefore) {
      await database.batch([deleteExpiredRevocations(builder, now)]);
      // A batch of its own, because an operator may have revoked the role's right to delete entries.
      if (auditBefore !== null) await database.batch([deleteOldEntries(builder, auditBefore)]);
    },

    async recordUses(lastUsedAt) {
      const statements = chunks([...lastUsedAt], USES_PER_STATEMENT).map((uses) => recordUses(builder, uses));
      for (const batch of chunks(statements, STATEMENTS_PER_BATCH)) await database.batch(batch);
    },

    async appendAudit(entries) {
      if (entries.length > 0) await database.batch(entries.map((entry) => appendEntry(builder, entry)));
    },

    async listAudit(query) {
      return (await database.read(selectEntries(builder, query))).map(rowToAudit);
    },

    async ping() {
      await database.read(builder.selectNoFrom(sql`1`.as('one')));
    },

    async isWritable() {
      try {
        await database.batch([touchNothing(builder)]);
        return true;
      } catch (error) {
        if (error instanceof DatabaseReadOnly) return false;
        throw error;
      }
    },

    async hasSchema() {
      try {
        await Promise.all(selectSchema(builder).map((statement) => database.read(statement)));
        return true;
      } catch (error) {
        if (error instanceof ComputeError) throw error;
        return false;
      }
    },

    secrets: sqlSecretStore(database),
    ownedCredentials: sqlOwnedCredentials(database),

    close: () => database.close(),
  };
}

/** The old key still counts when the successor is inserted, even if the rotation ends it immediately. */
function forSuccessor({ atMost, now }: LiveKeyLimit, oldExpiresAt: string): LiveKeyLimit {
  return { now, atMost: Date.parse(oldExpiresAt) <= Date.parse(now) ? atMost + 1 : atMost };
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
