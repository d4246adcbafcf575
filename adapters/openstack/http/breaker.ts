import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  CountBreaker,
  circuitBreaker,
  DelegateBackoff,
  handleWhenResult,
} from 'cockatiel';
import { backoff, withTimeout } from '../../../src/async.ts';
import { deadlineIn, monotonicMs, remainingMs } from '../../../src/clock.ts';
import { ComputeError } from '../../../src/compute/errors.ts';
import { TransportError } from './transport.ts';

/** The circuit opens when more than half of the last `SAMPLE_CALLS` failed, and there were `MIN_CALLS`: four reads with retries. */
const SAMPLE_CALLS = 20;
const MIN_CALLS = 10;

/** How long the circuit stays open; doubles with each probe that fails. */
const INITIAL_OPEN_MS = 1_000;
const MAX_OPEN_MS = 30_000;

/** Earlier timeouts are not counted: they are due to a request's short deadline. */
const SERVICE_TIMEOUT_MS = 5_000;

/** Of a service, or of its balancer. 500 is a fault in one request. */
const FAILURE_STATUS = new Set([502, 503, 504]);

export interface BreakerOptions {
  readonly initialOpenMs?: number;
  readonly serviceTimeoutMs?: number;
}

/**
 * Circuit breaker of one endpoint. *Closed*, it counts attempts; *open*, it rejects all calls for a while, then lets a single one
 * through, the probe, whose outcome closes the circuit or reopens it for longer.
 */
export class Breaker {
  readonly #policy: CircuitBreakerPolicy;
  readonly #serviceTimeoutMs: number;
  #openUntil = monotonicMs();
  #open = false;
  /** Counts state changes, so that calls begun before the last one decide nothing. */
  #generation = 0;

  /** @param onChange Called when it opens and when it closes again; not for each probe. */
  constructor(
    onChange: (open: boolean) => void,
    { initialOpenMs = INITIAL_OPEN_MS, serviceTimeoutMs = SERVICE_TIMEOUT_MS }: BreakerOptions = {},
  ) {
    this.#serviceTimeoutMs = serviceTimeoutMs;
    this.#policy = circuitBreaker(handleWhenResult(isFailure), {
      breaker: new CountBreaker({ threshold: 0.5, size: SAMPLE_CALLS, minimumNumberOfCalls: MIN_CALLS }),
      halfOpenAfter: new DelegateBackoff(({ attempt }) => {
        this.#openUntil = deadlineIn(backoff(attempt, { initialMs: initialOpenMs, maxMs: MAX_OPEN_MS }));
        // The policy measures by the wall clock; `isRejecting` replaces it.
        return Number.NEGATIVE_INFINITY;
      }),
    });
    const become = (open: boolean) => {
      this.#generation += 1;
      if (this.#open === open) return;
      this.#open = open;
      onChange(open);
    };
    this.#policy.onBreak(() => become(true));
    this.#policy.onReset(() => become(false));
  }

  get open(): boolean {
    return this.#open;
  }

  /** Whether a call would be rejected now. */
  get isRejecting(): boolean {
    const { state } = this.#policy;
    return (
      state === CircuitState.HalfOpen || (state === CircuitState.Open && remainingMs(this.#openUntil) > 0)
    );
  }

  /** @throws ComputeError `unavailable`, with the time until the next probe, while it rejects calls. */
  assertClosed(): void {
    if (this.isRejecting) throw this.#rejection();
  }

  #rejection(): ComputeError {
    const seconds = Math.max(1, Math.ceil(remainingMs(this.#openUntil) / 1000));
    return new ComputeError('unavailable', 'The cloud is not available at the moment.', {
      cause: new Error('the circuit breaker is open'),
      retryAfter: seconds,
      notApplied: true,
    });
  }

  /**
   * Makes a call and counts its outcome, unless the client disconnects.
   *
   * @param timeoutIsFailure True for the gateway's own reads. Writes, and what is passed through, may be slow.
   * @throws ComputeError as `assertClosed`, before the call; and what `call` throws.
   */
  async run<Response extends HasStatus>(
    call: () => Promise<Response>,
    timeoutIsFailure: boolean,
  ): Promise<Response> {
    this.assertClosed();
    const isProbe = this.#policy.state !== CircuitState.Closed;
    const outcome = await this.#policy
      .execute(() => this.#outcome(call, isProbe, timeoutIsFailure))
      .catch((error) => {
        // Another call became the probe meanwhile.
        throw error instanceof BrokenCircuitError ? this.#rejection() : error;
      });
    if ('pending' in outcome) return outcome.pending;
    if ('response' in outcome) return outcome.response;
    throw outcome.error;
  }

  async #outcome<Response extends HasStatus>(
    call: () => Promise<Response>,
    isProbe: boolean,
    timeoutIsFailure: boolean,
  ): Promise<Outcome<Response>> {
    const running = call();
    // A slow probe would keep the circuit half-open, so the next call decides.
    if (isProbe && !timeoutIsFailure && !(await this.#settlesInTime(running))) {
      return { pending: running, failed: true };
    }

    const started = performance.now();
    const generation = this.#generation;
    const counts = (failed: boolean) => failed && (isProbe || generation === this.#generation);
    try {
      const response = await running;
      return { response, failed: counts(FAILURE_STATUS.has(response.status)) };
    } catch (error) {
      const waitedMs = performance.now() - started;
      if (counts(isProbe || this.#isServiceFailure(error, waitedMs, timeoutIsFailure)))
        return { error, failed: true };
      // A thrown error is not counted.
      throw error;
    }
  }

  #settlesInTime(running: Promise<unknown>): Promise<boolean> {
    const settled = running.then(
      () => true,
      () => true,
    );
    return withTimeout(settled, this.#serviceTimeoutMs, () => false);
  }

  #isServiceFailure(error: unknown, waitedMs: number, timeoutIsFailure: boolean): boolean {
    if (!(error instanceof TransportError) || error.tooLarge || error.abandoned) return false;
    return !error.timedOut || (timeoutIsFailure && waitedMs >= this.#serviceTimeoutMs);
  }
}

type HasStatus = { readonly status: number };

type Outcome<Response> =
  | { readonly response: Response; readonly failed: boolean }
  | { readonly pending: Promise<Response>; readonly failed: true }
  | { readonly error: unknown; readonly failed: true };

function isFailure(outcome: unknown): boolean {
  return typeof outcome === 'object' && outcome !== null && 'failed' in outcome && outcome.failed === true;
}
