import type { Context } from 'hono';
import type { Access } from '../../access/access.ts';
import { authenticationStage, presentedKey, recordRejection } from '../../access/authenticate.ts';
import type { PresentedCredential } from '../../access/derived-credential.ts';
import { KeyTokens } from '../../access/key-token.ts';
import { ComputeError } from '../../compute/errors.ts';
import type { GatewayEnv, Stage } from '../../context.ts';

/** Authenticates by a token or API key in `X-Auth-Token`, otherwise by the headers of the redu dialect. A token expires with its key. */
export function authenticateToken(access: Access, tokens: KeyTokens): Stage {
  const tokenOf = (c: Context<GatewayEnv>) => c.req.header('x-auth-token')?.trim();
  return authenticationStage(
    access,
    async (c) => {
      const token = tokenOf(c);
      return token ? resolveToken(access, c, tokens, token) : presentedKey(c);
    },
    (c) => {
      const token = tokenOf(c);
      if (!token) return presentedKey(c);
      return KeyTokens.isToken(token) ? tokens.cached(token) : token;
    },
  );
}

/**
 * The credential in a token. Any other text is returned unchanged, to be verified as a key.
 *
 * @throws ComputeError `unauthenticated` for an expired token. It does not count as a failed guess: clients reuse old tokens on
 *   all their threads before they sign in again.
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
