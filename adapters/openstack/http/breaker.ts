import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  CountBreaker,
  circuitBreaker,
  DelegateBackoff,
  handleWhenResult,
} from 'cockatiel';
import { deadlineIn, monotonicMs, remainingMs } from '../../../src/clock.ts';
import { ComputeError } from '../../../src/compute/errors.ts';
import { TransportError } from './transport.ts';

/** It opens when more than half of the last so many attempts failed ... */
const SAMPLE_CALLS = 20;
/** ... and there were so many since it closed: four reads with their repeats. */
const MIN_CALLS = 10;

/** Milliseconds of the first rest; doubles with each probe that fails, up to the longest, and is spread from half to whole. */
const INITIAL_OPEN_MS = 1_000;
const MAX_OPEN_MS = 30_000;

/** A deadline that leaves less than this, milliseconds, says more about the request than about the service. */
const SERVICE_TIMEOUT_MS = 5_000;

/** What a service says that is not well, or a balancer for it. 500 is a fault in one request, and answered as fast as any. */
const FAILURE_STATUS = new Set([502, 503, 504]);

export interface BreakerOptions {
  /** Milliseconds. */
  readonly initialOpenMs?: number;
  /** Milliseconds. */
  readonly serviceTimeoutMs?: number;
}

/**
 * Keeps calls from an endpoint that is not well. *Closed*, it counts attempts; *open*, it refuses all until a rest is over; then
 * it lets a single one through, the probe, whose outcome closes it or begins a longer rest.
 */
export class Breaker {
  readonly #policy: CircuitBreakerPolicy;
  readonly #serviceTimeoutMs: number;
  #openUntil = monotonicMs();
  #open = false;
  /** Counts changes, so that calls begun before the last one decide nothing. */
  #generation = 0;

  /** @param onChange Called when it opens and when it closes again; not for each probe. */
  constructor(
    onChange: (open: boolean) => void,
    {
      initialOpenMs: firstRest = INITIAL_OPEN_MS,
      serviceTimeoutMs: patience = SERVICE_TIMEOUT_MS,
    }: BreakerOptions = {},
  ) {
    this.#serviceTimeoutMs = patience;
    this.#policy = circuitBreaker(handleWhenResult(isFailure), {
      breaker: new CountBreaker({ threshold: 0.5, size: SAMPLE_CALLS, minimumNumberOfCalls: MIN_CALLS }),
      halfOpenAfter: new DelegateBackoff(({ attempt }) => {
        const whole = Math.min(MAX_OPEN_MS, firstRest * 2 ** (attempt - 1));
        const rest = whole * (0.5 + Math.random() / 2);
        this.#openUntil = deadlineIn(rest);
        // The policy measures by the wall clock, so it is given nothing to measure: `refuses` bounds the rest.
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

  /** Whether a call would be refused now. */
  get isRejecting(): boolean {
    const { state } = this.#policy;
    return (
      state === CircuitState.HalfOpen || (state === CircuitState.Open && remainingMs(this.#openUntil) > 0)
    );
  }

  /** @throws ComputeError `unavailable`, with the time that is left of the rest, while it refuses. */
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
   * Makes a call and counts what comes of it. A client that hangs up says nothing about the endpoint.
   *
   * @param slowIsUnwell Whether no answer in time says that the endpoint is not well: so it is for the gateway's own reads. A
   *   write, and whatever a client asks for, may take its time.
   * @throws ComputeError as `assertLetsThrough`, before anything is done; and whatever `call` throws.
   */
  async run<Answer extends Answered>(call: () => Promise<Answer>, slowIsUnwell: boolean): Promise<Answer> {
    this.assertClosed();
    const probing = this.#policy.state !== CircuitState.Closed;
    const outcome = await this.#policy
      .execute(() => this.#outcome(call, probing, slowIsUnwell))
      .catch((error) => {
        // Another call became the probe meanwhile.
        throw error instanceof BrokenCircuitError ? this.#rejection() : error;
      });
    if ('late' in outcome) return outcome.late;
    if ('answer' in outcome) return outcome.answer;
    throw outcome.error;
  }

  async #outcome<Answer extends Answered>(
    call: () => Promise<Answer>,
    probing: boolean,
    slowIsUnwell: boolean,
  ): Promise<Outcome<Answer>> {
    const running = call();
    // A probe that may take its time would keep the circuit open: the next one decides.
    if (probing && !slowIsUnwell && !(await settledWithin(running, this.#serviceTimeoutMs))) {
      return { late: running, unwell: true };
    }

    const started = performance.now();
    const era = this.#generation;
    const counts = (unwell: boolean) => unwell && (probing || era === this.#generation);
    try {
      const answer = await running;
      return { answer, unwell: counts(FAILURE_STATUS.has(answer.status)) };
    } catch (error) {
      const waited = performance.now() - started;
      if (counts(probing || this.#isServiceFailure(error, waited, slowIsUnwell)))
        return { error, unwell: true };
      // Thrown, it is counted neither way.
      throw error;
    }
  }

  /** Whether a failure says something about the endpoint. */
  #isServiceFailure(error: unknown, waited: number, slowIsUnwell: boolean): boolean {
    if (!(error instanceof TransportError) || error.tooLarge || error.abandoned) return false;
    return !error.timedOut || (slowIsUnwell && waited >= this.#serviceTimeoutMs);
  }
}

/** All that is asked of an answer. */
type Answered = { readonly status: number };

type Outcome<Answer> =
  | { readonly answer: Answer; readonly unwell: boolean }
  | { readonly late: Promise<Answer>; readonly unwell: true }
  | { readonly error: unknown; readonly unwell: true };

async function settledWithin(running: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const settled = running.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}

function isFailure(outcome: unknown): boolean {
  return typeof outcome === 'object' && outcome !== null && 'unwell' in outcome && outcome.unwell === true;
}
