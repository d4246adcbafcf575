import type { RedisConnection } from './connection.ts';
import { LEASES_KEY, type versionScripts } from './version-scripts.ts';

/** Milliseconds that a lease lasts from when its renewal was sent. */
export const LEASE_TTL_MS = 1_000;
/** Clocks of two machines may differ by so much in that time, and timers be early, milliseconds. */
const CLOCK_DRIFT_MS = 100;
/** After so long no gateway serves by a lease that it has not renewed, milliseconds. */
export const LEASE_EXPIRED_AFTER_MS = LEASE_TTL_MS + CLOCK_DRIFT_MS;
/** How often it is renewed, milliseconds. */
const RENEW_INTERVAL_MS = 250;

/**
 * The right to serve what is remembered without asking Redis. It lasts for `LEASE_LIFE` on this gateway's monotonic clock from
 * before the renewal was sent, so a process that stood still does not hold it any more when it goes on. A renewal counts when its
 * message has come by the subscription: then every change that was published before it has come too.
 */
export class VersionLease {
  readonly #connection: RedisConnection;
  readonly #scripts: ReturnType<typeof versionScripts>;
  readonly #channel: string;
  readonly #now: () => number;
  /** When each renewal whose message has not come was sent. */
  readonly #renewalsSentAt = new Map<number, number>();
  #lastRenewal = 0;
  #expiresAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #isRenewing = false;

  /** @param now Monotonic milliseconds. */
  constructor(
    connection: RedisConnection,
    scripts: ReturnType<typeof versionScripts>,
    channel: string,
    now: () => number = () => performance.now(),
  ) {
    this.#connection = connection;
    this.#scripts = scripts;
    this.#channel = channel;
    this.#now = now;
  }

  /** Whether it is held at this moment. */
  get isHeld(): boolean {
    return this.#now() < this.#expiresAt;
  }

  /** Renews it from now on. */
  start(): void {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    void this.#renew();
  }

  /** Lets go of it at once; others need not wait for it if Redis can be reached. */
  stop(): void {
    this.#expiresAt = Number.NEGATIVE_INFINITY;
    this.#renewalsSentAt.clear();
    clearTimeout(this.#timer);
    if (!this.#isRenewing) return;
    this.#isRenewing = false;
    this.#connection.run(() => this.#connection.client.hdel(LEASES_KEY, this.#connection.id)).catch(() => {});
  }

  /** The message of a renewal has come. */
  onRenewed(number: number): void {
    const sentAt = this.#renewalsSentAt.get(number);
    for (const older of this.#renewalsSentAt.keys()) if (older <= number) this.#renewalsSentAt.delete(older);
    if (sentAt !== undefined) this.#expiresAt = sentAt + LEASE_TTL_MS;
  }

  async #renew(): Promise<void> {
    this.#lastRenewal += 1;
    this.#renewalsSentAt.set(this.#lastRenewal, this.#now());
    const text = `lease ${this.#lastRenewal}`;
    await this.#connection
      .run(() => this.#scripts.linguanovaLease(LEASES_KEY, this.#connection.id, this.#channel, text))
      .catch(() => {});
    if (!this.#isRenewing) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#renew(), RENEW_INTERVAL_MS).unref();
  }
}
