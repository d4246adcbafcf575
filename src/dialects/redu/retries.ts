import type { Context, MiddlewareHandler } from 'hono';
import type { Access } from '../../access/access.ts';
import { openCloud, presentedKey } from '../../access/authenticate.ts';
import type { EndedKey } from '../../access/key-verifier.ts';
import { wallMs } from '../../clock.ts';
import type { GatewayEnv } from '../../context.ts';

/** The requests that end the key they come with: its rotation and its revocation. */
const ENDING = /^\/v1\/api_keys\/([0-9a-z]{1,64})(\/rotate)?\/?$/;
const REPLAYABLE_MS = 86_400_000;

/**
 * A retry of the request that has ended its own key, whose response was lost: for 24 hours the rotation gives the same response
 * again, for the same `Idempotency-Key` and body, and the revocation 204. Everything else with such a key goes on to
 * `authenticate`, which refuses it.
 *
 * @param limited The stage `limit`: a retry costs what the first request did.
 * @param replay The stored response to this very request of the principal; null when there is none.
 */
export function retriesOfEndedKeys(
  access: Access,
  limited: MiddlewareHandler<GatewayEnv>,
  replay: (c: Context<GatewayEnv>) => Promise<Response | null>,
): MiddlewareHandler<GatewayEnv> {
  const opened = openCloud(access);

  async function responseFor(c: Context<GatewayEnv>, { row }: EndedKey): Promise<Response | null> {
    if (c.req.method === 'DELETE') {
      const isRecent = row.revokedAt !== null && wallMs() - Date.parse(row.revokedAt) < REPLAYABLE_MS;
      return isRecent ? c.body(null, 204) : null;
    }
    // A revoked key, or family, ends the replay too.
    if (row.revokedAt !== null || row.successorId === null) return null;
    await opened(c, async () => {});
    return replay(c);
  }

  return async function retriedWithEndedKey(c, next) {
    const [, id, rotates] = ENDING.exec(c.req.path) ?? [];
    const key = presentedKey(c);
    if (c.req.method !== (rotates === undefined ? 'DELETE' : 'POST')) return next();
    if (id === undefined || key === undefined) return next();
    const ended = await access.verifier.verifyEnded(key, access.clientAddress(c), c.req.header('origin'));
    if (ended?.row.id !== id || ended.principal.isBrowserKey) return next();
    c.set('principal', ended.principal);
    let response: Response | null = null;
    let isAdmitted = false;
    await limited(c, async () => {
      isAdmitted = true;
      response = await responseFor(c, ended);
    });
    if (!isAdmitted) return;
    return response ?? next();
  };
}
