import { type CompiledQuery, type QueryCreator, sql } from 'kysely';
import type { KeySeal, SecretStore, StoredSecret } from '../../src/access/secret-store.ts';
import type { SqlDatabase } from './database.ts';
import { isLive } from './key-statements.ts';
import type { ServerSecretRow, Tables } from './schema.ts';

/** The id of the one row. */
const ROW_ID = 'the';

/** What is stored of the server's secret, in the database of the keys. */
export function sqlSecretStore(database: SqlDatabase): SecretStore {
  const { builder } = database;
  return {
    async find() {
      const [row] = await database.read(selectSecrets(builder));
      if (row === undefined) return null;
      const { previous_check, previous_store_key } = row;
      return {
        current: { check: row.current_check, sealedStoreKey: new Uint8Array(row.current_store_key) },
        previous:
          previous_check === null || previous_store_key === null
            ? null
            : { check: previous_check, sealedStoreKey: new Uint8Array(previous_store_key) },
      };
    },

    async initialize(first) {
      await database.batch([insertSecret(builder, first)]);
    },

    async replace(currentCheck, next) {
      await database.batch([replaceSecret(builder, currentCheck, next)]);
    },

    async reseal(keyId, oldHash, seal) {
      await database.batch([resealKey(builder, keyId, oldHash, seal)]);
    },

    async countSealed(check, now) {
      const [row] = await database.read(countSealed(builder, check, now));
      return { others: Number(row?.others ?? 0), unmarked: Number(row?.unmarked ?? 0) };
    },
  };
}

function selectSecrets(db: QueryCreator<Tables>): CompiledQuery<ServerSecretRow> {
  return db.selectFrom('server_secret').selectAll().where('id', '=', ROW_ID).compile();
}

/** Does nothing when there is one. */
function insertSecret(
  db: QueryCreator<Tables>,
  { check, sealedStoreKey }: StoredSecret,
): CompiledQuery<unknown> {
  return db
    .insertInto('server_secret')
    .values({
      id: ROW_ID,
      current_check: check,
      current_store_key: sealedStoreKey,
      previous_check: null,
      previous_store_key: null,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .compile();
}

function replaceSecret(
  db: QueryCreator<Tables>,
  currentCheck: string,
  { check, sealedStoreKey }: StoredSecret,
): CompiledQuery<unknown> {
  return db
    .updateTable('server_secret')
    .set((eb) => ({
      previous_check: eb.ref('current_check'),
      previous_store_key: eb.ref('current_store_key'),
      current_check: check,
      current_store_key: sealedStoreKey,
    }))
    .where('id', '=', ROW_ID)
    .where('current_check', '=', currentCheck)
    .compile();
}

function resealKey(
  db: QueryCreator<Tables>,
  keyId: string,
  oldHash: Uint8Array,
  { secretHash, sealedCredential, sealedUnder }: KeySeal,
): CompiledQuery<unknown> {
  return db
    .updateTable('api_key')
    .set({ secret_hash: secretHash, sealed_credential: sealedCredential, sealed_under: sealedUnder })
    .where('id', '=', keyId)
    .where('secret_hash', '=', oldHash)
    .where(({ exists, selectFrom }) =>
      exists(selectFrom('server_secret').select('id').where('current_check', '=', sealedUnder)),
    )
    .compile();
}

type Count = number | string | bigint | null;

function countSealed(
  db: QueryCreator<Tables>,
  check: string,
  now: string,
): CompiledQuery<{ others: Count; unmarked: Count }> {
  return db
    .selectFrom('api_key')
    .select([
      sql<Count>`sum(case when sealed_under <> ${check} then 1 else 0 end)`.as('others'),
      sql<Count>`sum(case when sealed_under is null then 1 else 0 end)`.as('unmarked'),
    ])
    .where(isLive(now))
    .compile();
}
