import type { Context } from 'hono';
import * as z from 'zod';
import type { GatewayEnv } from '../../context.ts';
import { route } from '../../http/route.ts';

export const meSchema = z
  .object({
    id: z.string(),
    username: z.string(),
    email: z.string().nullable(),
    roles: z.array(z.string()),
    project_id: z.string(),
    scopes: z.array(z.string()).describe('What the key of this request may do.'),
  })
  .meta({ id: 'Me' });

export const ME = route({ method: 'GET', path: '/v1/me', status: 200, response: meSchema });

/**
 * `GET /v1/me`: whom the cloud takes the caller for, and what the key may do. Any valid key may ask. A service key is nobody
 * at the cloud: it hears of itself, not of the operator's account.
 */
export async function showMe(c: Context<GatewayEnv>): Promise<Response> {
  const identity = await c.var.cloud.identity();
  const { keyId, credential } = c.var.principal;
  const who =
    credential.kind === 'service'
      ? { id: keyId, username: keyId, email: null }
      : { id: identity.userId, username: identity.username, email: identity.email };
  const me: z.infer<typeof meSchema> = {
    ...who,
    roles: [...identity.roles],
    project_id: identity.projectId,
    scopes: [...c.var.principal.scopes],
  };
  return c.json(me);
}
