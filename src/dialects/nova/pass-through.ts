import type { CallContext, CloudCredential } from '../../compute/cloud.ts';
import type { FurtherService } from '../../further-services.ts';
import type { EndpointName, Service } from './services.ts';
import type { NovaSession, OfferedService } from './session.ts';

export interface ServiceAddress extends OfferedService {
  /** Absolute, without version and trailing slash: what the service's own version document lies at. */
  readonly root: string;
  /** That of its public endpoint, which it names itself by in references. */
  readonly publicRoot: string;
  /** Paths below the root that are other services': never reached by way of this one. */
  readonly below: readonly string[];
}

/** Whom the cloud takes a credential for, and where its services are. The region is that of the endpoints in use. */
export interface CloudSession extends NovaSession {
  readonly services: ReadonlyMap<Service, ServiceAddress>;
  /** Every address of the cloud's services that may occur in responses, without version; longer ones first. */
  readonly roots: readonly CloudRoot[];
}

export interface CloudRoot {
  readonly url: string;
  readonly part: EndpointName | FurtherService;
  /** Only addresses that begin with it after the root are links; others are data. */
  readonly below?: string;
}

export type ForwardMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | 'COPY';

/** A request for the cloud, as it is to arrive there; nothing in it is the customer's secret. */
export interface ForwardRequest {
  readonly service: Service | 'identity';
  readonly method: ForwardMethod;
  /** Below the service's root, already checked and encoded, with the query: `/v2.1/servers?limit=1`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream is sent as it comes, and can be sent only once. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | null;
  /** The client sends a streamed body only once the service asks for it. */
  readonly expectsContinue?: boolean;
  /** What the head of the response may take, milliseconds; the call's deadline is for signing in. */
  readonly headTimeoutMs: number;
  /** Aborted when the client hangs up; absent where the response matters to the gateway itself. */
  readonly signal?: AbortSignal;
}

export interface ForwardedResponse {
  readonly status: number;
  /** By lower-case name; several of one name are joined. */
  readonly headers: Readonly<Record<string, string>>;
  /** Small bodies come whole. */
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null;
}

/**
 * Same dialect, passed through: a cloud that speaks OpenStack itself, as the Nova dialect reaches it. Errors in addition to those
 * named: `forbidden` (the cloud no longer takes the credential), `unavailable`, `timeout`, `bad_gateway`.
 */
export interface PassThrough {
  /** Without I/O while the credential's token is cached. */
  session(credential: CloudCredential, call: CallContext): Promise<CloudSession>;
  /** The cached session, the same object each time; null if there is none. */
  peekSession(credential: CloudCredential, region: string): CloudSession | null;
  /**
   * Sends a request with the credential's token. Responses of any status but 401 resolve, once their headers have arrived; a
   * token that the service refuses is replaced once, where the body can be sent again.
   *
   * Bodies may take as long as bytes keep moving, in either direction.
   *
   * @throws ComputeError `not_found` when the cloud has no such service; `not_implemented` when another region has it.
   */
  forward(
    credential: CloudCredential,
    request: ForwardRequest,
    call: CallContext,
  ): Promise<ForwardedResponse>;
  /**
   * Sends a request without any token, as long as an address of its service is known, and the roots in the response.
   *
   * @returns null when it is not.
   */
  anonymous(
    request: ForwardRequest,
    call: CallContext,
  ): Promise<{ readonly answer: ForwardedResponse; readonly roots: CloudSession['roots'] } | null>;
  /**
   * The document at `path` below a service's root, which needs no token, and the roots in it.
   *
   * @param credential The caller's, if there is one: without an earlier session it is needed to find the services.
   * @returns null when that is not known.
   */
  document(
    service: Service,
    path: string,
    credential: CloudCredential | null,
    call: CallContext,
  ): Promise<{ readonly answer: ForwardedResponse; readonly roots: CloudSession['roots'] } | null>;
}
