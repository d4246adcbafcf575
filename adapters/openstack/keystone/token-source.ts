import { type MonotonicMs, monotonicMs } from '../../../src/clock.ts';
import { ComputeError } from '../../../src/compute/errors.ts';
import { LruMap } from '../../../src/lru-map.ts';
import type { Transport } from '../http/transport.ts';
import { ownDeadline, type SendContext, send } from '../http/upstream-client.ts';
import { signInErrorFrom, UpstreamError } from '../http/upstream-error.ts';
import {
  type OpenStackCredential,
  type ServiceAccount,
  type SignIn,
  signInAs,
  signInWith,
} from './credentials.ts';
import { readToken, type Token } from './token.ts';

/** Whose token: a customer's credential, or the operator's account in its own project. */
export type TokenOwner = OpenStackCredential | { readonly kind: 'service_account' };

/** How many owners' tokens are kept. */
const MAX_TOKENS = 10_000;

/** A token is replaced this many milliseconds before it expires, so that none dies on the way to a service. */
const EXPIRY_MARGIN_MS = 120_000;

/** A sign-in serves everybody who waits for it. */
const SIGN_IN_TIMEOUT_MS = 10_000;

/** A refused credential is not tried again for this long: Keystone may lock the account of one that keeps failing. */
const REJECTION_TTL_MS = 2_000;

/**
 * A token in use is confirmed, by signing in again beside the requests, when it is this old, milliseconds. Services cache
 * that a token is valid (300 s by default), so without it a user who lost the project would keep it for that long.
 */
const CONFIRM_AFTER_MS = 60_000;

/** A token that is kept. */
interface CachedToken {
  readonly secret: string;
  readonly token: Token;
  /** When the sign-in began. */
  readonly signedInAt: MonotonicMs;
}

/**
 * Tokens by owner: each kept until shortly before it expires, and one sign-in in flight per owner however many requests
 * wait for it.
 */
export class TokenSource {
  readonly #transport: Transport;
  /** Without trailing slash, with `/v3`. */
  readonly #authUrl: string;
  readonly #account: ServiceAccount | null;
  readonly #tokens = new LruMap<CachedToken>({ max: MAX_TOKENS });
  readonly #signIns = new Map<string, { secret: string; token: Promise<Token> }>();

  readonly #confirmAfterMs: number;
  readonly #background: (work: Promise<unknown>) => void;

  constructor(options: {
    readonly transport: Transport;
    readonly authUrl: string;
    readonly serviceAccount: ServiceAccount | null;
    /** Milliseconds; for tests. */
    readonly confirmAfterMs?: number | undefined;
    readonly background?: (work: Promise<unknown>) => void;
  }) {
    this.#transport = options.transport;
    this.#authUrl = options.authUrl;
    this.#account = options.serviceAccount;
    this.#confirmAfterMs = options.confirmAfterMs ?? CONFIRM_AFTER_MS;
    this.#background = options.background ?? (() => {});
  }

  /**
   * A token that lives.
   *
   * @param refused A token that a service has just refused: it is not given out again.
   * @throws ComputeError `forbidden`: Keystone refuses the customer's credential; `unavailable`: it refuses the
   *   operator's account, or cannot be reached; `timeout`; `bad_gateway`.
   */
  async token(owner: TokenOwner, context: SendContext, refused?: Token): Promise<Token> {
    const kept = this.#usable(owner);
    const [key, secret] = [keyOf(owner), secretOf(owner)];
    if (kept === null || kept.token === refused) {
      return within(this.#renew(key, owner, secret, context), context);
    }
    if (this.#needsConfirmation(kept)) this.#confirm(key, owner, secret, context);
    return kept.token;
  }

  /** The token that is kept, unless it has to be replaced or confirmed. */
  cached(owner: TokenOwner): Token | null {
    const kept = this.#usable(owner);
    return kept === null || this.#needsConfirmation(kept) ? null : kept.token;
  }

  #usable(owner: TokenOwner): CachedToken | null {
    const kept = this.#tokens.get(keyOf(owner));
    if (kept === undefined || kept.secret !== secretOf(owner)) return null;
    const ageMs = monotonicMs() - kept.signedInAt;
    return ageMs < kept.token.lifetimeMs - EXPIRY_MARGIN_MS ? kept : null;
  }

  #needsConfirmation({ signedInAt }: CachedToken): boolean {
    return monotonicMs() - signedInAt > this.#confirmAfterMs;
  }

  readonly #refusals = new LruMap<{ secret: string; error: unknown }>({
    max: MAX_TOKENS,
    lifetimeMs: REJECTION_TTL_MS,
  });

  /** Signs in, or joins whoever does. */
  #renew(key: string, owner: TokenOwner, secret: string, context: SendContext): Promise<Token> {
    const running = this.#signIns.get(key);
    if (running !== undefined && running.secret === secret) return running.token;
    const refused = this.#refusals.get(key);
    if (refused !== undefined && refused.secret === secret) return Promise.reject(refused.error);
    // The operator's account serves all tenants; a customer's credential one.
    const tenant = owner.kind === 'service_account' ? undefined : context.tenant;
    const signedInAt = monotonicMs();
    const token = this.#signIn(owner, ownDeadline(context, SIGN_IN_TIMEOUT_MS, tenant)).then((fresh) => {
      this.#tokens.set(key, { secret, token: fresh, signedInAt });
      return fresh;
    });
    const entry = { secret, token };
    this.#signIns.set(key, entry);
    const done = () => {
      if (this.#signIns.get(key) === entry) this.#signIns.delete(key);
    };
    const over = token.then(done, (error) => {
      done();
      if (isRefusal(error)) this.#refusals.set(key, { secret, error });
    });
    this.#background(over);
    return token;
  }

  /** Beside the request: a token whose owner Keystone refuses by now is let go; while Keystone is away it is kept. */
  #confirm(key: string, owner: TokenOwner, secret: string, context: SendContext): void {
    // One asks for all: at the edge what another request began tells nothing to one that is over.
    if (this.#signIns.get(key)?.secret === secret) return;
    const kept = this.#tokens.get(key);
    this.#renew(key, owner, secret, context).catch((error) => {
      if (isRefusal(error) && this.#tokens.get(key) === kept) this.#tokens.delete(key);
    });
  }

  async #signIn(owner: TokenOwner, context: SendContext): Promise<Token> {
    const body = this.#bodyFor(owner);
    const answer = await send(
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
    if (answer.status === 201) return readToken(answer);
    const error = signInErrorFrom(answer);
    // An application credential that was deleted, or whose user was, is 404; everything else that is refused, 401.
    if (answer.status === 401 || answer.status === 404) throw refusal(owner, error, context);
    throw error.code === 'invalid'
      ? new ComputeError('bad_gateway', 'The cloud failed to sign in.', { cause: error })
      : error;
  }

  #bodyFor(owner: TokenOwner): SignIn {
    if (owner.kind !== 'service_account') return signInWith(owner, this.#account);
    if (this.#account !== null) return signInAs(this.#account);
    throw new ComputeError('unavailable', 'This gateway has no service account.');
  }
}

/** Waits for a token no longer than this request may. */
function within(token: Promise<Token>, { signal }: SendContext): Promise<Token> {
  const late = () => new ComputeError('timeout', 'The cloud did not answer in time.');
  if (signal.aborted) return Promise.reject(late());
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(late());
    signal.addEventListener('abort', giveUp, { once: true });
    token.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

/**
 * What a refused sign-in, or a refused fresh token, means: the customer's credential lost its rights (`forbidden`), or
 * the operator's account did (`unavailable`, and an alarm in the log).
 */
export function refusal(owner: TokenOwner, cause: unknown, context: SendContext): ComputeError {
  if (owner.kind === 'application_credential') {
    return new ComputeError('forbidden', 'This API key no longer has access to its project.', { cause });
  }
  context.log.error('service_account_rejected', {}, cause);
  return new ComputeError('unavailable', 'The cloud refuses this gateway at the moment.', {
    cause,
    retryAfter: 30,
  });
}

/** Whether Keystone said no to the credential itself, not to us or nothing at all. */
export function isRefusal(error: unknown): boolean {
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
