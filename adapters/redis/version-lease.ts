import { withTimeout } from '../../src/async.ts';
import type { RedisConnection } from './connection.ts';
import { LEASES_KEY, type VersionScripts } from './version-scripts.ts';

export const LEASE_TTL_MS = 1_000;
/** Assumed maximum clock drift between two machines within the TTL, and lateness of timers. */
const CLOCK_DRIFT_MS = 100;
/** An unrenewed lease is expired on every gateway after this time. */
export const LEASE_EXPIRED_AFTER_MS = LEASE_TTL_MS + CLOCK_DRIFT_MS;
const RENEW_INTERVAL_MS = 250;

/**
 * The right to serve cached versions without a call to Redis. It expires on this gateway's monotonic clock, counted from before
 * the renewal was sent, so a suspended process does not hold it when it resumes. A renewal counts once its message has arrived by
 * the subscription, since then all changes published before have arrived too.
 */
export class VersionLease {
  readonly #connection: RedisConnection;
  readonly #scripts: VersionScripts;
  readonly #channel: string;
  /** Renewals whose message has not arrived. */
  readonly #renewalsSentAt = new Map<number, number>();
  #lastRenewal = 0;
  #expiresAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #isRenewing = false;

  constructor(connection: RedisConnection, scripts: VersionScripts, channel: string) {
    this.#connection = connection;
    this.#scripts = scripts;
    this.#channel = channel;
  }

  get isHeld(): boolean {
    return performance.now() < this.#expiresAt;
  }

  start(): void {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    void this.#renew();
  }

  /** Releases the lease, and unregisters so that writes need not wait for its expiry. */
  stop(): void {
    this.#expiresAt = Number.NEGATIVE_INFINITY;
    this.#renewalsSentAt.clear();
    clearTimeout(this.#timer);
    if (!this.#isRenewing) return;
    this.#isRenewing = false;
    const { client, id } = this.#connection;
    this.#connection.run(() => client.hdel(LEASES_KEY, id)).catch(() => {});
  }

  onRenewed(number: number): void {
    const sentAt = this.#renewalsSentAt.get(number);
    for (const older of this.#renewalsSentAt.keys()) if (older <= number) this.#renewalsSentAt.delete(older);
    if (sentAt !== undefined) this.#expiresAt = sentAt + LEASE_TTL_MS;
  }

  async #renew(): Promise<void> {
    this.#lastRenewal += 1;
    this.#renewalsSentAt.set(this.#lastRenewal, performance.now());
    const message = `lease ${this.#lastRenewal}`;
    const { id } = this.#connection;
    await this.#connection
      .run(() => this.#scripts.linguanovaLease(LEASES_KEY, id, this.#channel, message))
      .catch(() => {});
    if (!this.#isRenewing) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#renew(), RENEW_INTERVAL_MS).unref();
  }
}

interface PendingAcks {
  readonly acked: Set<string>;
  /** null until known. */
  needed: readonly string[] | null;
  readonly resolve: () => void;
}

/** Acknowledgements of the changes that this gateway published. */
export class Acknowledgements {
  readonly #pending = new Map<number, PendingAcks>();
  #lastId = 0;

  /** To be called before the message with this id is sent; `cancel` always afterwards. */
  expect(): {
    id: number;
    from: (needed: readonly string[], timeoutMs: number) => Promise<void>;
    cancel: () => void;
  } {
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve } = Promise.withResolvers<void>();
    const pending: PendingAcks = { needed: null, acked: new Set(), resolve };
    this.#pending.set(id, pending);
    const from = (needed: readonly string[], timeoutMs: number) => {
      pending.needed = needed;
      this.#check(pending);
      return withTimeout(promise, timeoutMs, () => {});
    };
    return { id, from, cancel: () => this.#pending.delete(id) };
  }

  ack(id: number, node: string): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    pending.acked.add(node);
    this.#check(pending);
  }

  #check({ needed, acked, resolve }: PendingAcks): void {
    if (needed?.every((node) => acked.has(node))) resolve();
  }
}
