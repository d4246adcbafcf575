import type { Context, MiddlewareHandler } from 'hono';
import type { Access } from '../../access/access.ts';
import { admit, presentedKey, recordRejection } from '../../access/authenticate.ts';
import type { PresentedCredential } from '../../access/derived-credential.ts';
import { KeyTokens } from '../../access/key-token.ts';
import { ComputeError } from '../../compute/errors.ts';
import type { GatewayEnv } from '../../context.ts';

/**
 * From `X-Auth-Token`, else the headers of the redu dialect, to the principal. A token of the gateway and the key itself are
 * worth the same; a token is not believed for longer than its key.
 */
export function authenticateToken(access: Access, tokens: KeyTokens): MiddlewareHandler<GatewayEnv> {
  return async function authenticated(c, next) {
    const given = c.req.header('x-auth-token')?.trim() || undefined;
    await admit(
      access,
      c,
      given === undefined ? presentedKey(c) : await resolveToken(access, c, tokens, given),
    );
    await next();
  };
}

/**
 * The key that a token, or a key in a token's place, stands for. What is neither comes back as it is, and is refused as a key.
 *
 * @throws ComputeError `unauthenticated` for a token that was good once. That is no guess, and does not count as one: clients
 *   come with old tokens and then sign in anew, all their threads at once.
 */
export async function resolveToken(
  access: Access,
  c: Context<GatewayEnv>,
  tokens: KeyTokens,
  text: string,
): Promise<PresentedCredential> {
  const token = KeyTokens.isToken(text) ? await tokens.open(text) : null;
  if (token === null) return text;
  if (tokens.isUnexpired(token)) return token;
  recordRejection(access, c, 'expired_token', null);
  throw new ComputeError('unauthenticated', 'The token has expired.');
}
