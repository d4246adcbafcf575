/**
 * The Nova dialect: OpenStack's own tools with an API key. An identity service of the gateway's own under `/identity`, and the
 * cloud's services under `/compute`, `/image`, `/networking` and `/volume`, passed through.
 *
 * @module
 */

import { Hono, type MiddlewareHandler } from 'hono';
import type { Access } from '../../access/access.ts';
import { KeyTokens } from '../../access/key-token.ts';
import type { GatewayEnv } from '../../context.ts';
import type { RequestBody, RequestTarget } from '../../http/request-target.ts';
import type { ProjectVersions } from '../../traffic/versions/project-versions.ts';
import { authenticateToken } from './authenticate.ts';
import { forward } from './forward.ts';
import { identityFacade } from './identity/identity.ts';
import { KeptReads } from './kept-reads.ts';
import type { PassThrough } from './pass-through.ts';
import type { PublicUrl } from './public-url.ts';
import { FACES, SERVICES } from './services.ts';
import { versionDocuments } from './versions.ts';

export interface NovaPorts {
  readonly access: Access;
  readonly passThrough: PassThrough;
  /** Hears of every change before its answer leaves. */
  readonly versions: ProjectVersions;
  readonly requestTarget: RequestTarget;
  readonly requestBody: RequestBody;
  readonly publicUrl: PublicUrl;
  /** Whether reads are told again for a moment. */
  readonly keepsReads: boolean;
  /** The stage `limit`. */
  readonly limited: MiddlewareHandler<GatewayEnv>;
}

/** Every route of the dialect, to be mounted at `/`. Handlers throw; `answerNovaError` says it. */
export function novaDialect(ports: NovaPorts): Hono<GatewayEnv> {
  const tokens = new KeyTokens(ports.access.secret);
  const router = new Hono<GatewayEnv>({ strict: false });
  router.route(FACES.identity.prefix, identityFacade({ ...ports, tokens }, ports.limited));
  const { access, versions, keepsReads } = ports;
  const keptReads = new KeptReads(versions, access.metrics, { on: keepsReads });
  const stages = [
    versionDocuments(ports, tokens),
    authenticateToken(ports.access, tokens),
    ports.limited,
    forward({ ...ports, keptReads }),
  ] as const;
  for (const service of SERVICES) router.all(`${FACES[service].prefix}/*`, ...stages);
  return router;
}
