/**
 * One call to the cloud as the gateway makes it: within the request's deadline, tried again where that is safe.
 *
 * @module
 */

import { deadlineIn, type MonotonicMs, remainingMs } from '../../../src/clock.ts';
import type { CallTrace } from '../../../src/compute/call-trace.ts';
import type { CallContext } from '../../../src/compute/cloud.ts';
import { ComputeError } from '../../../src/compute/errors.ts';
import type { Logger } from '../../../src/telemetry/logger.ts';
import { type Transport, TransportError, type UpstreamRequest, type UpstreamResponse } from './transport.ts';

/** The part of a request's call context that sending needs. */
export interface SendContext {
  readonly deadline: MonotonicMs;
  readonly signal: AbortSignal;
  readonly requestId: string;
  readonly log: Logger;
  /** Hears of each call. */
  readonly trace: CallTrace;
  readonly tenant: CallContext['tenant'];
  /** Undoes or tidies up, see `guard.ts`. */
  readonly urgent: boolean;
}

/**
 * The same for what serves more than the request that happened to ask for it first.
 *
 * @param tenant Whom it serves.
 */
export function ownDeadline(
  context: SendContext,
  milliseconds: number,
  tenant: SendContext['tenant'],
): SendContext {
  const { requestId, log, trace, urgent } = context;
  const signal = AbortSignal.timeout(milliseconds);
  return { deadline: deadlineIn(milliseconds), signal, requestId, log, trace, urgent, tenant };
}

const MAX_ATTEMPTS = 3;

/** Milliseconds of pause before the second attempt; doubles, and is spread between half and the whole of it. */
const FIRST_PAUSE = 100;

const IDEMPOTENT = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

/** A service behind a balancer says these while it restarts; a moment later it may be back. */
const RETRYABLE_STATUS = new Set([502, 503, 504]);

/**
 * Sends `request`. An idempotent one is tried up to three times, with jittered pauses, when the connection breaks or the
 * service is passing through a restart; any other only when certainly nothing of it was sent. A try that `guard.ts` refuses is
 * the last.
 *
 * @throws ComputeError `timeout` or `unavailable`.
 */
export async function send(
  transport: Transport,
  request: UpstreamRequest,
  context: SendContext,
): Promise<UpstreamResponse> {
  const idempotent = IDEMPOTENT.has(request.method);
  let before: UpstreamResponse | TransportError | undefined;
  /** Whether any try may have reached the service. */
  let sent = false;
  for (let attempt = 1; ; attempt++) {
    const outcome = await attemptOnce(transport, request, context);
    if (outcome instanceof ComputeError) return settle(before ?? outcome, request, context, sent);
    const failed = outcome instanceof TransportError;
    sent ||= !failed || outcome.sent;
    if (!failed && !(idempotent && RETRYABLE_STATUS.has(outcome.status))) {
      // What an attempt without an answer had deleted is not found by the next one: it is gone, as was asked.
      const goneByUs = request.method === 'DELETE' && attempt > 1 && outcome.status === 404;
      return goneByUs ? { ...outcome, status: 204, body: '' } : outcome;
    }
    const mayRepeat = idempotent || (failed && !outcome.sent);
    const pause = FIRST_PAUSE * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
    const outOfTime = (failed && outcome.timedOut) || pause >= remainingMs(context.deadline);
    if (!mayRepeat || outOfTime || attempt === MAX_ATTEMPTS) return settle(outcome, request, context, sent);
    before = outcome;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** One try; a `ComputeError` is the guard's refusal. */
async function attemptOnce(
  transport: Transport,
  request: UpstreamRequest,
  context: SendContext,
): Promise<UpstreamResponse | TransportError | ComputeError> {
  if (context.signal.aborted || remainingMs(context.deadline) === 0)
    return new TransportError('deadline passed', { sent: false, timedOut: true });
  const asked = context.trace.startCall(performance.now());
  let answer: UpstreamResponse | undefined;
  try {
    const { tenant, urgent } = context;
    answer = await transport.send({ ...request, tenant, urgent }, context.signal);
    return answer;
  } catch (error) {
    if (error instanceof TransportError || error instanceof ComputeError) return error;
    throw error;
  } finally {
    asked(performance.now(), answer?.header('x-openstack-request-id'));
  }
}

/** What the last try that was made has come to. */
function settle(
  outcome: UpstreamResponse | TransportError | ComputeError,
  request: UpstreamRequest,
  context: SendContext,
  sent: boolean,
): UpstreamResponse {
  if (outcome instanceof ComputeError) throw outcome;
  if (outcome instanceof TransportError) throw upstreamUnreachable(request, outcome, context, sent);
  return outcome;
}

function upstreamUnreachable(
  request: UpstreamRequest,
  error: TransportError,
  context: SendContext,
  sent: boolean,
): ComputeError {
  const { origin, pathname } = new URL(request.url);
  context.log.warn('upstream_unreachable', { method: request.method, origin, path: pathname, sent }, error);
  const underneath = { cause: error, notApplied: !sent };
  return error.timedOut
    ? new ComputeError('timeout', 'The cloud did not answer in time.', underneath)
    : new ComputeError('unavailable', 'The cloud cannot be reached at the moment.', {
        ...underneath,
        retryAfter: 5,
      });
}
