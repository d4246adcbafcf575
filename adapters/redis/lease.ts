import type { RedisLink } from './link.ts';
import { LEASES, type versionScripts } from './version-scripts.ts';

/** Milliseconds that a lease lasts from when its renewal was sent. */
export const LEASE_LIFE = 1_000;
/** Clocks of two machines may differ by so much in that time, and timers be early, milliseconds. */
const DRIFT = 100;
/** After so long no gateway serves by a lease that it has not renewed, milliseconds. */
export const LEASE_OVER = LEASE_LIFE + DRIFT;
/** How often it is renewed, milliseconds. */
const RENEW_EVERY = 250;

/**
 * The right to serve what is remembered without asking Redis. It lasts for `LEASE_LIFE` on this gateway's monotonic clock from
 * before the renewal was sent, so a process that stood still does not hold it any more when it goes on. A renewal counts when its
 * message has come by the subscription: then every change that was published before it has come too.
 */
export class Lease {
  readonly #link: RedisLink;
  readonly #scripts: ReturnType<typeof versionScripts>;
  readonly #channel: string;
  readonly #now: () => number;
  /** When each renewal whose message has not come was sent. */
  readonly #sent = new Map<number, number>();
  #last = 0;
  #until = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #isKept = false;

  /** @param now Monotonic milliseconds. */
  constructor(
    link: RedisLink,
    scripts: ReturnType<typeof versionScripts>,
    channel: string,
    now: () => number = () => performance.now(),
  ) {
    this.#link = link;
    this.#scripts = scripts;
    this.#channel = channel;
    this.#now = now;
  }

  /** Whether it is held at this moment. */
  get isHeld(): boolean {
    return this.#now() < this.#until;
  }

  /** Renews it from now on. */
  keep(): void {
    if (this.#isKept) return;
    this.#isKept = true;
    void this.#renew();
  }

  /** Lets go of it at once; others need not wait for it if Redis can be reached. */
  drop(): void {
    this.#until = Number.NEGATIVE_INFINITY;
    this.#sent.clear();
    clearTimeout(this.#timer);
    if (!this.#isKept) return;
    this.#isKept = false;
    this.#link.run(() => this.#link.client.hdel(LEASES, this.#link.id)).catch(() => {});
  }

  /** The message of a renewal has come. */
  renewed(number: number): void {
    const sentAt = this.#sent.get(number);
    for (const older of this.#sent.keys()) if (older <= number) this.#sent.delete(older);
    if (sentAt !== undefined) this.#until = sentAt + LEASE_LIFE;
  }

  async #renew(): Promise<void> {
    this.#last += 1;
    this.#sent.set(this.#last, this.#now());
    const text = `lease ${this.#last}`;
    await this.#link
      .run(() => this.#scripts.linguanovaLease(LEASES, this.#link.id, this.#channel, text))
      .catch(() => {});
    if (!this.#isKept) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#renew(), RENEW_EVERY).unref();
  }
}
