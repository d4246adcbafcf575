import type { MiddlewareHandler } from 'hono';
import { ComputeError } from '../compute/errors.ts';
import type { GatewayEnv } from '../context.ts';

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Refuses pages of other origins, as the protocol requires of servers ("Security Warning" of streamable HTTP): by DNS rebinding a
 * page can reach a gateway on the user's machine under the page's own name. To be mounted behind `cors`, whose origins are admitted.
 *
 * @param publicUrl `LINGUANOVA_PUBLIC_URL`; null: the gateway's own origin is known on the loopback alone.
 * @throws ComputeError `forbidden`.
 */
export function requireOrigin(publicUrl: string | null): MiddlewareHandler<GatewayEnv> {
  const own = publicUrl === null ? null : new URL(publicUrl).origin;
  return function handleOrigin(c, next) {
    const origin = c.req.header('origin');
    const isAdmitted =
      origin === undefined ||
      c.get('responseHeaders').get('Access-Control-Allow-Origin') !== undefined ||
      origin === (own ?? loopbackOrigin(c.req.url));
    if (isAdmitted) return next();
    throw new ComputeError(
      'forbidden',
      'Pages of this origin may not use this path: the operator can admit it in LINGUANOVA_CORS_ORIGINS.',
    );
  };
}

function loopbackOrigin(url: string): string | null {
  const { hostname, origin } = new URL(url);
  return LOOPBACK.test(hostname) ? origin : null;
}
