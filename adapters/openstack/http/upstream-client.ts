/**
 * Calls to the cloud: within a deadline, retried where that is safe, traced. `send` is `open` plus reading the body.
 *
 * @module
 */

import { backoff, sleep } from '../../../src/async.ts';
import { deadlineIn, type MonotonicMs, remainingMs } from '../../../src/clock.ts';
import type { CallContext } from '../../../src/compute/cloud.ts';
import { ComputeError } from '../../../src/compute/errors.ts';
import {
  isStream,
  type StreamedResponse,
  type Transport,
  TransportError,
  type UpstreamRequest,
} from './transport.ts';

/** The context of a request, or of cleanup. */
export interface UpstreamContext extends CallContext {
  /** As in `UpstreamRequest`. */
  readonly urgent?: boolean;
}

export interface UpstreamResponse {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The context of a call that others may join, so that it outlives the deadline of the request that starts it.
 *
 * @param tenant Whose share of the calls it takes.
 */
export function sharedContext(
  context: UpstreamContext,
  timeoutMs: number,
  tenant: CallContext['tenant'],
): UpstreamContext {
  return { ...context, deadline: deadlineIn(timeoutMs), tenant };
}

const MAX_ATTEMPTS = 3;
const RETRY_DELAY = { initialMs: 100, maxMs: 1_000 };

/** A service restarts behind its balancer. */
const RETRYABLE_STATUS = new Set([502, 503, 504]);

const SAFE_METHODS = new Set(['GET', 'HEAD']);
const IDEMPOTENT_METHODS = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

const decoder = new TextDecoder();

/** @throws ComputeError As `open`. */
export async function send(
  transport: Transport,
  request: UpstreamRequest,
  context: UpstreamContext,
): Promise<UpstreamResponse> {
  const buffered = !isStream(request.body);
  const { status, headers, body } = await open(transport, { ...request, buffered }, context);
  const text =
    body instanceof ReadableStream ? await new Response(body).text() : decoder.decode(body ?? undefined);
  return { status, headers, body: text };
}

/**
 * Sends `request` up to three times, with jittered backoff, when the connection breaks or the service restarts. What is not
 * idempotent is sent again only when certainly nothing of it was sent, a streamed body never. When the circuit opens between two
 * attempts, the outcome of the first one counts.
 *
 * @param deadline For all attempts; a streamed response may take longer.
 * @throws ComputeError `timeout`, `unavailable`, or `invalid` when the client has disconnected.
 */
export async function open(
  transport: Transport,
  request: UpstreamRequest,
  context: UpstreamContext,
  deadline = context.deadline,
): Promise<StreamedResponse> {
  // Clients that are passed through retry their own writes: they have to know what became of the first one.
  const isIdempotent = (request.buffered ? IDEMPOTENT_METHODS : SAFE_METHODS).has(request.method);
  let previous: StreamedResponse | TransportError | undefined;
  let sent = false;
  for (let attempt = 1; ; attempt++) {
    const outcome = await tryOnce(transport, request, context, deadline, attempt);
    if (outcome instanceof ComputeError) return settle(previous ?? outcome, request, context, sent);
    if (!(outcome instanceof TransportError)) {
      // Deleted by an attempt whose response was lost.
      if (sent && request.method === 'DELETE' && outcome.status === 404)
        return { ...outcome, status: 204, body: null };
      if (!isIdempotent || !RETRYABLE_STATUS.has(outcome.status)) return outcome;
    }
    const isRepeatable = !isStream(request.body) && (isIdempotent || isUnsent(outcome));
    sent ||= !isUnsent(outcome);
    const delayMs = backoff(attempt, RETRY_DELAY);
    const isFinal = attempt === MAX_ATTEMPTS || isOver(outcome) || delayMs >= remainingMs(deadline);
    if (isFinal || !isRepeatable) return settle(outcome, request, context, sent);
    previous = await replayable(outcome);
    await sleep(delayMs);
  }
}

/** Cancels the body of a response that is not needed. */
export async function discard({ body }: Pick<StreamedResponse, 'body'>): Promise<void> {
  if (body instanceof ReadableStream) await body.cancel();
}

/** A `ComputeError` is a call that the circuit breaker or the concurrency limit rejected. */
async function tryOnce(
  transport: Transport,
  request: UpstreamRequest,
  { region, tenant, urgent, trace }: UpstreamContext,
  deadline: MonotonicMs,
  attempt: number,
): Promise<StreamedResponse | TransportError | ComputeError> {
  if (remainingMs(deadline) === 0)
    return new TransportError('deadline passed', { sent: false, timedOut: true });
  const endCall = trace.startCall(performance.now());
  const span = trace.spans.startCall({ ...request, resends: attempt - 1 });
  const headers = { ...request.headers, ...span.headers };
  let response: StreamedResponse | undefined;
  try {
    response = await transport.open({ ...request, region, headers, tenant, urgent }, deadline);
    span.end(response.status);
    return response;
  } catch (error) {
    span.end(error);
    if (error instanceof TransportError || error instanceof ComputeError) return error;
    throw error;
  } finally {
    endCall(performance.now(), response?.headers['x-openstack-request-id']);
  }
}

function isUnsent(outcome: StreamedResponse | TransportError): boolean {
  return outcome instanceof TransportError && !outcome.sent;
}

function isOver(outcome: StreamedResponse | TransportError): boolean {
  return outcome instanceof TransportError && (outcome.timedOut || outcome.abandoned);
}

/** What can be returned later, should the next attempt be rejected: not a stream, which holds a connection. */
async function replayable(
  outcome: StreamedResponse | TransportError,
): Promise<StreamedResponse | TransportError | undefined> {
  if (outcome instanceof TransportError || !(outcome.body instanceof ReadableStream)) return outcome;
  await discard(outcome);
  return undefined;
}

function settle(
  outcome: StreamedResponse | TransportError | ComputeError,
  request: UpstreamRequest,
  { log }: UpstreamContext,
  sent: boolean,
): StreamedResponse {
  if (outcome instanceof ComputeError) throw outcome;
  if (outcome instanceof TransportError) throw upstreamUnreachable(request, outcome, log, sent);
  return outcome;
}

function upstreamUnreachable(
  { method, url }: UpstreamRequest,
  cause: TransportError,
  log: CallContext['log'],
  sent: boolean,
): ComputeError {
  if (cause.abandoned)
    return new ComputeError('invalid', 'The client disconnected before there was a response.', { cause });
  const { origin, pathname } = new URL(url);
  log.warn('upstream_unreachable', { method, origin, path: pathname, sent }, cause);
  const notApplied = !sent;
  return cause.timedOut
    ? new ComputeError('timeout', 'The cloud did not respond in time.', { cause, notApplied })
    : new ComputeError('unavailable', 'The cloud cannot be reached at the moment.', {
        cause,
        notApplied,
        retryAfter: 5,
      });
}
