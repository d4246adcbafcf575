import type { IdempotencyRecord, IdempotencyStore } from '../../src/traffic/idempotency/idempotency-store.ts';

/** Records that live as long as the process. */
export function memoryIdempotencyStore(): IdempotencyStore {
  const records = new Map<string, IdempotencyRecord>();
  const own = (scope: string, runId: string) => {
    const record = records.get(scope);
    return record?.runId === runId && record.sealedResponse === null ? record : null;
  };
  const put = (record: IdempotencyRecord) => {
    records.set(record.scope, record);
    return record;
  };

  // Nothing is awaited inside a method, so each one is a transaction.
  return {
    async claim({ now, ...claim }) {
      const known = records.get(claim.scope);
      if (known === undefined || known.expiresAt <= now) {
        return put({ ...claim, resumed: false, sealedResponse: null, createdAt: now });
      }
      const over =
        known.sealedResponse === null && known.leaseUntil <= now && known.fingerprint === claim.fingerprint;
      return over
        ? put({ ...known, runId: claim.runId, leaseUntil: claim.leaseUntil, resumed: true })
        : known;
    },

    find: async (scope) => records.get(scope) ?? null,

    async complete(scope, runId, sealedResponse) {
      const record = own(scope, runId);
      if (record !== null) put({ ...record, sealedResponse });
      return record !== null;
    },

    async release(scope, runId, now) {
      const record = own(scope, runId);
      if (record?.resumed) put({ ...record, leaseUntil: now });
      else if (record !== null) records.delete(scope);
    },

    async sweep(now) {
      const expired = [...records.values()].filter(({ expiresAt }) => expiresAt <= now);
      for (const { scope } of expired) records.delete(scope);
      return expired.length;
    },
  };
}
