import type { MiddlewareHandler } from 'hono';
import { callContext } from '../../../access/access.ts';
import type { GatewayEnv } from '../../../context.ts';
import { isRead, methodOf, wholeBody } from '../forward.ts';
import { requestHeaders } from '../headers.ts';
import type { CloudRoot, CloudSession, PassThrough } from '../pass-through.ts';
import { rewriteResponse, toResponse } from '../proxied-response.ts';
import { isAdministrator } from '../proxy-cache.ts';
import { parseIdentityTarget } from '../target.ts';
import type { TranslationPorts } from '../translation.ts';
import { goesToKeystone, isKeystoneCollection } from './keystone-paths.ts';

/** Where a response holds the catalog's addresses as data, its links begin like this. */
const BELOW_VERSION = '/v3/';

export interface KeystonePorts extends Pick<TranslationPorts, 'access' | 'publicUrl' | 'requestTarget'> {
  readonly passThrough: PassThrough;
  readonly headTimeoutMs: number;
}

/** Passes to the cloud's own Keystone what is its to respond to; calls `next` for all else. Behind the limits. */
export function keystonePassThrough(ports: KeystonePorts): MiddlewareHandler<GatewayEnv> {
  const { access, passThrough } = ports;
  return async function keystone(c, next) {
    const { path, segments } = parseIdentityTarget(ports.requestTarget(c));
    if (!isKeystoneCollection(segments)) return next();
    const method = methodOf(c);
    const { credential, scopes } = c.get('principal');
    const call = callContext(c, access.upstreamBudgetMs);
    const session = await passThrough.session(credential, call);
    const caller = {
      session,
      isServiceKey: credential.kind === 'service',
      isAdministrator: isAdministrator(session),
      hasAdminScope: scopes.includes('admin'),
    };
    if (!goesToKeystone(segments, isRead(method), caller)) return next();
    const response = await passThrough.forward(
      credential,
      {
        service: 'identity',
        method,
        path,
        headers: requestHeaders(c.req.raw.headers, false),
        body: isRead(method) ? null : await wholeBody(c),
        headTimeoutMs: ports.headTimeoutMs,
        signal: c.req.raw.signal,
      },
      call,
    );
    const roots = rootsOf(session, segments.includes('endpoints'));
    const url = ports.publicUrl(c);
    return toResponse(
      c.get('responseHeaders'),
      rewriteResponse(response, roots, { identity: url, services: url }),
    );
  };
}

const rootsOfSession = new WeakMap<CloudSession, readonly CloudRoot[][]>();

/** Keystone's own addresses alone: those of other services are data in its responses. */
function rootsOf(session: CloudSession, holdsAddresses: boolean): readonly CloudRoot[] {
  let known = rootsOfSession.get(session);
  if (known === undefined) {
    const own = session.roots.filter(({ part }) => part === 'identity');
    known = [own, own.map((root) => ({ ...root, below: BELOW_VERSION }))];
    rootsOfSession.set(session, known);
  }
  return known[Number(holdsAddresses)] ?? [];
}
