import { RequestSpans } from '../telemetry/request-spans.ts';

const MAX_REQUEST_IDS = 10;

/** OpenStack's form of a request id (API-SIG, "Request ID"); anything else is not logged. */
const REQUEST_ID = /^req-[0-9a-f-]{36}$/i;

/**
 * Collected while one request is served: how old its data is, for how long it may be cached, which instances it changed, and its
 * upstream calls. One per request, in its `CallContext`.
 */
export class CallTrace {
  #asOf = Number.POSITIVE_INFINITY;
  #maxAgeMs = Number.POSITIVE_INFINITY;
  readonly #changed = new Set<string>();
  #calls = 0;
  #running = 0;
  #since = 0;
  #waitedMs = 0;
  readonly #upstreamRequestIds: string[] = [];
  /** Its part of a distributed trace; nothing is recorded for a call that belongs to no request. */
  readonly spans: RequestSpans;

  constructor(spans: RequestSpans = new RequestSpans()) {
    this.spans = spans;
  }

  /** @param at Monotonic ms at which some of the data was read upstream. */
  dataGeneratedAt(at: number): void {
    this.#asOf = Math.min(this.#asOf, at);
  }

  /** The response may be cached for at most this, as when it has transitional state. */
  limitMaxAge(maxAgeMs: number): void {
    this.#maxAgeMs = Math.min(this.#maxAgeMs, maxAgeMs);
  }

  /** A change of this instance was attempted. */
  instanceChanged(instanceId: string): void {
    this.#changed.add(instanceId);
  }

  /** The oldest data, monotonic ms; infinite when all was read for this request. */
  get asOf(): number {
    return this.#asOf;
  }

  get maxAgeMs(): number {
    return this.#maxAgeMs;
  }

  get changedInstanceIds(): ReadonlySet<string> {
    return this.#changed;
  }

  /**
   * @param now Monotonic ms.
   * @returns Ends the call; to be called once, with the time and the cloud's request id.
   */
  startCall(now: number): (now: number, requestId?: string) => void {
    this.#calls += 1;
    if (this.#running === 0) this.#since = now;
    this.#running += 1;
    return (end, requestId) => {
      this.#running -= 1;
      if (this.#running === 0) this.#waitedMs += end - this.#since;
      if (requestId === undefined || !REQUEST_ID.test(requestId)) return;
      this.#upstreamRequestIds.push(requestId);
      if (this.#upstreamRequestIds.length > MAX_REQUEST_IDS) this.#upstreamRequestIds.shift();
    };
  }

  /** Upstream calls, retries included. */
  get calls(): number {
    return this.#calls;
  }

  /** Time with at least one call in flight; concurrent calls count once. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  /** Of the last calls, oldest first. */
  get upstreamRequestIds(): readonly string[] {
    return this.#upstreamRequestIds;
  }
}
