/**
 * One call to the cloud as the gateway makes it: within the request's deadline, tried again where that is safe.
 *
 * @module
 */

import { ComputeError } from '../../../src/compute/errors.ts';
import type { Logger } from '../../../src/telemetry/logger.ts';
import { type Transport, TransportError, type UpstreamRequest, type UpstreamResponse } from './transport.ts';

/** The part of a request's call context that sending needs. */
export interface SendContext {
  readonly deadline: number;
  readonly signal: AbortSignal;
  readonly requestId: string;
  readonly log: Logger;
}

/** The same for what serves more than the request that happened to ask for it first. */
export function ownDeadline(context: SendContext, milliseconds: number): SendContext {
  return {
    deadline: Date.now() + milliseconds,
    signal: AbortSignal.timeout(milliseconds),
    requestId: context.requestId,
    log: context.log,
  };
}

const MAX_ATTEMPTS = 3;

/** Milliseconds of pause before the second attempt; doubles, and is spread between half and the whole of it. */
const FIRST_PAUSE = 100;

const IDEMPOTENT = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

/** A service behind a balancer says these while it restarts; a moment later it may be back. */
const PASSING = new Set([502, 503, 504]);

/**
 * Sends `request`. An idempotent one is tried up to three times, with jittered pauses, when the connection breaks or the
 * service is passing through a restart; any other only when certainly nothing of it was sent.
 *
 * @throws ComputeError `timeout` or `unavailable`.
 */
export async function send(
  transport: Transport,
  request: UpstreamRequest,
  context: SendContext,
): Promise<UpstreamResponse> {
  const idempotent = IDEMPOTENT.has(request.method);
  for (let attempt = 1; ; attempt++) {
    const outcome = await attemptOnce(transport, request, context);
    const failed = outcome instanceof TransportError;
    if (!failed && !(idempotent && PASSING.has(outcome.status))) {
      // What an attempt without an answer had deleted is not found by the next one: it is gone, as was asked.
      const goneByUs = request.method === 'DELETE' && attempt > 1 && outcome.status === 404;
      return goneByUs ? { ...outcome, status: 204, body: '' } : outcome;
    }
    const mayRepeat = idempotent || (failed && !outcome.sent);
    const pause = FIRST_PAUSE * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
    const hopeless = (failed && outcome.timedOut) || Date.now() + pause >= context.deadline;
    if (!mayRepeat || hopeless || attempt === MAX_ATTEMPTS) {
      if (!failed) return outcome;
      throw noAnswer(request, outcome, context);
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

async function attemptOnce(
  transport: Transport,
  request: UpstreamRequest,
  context: SendContext,
): Promise<UpstreamResponse | TransportError> {
  if (context.signal.aborted || Date.now() >= context.deadline)
    return new TransportError('deadline passed', { sent: false, timedOut: true });
  try {
    return await transport.send(request, context.signal);
  } catch (error) {
    if (error instanceof TransportError) return error;
    throw error;
  }
}

function noAnswer(request: UpstreamRequest, error: TransportError, context: SendContext): ComputeError {
  const { origin, pathname } = new URL(request.url);
  context.log.warn(
    'cloud_no_answer',
    { method: request.method, origin, path: pathname, sent: error.sent },
    error,
  );
  const underneath = { cause: error, untouched: !error.sent };
  return error.timedOut
    ? new ComputeError('timeout', 'The cloud did not answer in time.', underneath)
    : new ComputeError('unavailable', 'The cloud cannot be reached at the moment.', {
        ...underneath,
        retryAfter: 5,
      });
}
