import * as z from 'zod';
import { hasCode } from '../../../src/compute/errors.ts';
import type { Identity } from '../../../src/compute/model.ts';
import type { Service } from '../service.ts';
import type { Token } from './token.ts';

const UserBody = z.object({ user: z.object({ email: z.string().nullish() }) });

/** Who a token is for. The token does not tell the e-mail address; whether the user may read it is the cloud's policy. */
export async function identityOf(keystone: Service, token: Token): Promise<Identity> {
  try {
    const { user } = await keystone.get(`/users/${token.identity.userId}`, UserBody);
    return { ...token.identity, email: user.email ?? null };
  } catch (error) {
    if (!hasCode(error, 'forbidden', 'not_found')) throw error;
    return { ...token.identity, email: null };
  }
}
