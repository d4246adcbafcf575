import { SingleFlight, withTimeout } from '../../../src/async.ts';
import { type MonotonicMs, monotonicMs, remainingMs } from '../../../src/clock.ts';
import { asNotApplied, ComputeError, hasCode } from '../../../src/compute/errors.ts';
import { LruMap } from '../../../src/lru-map.ts';
import type { Transport } from '../http/transport.ts';
import { send, sharedContext, type UpstreamContext } from '../http/upstream-client.ts';
import { signInErrorFrom, UpstreamError } from '../http/upstream-error.ts';
import {
  type OpenStackCredential,
  type ServiceAccount,
  type SignIn,
  signInAs,
  signInWith,
} from './credentials.ts';
import { readToken, type Token } from './token.ts';

/** A customer's credential, or the operator's account in its own project. */
export type TokenOwner = OpenStackCredential | { readonly kind: 'service_account' };

const MAX_TOKENS = 10_000;

/** A token is replaced this long before it expires, so that none expires on the way to a service. */
const EXPIRY_MARGIN_MS = 120_000;

const SIGN_IN_TIMEOUT_MS = 10_000;

/** A rejected credential is not tried again for this long: Keystone may lock the account of one that keeps failing. */
const REJECTION_TTL_MS = 2_000;

/**
 * Age at which a token in use is confirmed by signing in again in the background. Services cache for 300 s that a token is valid,
 * so without it a user who lost the project would retain access for that long.
 */
const CONFIRM_AFTER_MS = 60_000;

interface CachedToken {
  readonly secret: string;
  readonly token: Token;
  /** When the sign-in began. */
  readonly signedInAt: MonotonicMs;
}

/** Tokens by owner: cached until shortly before they expire, with at most one sign-in in flight per owner. */
export class TokenSource {
  readonly #transport: Transport;
  /** Without trailing slash, with `/v3`. */
  readonly #authUrl: string;
  readonly #account: ServiceAccount | null;
  readonly #received: (token: Token) => Token;
  readonly #tokens = new LruMap<CachedToken>({ max: MAX_TOKENS });
  readonly #signIns = new SingleFlight<Token>();
  readonly #rejections = new LruMap<unknown>({ max: MAX_TOKENS, lifetimeMs: REJECTION_TTL_MS });
  readonly #confirmAfterMs: number;
  readonly #background: ((work: Promise<unknown>) => void) | undefined;

  constructor(options: {
    readonly transport: Transport;
    readonly authUrl: string;
    readonly serviceAccount: ServiceAccount | null;
    /** What becomes of each token that Keystone issues. */
    readonly received: (token: Token) => Token;
    /** For tests. */
    readonly confirmAfterMs?: number | undefined;
    /** As in `FlightOptions`. */
    readonly background?: ((work: Promise<unknown>) => void) | undefined;
  }) {
    this.#transport = options.transport;
    this.#authUrl = options.authUrl;
    this.#account = options.serviceAccount;
    this.#received = options.received;
    this.#confirmAfterMs = options.confirmAfterMs ?? CONFIRM_AFTER_MS;
    this.#background = options.background;
  }

  /**
   * A valid token.
   *
   * @param rejected A token that a service has just rejected: it is not returned again.
   * @throws ComputeError `forbidden`: Keystone rejects the customer's credential; `unavailable`: it rejects the operator's
   *   account, or cannot be reached; `timeout`; `bad_gateway`. All are `notApplied`: the call that needs the token was not sent.
   */
  async token(owner: TokenOwner, context: UpstreamContext, rejected?: Token): Promise<Token> {
    const cached = this.#usable(owner);
    if (cached === null || cached.token === rejected) {
      const renewed = withTimeout(this.#renew(owner, context), remainingMs(context.deadline), () => {
        throw new ComputeError('timeout', 'The cloud did not respond in time.');
      });
      return renewed.catch((error) => Promise.reject(asNotApplied(error)));
    }
    if (this.#needsConfirmation(cached)) this.#confirm(owner, cached, context);
    return cached.token;
  }

  /** The cached token, unless it has to be replaced or confirmed. */
  cached(owner: TokenOwner): Token | null {
    const cached = this.#usable(owner);
    return cached === null || this.#needsConfirmation(cached) ? null : cached.token;
  }

  #usable(owner: TokenOwner): CachedToken | null {
    const cached = this.#tokens.get(keyOf(owner));
    if (cached === undefined || cached.secret !== secretOf(owner)) return null;
    const ageMs = monotonicMs() - cached.signedInAt;
    return ageMs < cached.token.lifetimeMs - EXPIRY_MARGIN_MS ? cached : null;
  }

  #needsConfirmation({ signedInAt }: CachedToken): boolean {
    return monotonicMs() - signedInAt > this.#confirmAfterMs;
  }

  /** Signs in, or joins the sign-in in flight. */
  async #renew(owner: TokenOwner, context: UpstreamContext): Promise<Token> {
    const attempt = attemptOf(owner);
    const rejection = this.#rejections.get(attempt);
    if (rejection !== undefined) throw rejection;
    // The operator's account serves all tenants; a customer's credential one.
    const tenant = owner.kind === 'service_account' ? undefined : context.tenant;
    const signIn = async () => {
      const signedInAt = monotonicMs();
      try {
        const issued = await this.#signIn(owner, sharedContext(context, SIGN_IN_TIMEOUT_MS, tenant));
        const token = this.#received(issued);
        this.#tokens.set(keyOf(owner), { secret: secretOf(owner), token, signedInAt });
        return token;
      } catch (error) {
        if (isRejection(error)) this.#rejections.set(attempt, error);
        throw error;
      }
    };
    return this.#signIns.run(attempt, signIn, { background: this.#background });
  }

  /** In the background: drops a token whose owner Keystone rejects by now. While Keystone is down the token stays. */
  #confirm(owner: TokenOwner, cached: CachedToken, context: UpstreamContext): void {
    // At the edge, what another request has begun never continues this one once it is over.
    if (this.#signIns.has(attemptOf(owner))) return;
    this.#renew(owner, context).catch((error) => {
      if (isRejection(error) && this.#tokens.get(keyOf(owner)) === cached) this.#tokens.delete(keyOf(owner));
    });
  }

  async #signIn(owner: TokenOwner, context: UpstreamContext): Promise<Token> {
    const body = this.#bodyFor(owner);
    const response = await send(
      this.#transport,
      {
        service: 'identity',
        method: 'POST',
        url: `${this.#authUrl}/auth/tokens`,
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          'x-openstack-request-id': context.requestId,
        },
        body: JSON.stringify(body),
      },
      context,
    );
    if (response.status === 201) return readToken(response);
    const error = signInErrorFrom(response);
    // 404: the application credential, or its user, was deleted. 401: any other rejection.
    if (response.status === 401 || response.status === 404) throw rejection(owner, error, context);
    if (hasCode(error, 'rate_limited', 'unavailable', 'timeout', 'bad_gateway')) throw error;
    throw new ComputeError('bad_gateway', 'The cloud failed to sign in.', { cause: error });
  }

  #bodyFor(owner: TokenOwner): SignIn {
    if (owner.kind !== 'service_account') return signInWith(owner, this.#account);
    if (this.#account !== null) return signInAs(this.#account);
    throw new ComputeError('unavailable', 'This gateway has no service account.');
  }
}

/**
 * The error for a rejected sign-in, or a rejected new token: the customer's credential lost its rights (`forbidden`), or the
 * operator's account did (`unavailable`, and an alarm in the log).
 */
export function rejection(owner: TokenOwner, cause: unknown, context: UpstreamContext): ComputeError {
  if (owner.kind === 'application_credential') {
    return new ComputeError('forbidden', 'This API key no longer has access to its project.', { cause });
  }
  context.log.error('service_account_rejected', {}, cause);
  return new ComputeError('unavailable', 'The cloud rejects this gateway at the moment.', {
    cause,
    retryAfter: 30,
  });
}

/** Whether Keystone rejected the credential, as opposed to failing, or to rejecting the request. */
export function isRejection(error: unknown): boolean {
  const cause = error instanceof ComputeError ? error.cause : undefined;
  const upstream = cause instanceof ComputeError ? cause.cause : undefined;
  return (
    upstream instanceof UpstreamError &&
    upstream.service === 'identity' &&
    [401, 404].includes(upstream.status)
  );
}

function secretOf(owner: TokenOwner): string {
  return owner.kind === 'application_credential' ? owner.secret : '';
}

/** A wrong secret is another sign-in: it neither joins nor rejects that of the right one. */
function attemptOf(owner: TokenOwner): string {
  return `${keyOf(owner)} ${secretOf(owner)}`;
}

function keyOf(owner: TokenOwner): string {
  switch (owner.kind) {
    case 'application_credential':
      return `application_credential/${owner.id}`;
    case 'service':
      return `project/${owner.projectId}`;
    case 'service_account':
      return 'service_account';
  }
}
