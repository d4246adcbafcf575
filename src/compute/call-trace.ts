/** Ids of the cloud's own that are kept for one request. */
const MOST_IDS = 10;

/** OpenStack's form of a request id (API-SIG, "Request ID"); anything else might be anything. */
const REQUEST_ID = /^req-[0-9a-f-]{36}$/i;

/**
 * What serving one request has shown about its answer, noted on the way by whoever knows: how old the data is that it was told
 * from, how long it can be told again, which instances the request changed, and what was asked of the cloud for it. One per
 * request, in its `CallContext`.
 */
export class CallTrace {
  #asOf = Number.POSITIVE_INFINITY;
  #maxAgeMs = Number.POSITIVE_INFINITY;
  readonly #changed = new Set<string>();
  #calls = 0;
  #running = 0;
  #since = 0;
  #waited = 0;
  readonly #cloudIds: string[] = [];

  /** Part of the answer is as the cloud told it at `at`, monotonic milliseconds, and not newer. */
  dataGeneratedAt(at: number): void {
    this.#asOf = Math.min(this.#asOf, at);
  }

  /** Part of the answer can be told again for `milliseconds` at most after it was told, such as a state that passes. */
  limitMaxAge(milliseconds: number): void {
    this.#maxAgeMs = Math.min(this.#maxAgeMs, milliseconds);
  }

  /** The cloud was asked to change this instance, whatever came of it. */
  instanceChanged(instanceId: string): void {
    this.#changed.add(instanceId);
  }

  /** Monotonic milliseconds of the oldest part; infinite when all was asked for this request. */
  get asOf(): number {
    return this.#asOf;
  }

  /** Milliseconds; infinite when nothing in it is known to pass. */
  get maxAgeMs(): number {
    return this.#maxAgeMs;
  }

  get changedInstanceIds(): ReadonlySet<string> {
    return this.#changed;
  }

  /**
   * The cloud is being asked.
   *
   * @param now Monotonic milliseconds.
   * @returns To be called when the answer is there, or none will come: with the time, and with the cloud's own id for the call.
   */
  startCall(now: number): (now: number, cloudId?: string) => void {
    this.#calls += 1;
    if (this.#running === 0) this.#since = now;
    this.#running += 1;
    return (end, cloudId) => {
      this.#running -= 1;
      if (this.#running === 0) this.#waited += end - this.#since;
      if (cloudId === undefined || !REQUEST_ID.test(cloudId)) return;
      this.#cloudIds.push(cloudId);
      if (this.#cloudIds.length > MOST_IDS) this.#cloudIds.shift();
    };
  }

  /** Calls to the cloud, repeated ones each. */
  get calls(): number {
    return this.#calls;
  }

  /** Milliseconds in which at least one call was on its way; those beside each other count once. */
  get waitedMs(): number {
    return this.#waited;
  }

  /** The cloud's own ids for the last of the calls, oldest first. */
  get upstreamRequestIds(): readonly string[] {
    return this.#cloudIds;
  }
}
