import { sql } from 'kysely';
import type { SecretStore } from '../../src/access/key-store.ts';
import type { SqlDatabase } from './database.ts';
import { isLive } from './key-statements.ts';

const ROW_ID = 'the';

type Count = number | string | bigint | null;

export function sqlSecretStore({ builder, read, batch }: SqlDatabase): SecretStore {
  return {
    async find() {
      const [row] = await read(builder.selectFrom('server_secret').selectAll().where('id', '=', ROW_ID));
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

    async initialize({ check, sealedStoreKey }) {
      const row = {
        id: ROW_ID,
        current_check: check,
        current_store_key: sealedStoreKey,
        previous_check: null,
        previous_store_key: null,
      };
      await batch([
        builder
          .insertInto('server_secret')
          .values(row)
          .onConflict((conflict) => conflict.column('id').doNothing()),
      ]);
    },

    async replace(currentCheck, { check, sealedStoreKey }) {
      await batch([
        builder
          .updateTable('server_secret')
          .set((eb) => ({
            previous_check: eb.ref('current_check'),
            previous_store_key: eb.ref('current_store_key'),
            current_check: check,
            current_store_key: sealedStoreKey,
          }))
          .where('id', '=', ROW_ID)
          .where('current_check', '=', currentCheck),
      ]);
    },

    async reseal(keyId, oldHash, { secretHash, sealedCredential, sealedUnder }) {
      await batch([
        builder
          .updateTable('api_key')
          .set({ secret_hash: secretHash, sealed_credential: sealedCredential, sealed_under: sealedUnder })
          .where('id', '=', keyId)
          .where('secret_hash', '=', oldHash)
          .where(({ exists, selectFrom }) =>
            exists(selectFrom('server_secret').select('id').where('current_check', '=', sealedUnder)),
          ),
      ]);
    },

    async countSealed(check, now) {
      const [row] = await read(
        builder
          .selectFrom('api_key')
          .select([
            sql<Count>`sum(case when sealed_under <> ${check} then 1 else 0 end)`.as('others'),
            sql<Count>`sum(case when sealed_under is null then 1 else 0 end)`.as('unmarked'),
          ])
          .where(isLive(now)),
      );
      return { others: Number(row?.others ?? 0), unmarked: Number(row?.unmarked ?? 0) };
    },
  };
}
