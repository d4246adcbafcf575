import type { Context } from 'hono';
import type * as z from 'zod';
import { ComputeError } from '../compute/errors.ts';
import type { GatewayEnv } from '../context.ts';
import type { Access } from './access.ts';
import { recordRejection, tooManyFailures } from './authenticate.ts';
import type { FailureLimit } from './failure-limit.ts';
import { hashKeySecret, timingSafeEqual } from './server-secret.ts';

export interface AdminToken {
  /** null for the one unnamed token. */
  readonly name: string | null;
  /** Secret. */
  readonly token: string;
}

const NAMED = /^([\w.-]{1,64}):(.+)$/;
/** Printable ASCII without space and comma; only a token after a name may contain a colon. */
const PLAIN_TOKEN = /^[\x21-\x2b\x2d-\x39\x3b-\x7e]{16,}$/;
const NAMED_TOKEN = /^[\x21-\x2b\x2d-\x7e]{16,}$/;

/** One token, or several as `name:token`, comma-separated. */
export function parseAdminTokens(list: string, context: z.RefinementCtx): readonly AdminToken[] {
  const tokens = list.split(',').map((entry): AdminToken => {
    const [, name = null, token = entry.trim()] = NAMED.exec(entry.trim()) ?? [];
    return { name, token };
  });
  const message = problemOf(tokens);
  if (message !== null) context.addIssue({ code: 'custom', message });
  return tokens;
}

function actorOf({ name }: AdminToken): string {
  return name === null ? 'admin' : `admin:${name}`;
}

function problemOf(tokens: readonly AdminToken[]): string | null {
  if (!tokens.every(({ name, token }) => (name === null ? PLAIN_TOKEN : NAMED_TOKEN).test(token))) {
    return 'must be one token of at least 16 characters, all printable ASCII, without space, comma and colon; or several as name:token, comma-separated, whose names have up to 64 of A-Z a-z 0-9 _ . -';
  }
  if (!areDistinct(tokens.map(({ name }) => name))) {
    return 'must name each token differently: name:token,name2:token2; one may be without a name';
  }
  return areDistinct(tokens.map(({ token }) => token)) ? null : 'must not have the same token twice';
}

function areDistinct(values: readonly (string | null)[]): boolean {
  return new Set(values).size === values.length;
}

/** Returns the actor. @throws ComputeError `unauthenticated`; `rate_limited` for an address that keeps failing. */
export function assertAdminToken(
  access: Access,
  c: Context<GatewayEnv>,
  tokens: readonly AdminToken[],
  given: string | undefined,
  failures: FailureLimit,
): string {
  const address = access.clientAddress(c);
  const matching = given === undefined ? null : matchingToken(access, tokens, given);
  // A valid token is not blocked by failures from the same address.
  if (matching !== null) {
    access.metrics.count('key_verifications', { result: 'admin_token' });
    return actorOf(matching);
  }
  recordRejection(access, c, given === undefined ? 'missing' : 'wrong_admin_token', null);
  const blocked = (given === undefined ? access.anonymousRequests : failures).record(address);
  if (blocked !== null) throw tooManyFailures(blocked);
  throw new ComputeError('unauthenticated', 'Invalid admin token');
}

/** Compares with every token, so that timing does not reveal which one matched. */
function matchingToken({ secret }: Access, tokens: readonly AdminToken[], given: string): AdminToken | null {
  // Hashed first, so that timing does not reveal the token's length.
  const hash = hashKeySecret(secret, given);
  let matching: AdminToken | null = null;
  for (const one of tokens) if (timingSafeEqual(hash, hashKeySecret(secret, one.token))) matching = one;
  return matching;
}
