import * as z from 'zod';
import { hasCode } from '../../../src/compute/errors.ts';
import type { Identity } from '../../../src/compute/model.ts';
import type { Service } from '../service.ts';
import type { Token } from './token.ts';

const UserBody = z.object({ user: z.object({ email: z.string().nullish() }) });

/** The user of a token, with the e-mail address where the cloud's policy lets the user read it. */
export async function identityOf(keystone: Service, token: Token): Promise<Identity> {
  try {
    const { user } = await keystone.get(`/users/${token.identity.userId}`, UserBody);
    return { ...token.identity, email: user.email ?? null };
  } catch (error) {
    if (!hasCode(error, 'forbidden', 'not_found')) throw error;
    return { ...token.identity, email: null };
  }
}
