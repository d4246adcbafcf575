import { deadlineIn, type MonotonicMs, remainingMs } from '../../src/clock.ts';
import type { CallContext, CloudCredential } from '../../src/compute/cloud.ts';
import { ComputeError } from '../../src/compute/errors.ts';
import type {
  CloudSession,
  ForwardRequest,
  PassThrough,
  UpstreamResponse,
} from '../../src/dialects/nova/pass-through.ts';
import { isStream, type StreamedRequest, type StreamingTransport } from './http/stream.ts';
import { TransportError } from './http/transport.ts';
import type { SendContext } from './http/upstream-client.ts';
import { forOpenStack } from './keystone/credentials.ts';
import { sessionOf } from './keystone/session.ts';
import type { Token } from './keystone/token.ts';
import { refusal, type TokenOwner } from './keystone/token-source.ts';
import { type OpenStack, sendContext } from './openstack-cloud.ts';

const MAX_ATTEMPTS = 3;
/** Milliseconds before the second attempt; doubles, and is spread between half and the whole of it. */
const FIRST_PAUSE = 100;
/** A service behind a balancer says these while it restarts; a moment later it may be back. */
const PASSING = new Set([502, 503, 504]);

/** `PassThrough` to the services of an OpenStack. */
export function openStackPassThrough(openStack: OpenStack, transport: StreamingTransport): PassThrough {
  const { tokens, endpoints } = openStack;
  /** The services lie where they lie for everybody; remembered for who asks before anybody is signed in. */
  let latest: CloudSession | undefined;
  const sessionWith = (token: Token): CloudSession => {
    latest = sessionOf(token, endpoints, openStack.authUrl);
    return latest;
  };
  const openWith = (token: Token, request: ForwardRequest, call: CallContext) =>
    attempt(
      transport,
      addressed(sessionWith(token), request, token.id, call),
      call,
      deadlineIn(request.headTimeoutMs),
    );

  return {
    async session(credential, call) {
      return sessionWith(await tokens.token(forOpenStack(credential), sendContext(call)));
    },

    knownSession(credential) {
      const token = tokens.cached(forOpenStack(credential));
      return token === null ? null : sessionWith(token);
    },

    async forward(credential, request, call) {
      const context = sendContext(call);
      const owner = forOpenStack(credential);
      const token = await tokens.token(owner, context);
      const answer = await openWith(token, request, call);
      if (answer.status !== 401) return answer;
      await discard(answer);
      const fresh = await tokens.token(owner, context, token);
      if (isStream(request.body)) {
        throw new ComputeError('unavailable', 'The cloud asks to sign in again. Send the request once more.');
      }
      const second = await openWith(fresh, request, call);
      if (second.status !== 401) return second;
      await discard(second);
      throw refusal(owner, new Error(`${request.service} refuses a new token`), context);
    },

    async document(service, path, credential, call) {
      const session = await anySession(credential, sendContext(call));
      const address = session?.services.get(service);
      if (session === null || address === undefined) return null;
      const request = {
        service,
        method: 'GET',
        path,
        headers: { accept: 'application/json' },
        body: null,
        headTimeoutMs: remainingMs(call.deadline),
      } as const;
      const answer = await attempt(transport, addressed(session, request, null, call), call, call.deadline);
      return { answer, roots: session.roots };
    },
  };

  async function anySession(
    credential: CloudCredential | null,
    context: SendContext,
  ): Promise<CloudSession | null> {
    if (credential === null && latest !== undefined) return latest;
    const owner: TokenOwner | null =
      credential !== null
        ? forOpenStack(credential)
        : openStack.hasServiceAccount
          ? { kind: 'service_account' }
          : null;
    return owner === null ? null : sessionWith(await tokens.token(owner, context));
  }
}

/** @param token null where nobody has to be signed in. */
function addressed(
  session: CloudSession,
  { service, method, path, headers, body, signal }: ForwardRequest,
  token: string | null,
  call: CallContext,
): StreamedRequest {
  const root = session.services.get(service)?.root;
  if (root === undefined) throw new ComputeError('not_found', `This cloud has no ${service} service.`);
  const [origin = '', prefix = ''] = /^(https?:\/\/[^/]+)(.*)$/.exec(root)?.slice(1) ?? [];
  return {
    service,
    tenant: call.tenant,
    method,
    origin,
    path: prefix + path,
    body,
    signal,
    headers: {
      ...headers,
      ...(token !== null && { 'x-auth-token': token }),
      'x-openstack-request-id': call.requestId,
    },
  };
}

/**
 * Sends a request. One that only reads is tried again when the connection breaks or the service is passing through a restart;
 * any other only when certainly nothing of it was sent.
 *
 * @param deadline For the head of the response.
 * @throws ComputeError `timeout` or `unavailable`; `invalid` when the client hung up.
 */
async function attempt(
  transport: StreamingTransport,
  request: StreamedRequest,
  call: CallContext,
  deadline: MonotonicMs,
): Promise<UpstreamResponse> {
  const reads = request.method === 'GET' || request.method === 'HEAD';
  const repeatable = !isStream(request.body);
  for (let tried = 1; ; tried++) {
    const outcome = await openOnce(transport, request, call, deadline);
    const failed = outcome instanceof TransportError;
    const passing = !failed && PASSING.has(outcome.status);
    const mayRepeat = repeatable && (failed ? reads || !outcome.sent : passing && reads);
    const pause = FIRST_PAUSE * 2 ** (tried - 1) * (0.5 + Math.random() / 2);
    const hopeless = (failed && (outcome.timedOut || outcome.abandoned)) || pause >= remainingMs(deadline);
    if (!mayRepeat || hopeless || tried === MAX_ATTEMPTS) {
      if (failed) throw upstreamUnreachable(request, outcome, call);
      if (outcome.status >= 500) logUpstreamError(request, outcome.status, call);
      return outcome;
    }
    if (!failed) await discard(outcome);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

async function openOnce(
  transport: StreamingTransport,
  request: StreamedRequest,
  { trace }: CallContext,
  deadline: MonotonicMs,
): Promise<UpstreamResponse | TransportError> {
  const asked = trace.startCall(performance.now());
  let id: string | undefined;
  try {
    const answer = await transport.open(request, deadline);
    id = answer.headers['x-openstack-request-id'];
    return answer;
  } catch (error) {
    if (error instanceof TransportError) return error;
    throw error;
  } finally {
    asked(performance.now(), id);
  }
}

async function discard({ body }: UpstreamResponse): Promise<void> {
  if (body instanceof ReadableStream) await body.cancel();
}

function logUpstreamError(
  { service, method, path }: StreamedRequest,
  status: number,
  call: CallContext,
): void {
  call.log.warn('upstream_error', { service, method, path: path.replace(/\?.*$/s, ''), status });
}

function upstreamUnreachable(
  request: StreamedRequest,
  error: TransportError,
  { log }: CallContext,
): ComputeError {
  const { method, origin, path } = request;
  if (error.abandoned) {
    return new ComputeError('invalid', 'The client hung up before there was a response.', { cause: error });
  }
  log.warn(
    'upstream_unreachable',
    { method, origin, path: path.replace(/\?.*$/s, ''), sent: error.sent },
    error,
  );
  const underneath = { cause: error, notApplied: !error.sent };
  return error.timedOut
    ? new ComputeError('timeout', 'The cloud did not answer in time.', underneath)
    : new ComputeError('unavailable', 'The cloud cannot be reached at the moment.', {
        ...underneath,
        retryAfter: 5,
      });
}
