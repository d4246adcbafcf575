import { monotonicMs, wallTime } from '../clock.ts';
import { LruMap } from '../lru-map.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AuditEntry } from './audit.ts';
import type { KeyStore } from './key-store.ts';
import type { DenyReason } from './key-verifier.ts';

export type RejectionReason = DenyReason | 'expired_token' | 'wrong_credentials' | 'wrong_admin_token';

/** Distinct rejections and sign-ins per flush; further ones are only in the request log and the metrics. */
const MAX_EVENTS = 100;
const MAX_USES = 100_000;

/** Precision of `last_used_at`. */
const USE_RESOLUTION_MS = 60_000;

/**
 * Batches what requests write to the store: uses, rejections and sign-ins. Equal events become one entry with a count, so that
 * guessing keys cannot fill the database.
 */
export class Journal {
  readonly #keys: KeyStore;
  readonly #log: Logger;
  readonly #lastRecorded = new LruMap<number>({ max: MAX_USES });
  #uses = new Map<string, string>();
  #events = new Map<string, { entry: Omit<AuditEntry, 'detail'>; what: string; count: number }>();

  constructor(keys: KeyStore, log: Logger) {
    this.#keys = keys;
    this.#log = log;
  }

  recordUse(keyId: string): void {
    const now = monotonicMs();
    if (
      now - (this.#lastRecorded.get(keyId) ?? Number.NEGATIVE_INFINITY) < USE_RESOLUTION_MS ||
      this.#uses.size >= MAX_USES
    )
      return;
    this.#lastRecorded.set(keyId, now);
    this.#uses.set(keyId, wallTime());
  }

  recordRejection(
    reason: RejectionReason,
    keyId: string | null,
    address: string | null,
    requestId: string,
  ): void {
    this.#record({ actor: 'anonymous', action: 'key.refused', keyId, address, requestId }, reason);
  }

  /** @param how As in `console, by API key`. */
  recordSignIn(who: Pick<AuditEntry, 'actor' | 'keyId' | 'address' | 'requestId'>, how: string): void {
    this.#record({ ...who, action: 'session.sign_in' }, how);
  }

  #record(entry: Omit<AuditEntry, 'at' | 'detail'>, what: string): void {
    const { action, actor, keyId, address } = entry;
    const kind = `${action} ${what} ${actor} ${keyId} ${address}`;
    const same = this.#events.get(kind);
    if (same !== undefined) same.count += 1;
    else if (this.#events.size < MAX_EVENTS) {
      this.#events.set(kind, { entry: { at: wallTime(), ...entry }, what, count: 1 });
    }
  }

  /** Writes the batch. Never rejects: a batch that cannot be written is logged and dropped. */
  async flush(): Promise<void> {
    const uses = this.#uses;
    const events = [...this.#events.values()];
    this.#uses = new Map();
    this.#events = new Map();
    try {
      if (uses.size > 0) await this.#keys.recordUses(uses);
      if (events.length > 0) {
        await this.#keys.appendAudit(
          events.map(({ entry, what, count }) => ({ ...entry, detail: `${what}, ${count} times` })),
        );
      }
    } catch (error) {
      this.#log.error('journal_write_failed', { uses: uses.size, refusals: events.length }, error);
    }
  }
}
