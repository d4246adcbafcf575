import * as z from 'zod';
import type { Identity } from '../../compute/model.ts';
import { route } from '../../http/route.ts';
import { shownScopes } from '../../scopes.ts';
import type { Read } from '../../traffic/cache/read.ts';

export const meSchema = z
  .object({
    id: z.string(),
    username: z.string(),
    email: z.string().nullable(),
    roles: z.array(z.string()),
    project_id: z.string(),
    scopes: z.array(z.string()).describe('What the key of this request may do.'),
    regions: z.array(z.string()).nullable().describe('Names of the regions that key may use; null: all.'),
  })
  .meta({ id: 'Me' });

export const ME = route({ method: 'GET', path: '/v1/me', status: 200, response: meSchema });

/**
 * `GET /v1/me`: the current identity, and the scopes and regions of the key; of further services, the scopes of those served. A
 * service key has no user at the cloud: it gets its own id, not the operator's account.
 */
export const readMe = (services: ReadonlySet<string>): Read<null, z.infer<typeof meSchema>> => ({
  input: () => null,
  async load(cloud, _, { keyId, credential, scopes, regions }) {
    const { userId, username, email, roles, projectId }: Identity = await cloud.identity();
    const user =
      credential.kind === 'service'
        ? { id: keyId, username: keyId, email: null }
        : { id: userId, username, email };
    return {
      ...user,
      roles: [...roles],
      project_id: projectId,
      scopes: [...shownScopes(scopes, services)],
      regions: regions && [...regions],
    };
  },
  render: (me) => ({ body: JSON.stringify(me) }),
});
