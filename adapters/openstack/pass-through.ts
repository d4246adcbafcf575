import { deadlineIn, remainingMs } from '../../src/clock.ts';
import type { CallContext, CloudCredential } from '../../src/compute/cloud.ts';
import { ComputeError } from '../../src/compute/errors.ts';
import type {
  CloudSession,
  ForwardedResponse,
  ForwardRequest,
  PassThrough,
} from '../../src/dialects/nova/pass-through.ts';
import { isStream, type UpstreamRequest } from './http/transport.ts';
import { discard, open } from './http/upstream-client.ts';
import { entriesOf, regionOf, rootOf } from './keystone/catalog.ts';
import { forOpenStack } from './keystone/credentials.ts';
import { missingService } from './keystone/regions.ts';
import { sessionOf } from './keystone/session.ts';
import type { Token } from './keystone/token.ts';
import { rejection } from './keystone/token-source.ts';
import type { OpenStack } from './openstack-cloud.ts';
import { sessionExpired } from './service.ts';

/** `PassThrough` to the services of an OpenStack. */
export function openStackPassThrough(openStack: OpenStack): PassThrough {
  const { tokens, transport } = openStack;
  /** The addresses of services are the same for every caller, so the latest token finds them for requests without a credential. */
  let latest: Token | undefined;
  const sessionWith = (token: Token, { region }: Pick<CallContext, 'region'>): CloudSession => {
    latest = token;
    return sessionOf(token, region, openStack);
  };

  /** @param token null where the service requires none. */
  async function respond(
    session: CloudSession,
    request: ForwardRequest,
    token: string | null,
    call: CallContext,
  ): Promise<ForwardedResponse> {
    const upstream = upstreamRequest(rootFor(session, request.service), request, token, call);
    const response = await open(transport, upstream, call, deadlineIn(request.headTimeoutMs));
    if (response.status >= 500) {
      const { service, method, url } = upstream;
      call.log.warn('upstream_error', {
        service,
        method,
        path: new URL(url).pathname,
        status: response.status,
      });
    }
    return response;
  }

  function rootFor(session: CloudSession, service: ForwardRequest['service']): string {
    if (service === 'identity') return rootOf(openStack.authUrl);
    const root = session.services.get(service)?.root;
    if (root === undefined) throw new ComputeError('not_found', `This cloud has no ${service} service.`);
    return root;
  }

  async function anyToken(credential: CloudCredential | null, call: CallContext): Promise<Token | null> {
    if (credential !== null) return tokens.token(forOpenStack(credential), call);
    if (latest !== undefined || !openStack.hasServiceAccount) return latest ?? null;
    return tokens.token({ kind: 'service_account' }, call);
  }

  /** @throws ComputeError `not_implemented` for a service of another region, else `not_found`. */
  const assertService = (session: CloudSession, service: ForwardRequest['service'], { catalog }: Token) => {
    if (service === 'identity' || session.services.has(service)) return;
    const missing = missingService(catalog, service, session.region);
    const isElsewhere = entriesOf(catalog, service).some((one) => regionOf(one) !== session.region);
    throw isElsewhere ? missing : new ComputeError('not_found', `This cloud has no ${service} service.`);
  };

  return {
    async session(credential, call) {
      return sessionWith(await tokens.token(forOpenStack(credential), call), call);
    },

    peekSession(credential, region) {
      const token = tokens.cached(forOpenStack(credential));
      return token === null ? null : sessionWith(token, { region });
    },

    async forward(credential, request, call) {
      const owner = forOpenStack(credential);
      const token = await tokens.token(owner, call);
      let isSpent = false;
      const sent = isStream(request.body)
        ? { ...request, body: noticing(request.body, () => (isSpent = true)) }
        : request;
      const session = sessionWith(token, call);
      assertService(session, request.service, token);
      const first = await respond(session, sent, token.id, call);
      if (first.status !== 401) return first;
      await discard(first);
      const renewed = await tokens.token(owner, call, token);
      if (isSpent) throw sessionExpired();
      const second = await respond(sessionWith(renewed, call), sent, renewed.id, call);
      if (second.status !== 401) return second;
      await discard(second);
      throw rejection(owner, new Error(`${request.service} rejects a new token`), call);
    },

    async anonymous(request, call) {
      const token = await anyToken(null, call);
      if (token === null) return null;
      const session = sessionWith(token, call);
      assertService(session, request.service, token);
      return { answer: await respond(session, request, null, call), roots: session.roots };
    },

    async document(service, path, credential, call) {
      const token = await anyToken(credential, call);
      if (token === null) return null;
      const session = sessionWith(token, call);
      if (credential !== null) assertService(session, service, token);
      else if (!session.services.has(service)) return null;
      const headers = { accept: 'application/json' };
      const headTimeoutMs = remainingMs(call.deadline);
      const request = { service, method: 'GET', path, headers, body: null, headTimeoutMs } as const;
      return { answer: await respond(session, request, null, call), roots: session.roots };
    },
  };
}

/** A stream, and when it begins to be read, after which it cannot be sent again. */
function noticing(body: AsyncIterable<Uint8Array>, onRead: () => void): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      onRead();
      return body[Symbol.asyncIterator]();
    },
  };
}

function upstreamRequest(
  root: string,
  { service, method, path, headers, body, expectsContinue, signal }: ForwardRequest,
  token: string | null,
  { requestId }: CallContext,
): UpstreamRequest {
  return {
    service,
    method,
    url: root + path,
    body,
    expectsContinue,
    signal,
    headers: {
      ...headers,
      ...(token !== null && { 'x-auth-token': token }),
      'x-openstack-request-id': requestId,
    },
  };
}
