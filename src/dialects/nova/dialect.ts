/**
 * The Nova dialect: OpenStack's own tools with an API key. An identity service of the gateway's own under `/identity`, and the
 * services under `/compute`, `/image`, `/networking` and `/volume`: the cloud's own, passed through, where it has them; else
 * translated.
 *
 * @module
 */

import { Hono, type MiddlewareHandler } from 'hono';
import type { Access } from '../../access/access.ts';
import { KeyTokens } from '../../access/key-token.ts';
import type { GatewayEnv } from '../../context.ts';
import type { PublicUrl } from '../../http/public-url.ts';
import type { RequestBody, RequestTarget } from '../../http/request-target.ts';
import type { FastPathSource } from '../../traffic/cache/fast-path-source.ts';
import type { ProjectVersions } from '../../traffic/versions/project-versions.ts';
import { authenticateToken } from './authenticate.ts';
import { forward } from './forward.ts';
import { identityFacade } from './identity/identity.ts';
import { rejectMethodOverride } from './method-override.ts';
import type { PassThrough } from './pass-through.ts';
import { ProxyCache, type ProxyCachePorts } from './proxy-cache.ts';
import { SERVICE_ENDPOINTS, SERVICES } from './services.ts';
import type { OpenSession } from './session.ts';
import type { NovaTranslation } from './translation.ts';
import { versionDocuments } from './version-documents.ts';

export interface NovaPorts {
  readonly access: Access;
  /** How the services are served: as the cloud's own, or by the gateway in their place. */
  readonly services: PassThrough | NovaTranslation;
  /** Hears of every change before its answer leaves. */
  readonly versions: ProjectVersions;
  readonly requestTarget: RequestTarget;
  readonly requestBody: RequestBody;
  readonly publicUrl: PublicUrl;
  readonly cache: Pick<ProxyCachePorts, 'responses' | 'isOn' | 'waitUntil'>;
  /** What the head of a passed-through response may take, milliseconds. */
  readonly headTimeoutMs: number;
  /** The stage `limit`. */
  readonly limited: MiddlewareHandler<GatewayEnv>;
}

export interface NovaDialect {
  /** Every route of the dialect, to be mounted at `/`. Handlers throw; `answerNovaError` says it. */
  readonly routes: Hono<GatewayEnv>;
  readonly fastPathSource: FastPathSource | null;
}

export function novaDialect(ports: NovaPorts): NovaDialect {
  const { access, limited } = ports;
  const tokens = new KeyTokens(access.secret);
  const { openSession, documents, answer, fastPathSource } = servicesOf(ports, tokens);
  const router = new Hono<GatewayEnv>({ strict: false });
  for (const { prefix } of Object.values(SERVICE_ENDPOINTS)) {
    router.use(`${prefix}/*`, rejectMethodOverride(ports.requestTarget));
  }
  router.route(SERVICE_ENDPOINTS.identity.prefix, identityFacade({ ...ports, tokens, openSession }, limited));
  const stages = [documents, authenticateToken(access, tokens), limited, answer] as const;
  for (const service of SERVICES) router.all(`${SERVICE_ENDPOINTS[service].prefix}/*`, ...stages);
  return { routes: router, fastPathSource };
}

function servicesOf(ports: NovaPorts, tokens: KeyTokens) {
  const { services, access, publicUrl } = ports;
  if ('forward' in services) {
    const { metrics } = access;
    const cache = new ProxyCache({ ...ports, ...ports.cache, metrics, passThrough: services, tokens });
    const own = { ...ports, passThrough: services, cache };
    const openSession: OpenSession = (credential, call) => services.session(credential, call);
    return {
      openSession,
      documents: versionDocuments(own, tokens),
      answer: forward(own),
      fastPathSource: cache,
    };
  }
  return {
    openSession: services.openSession(access.clouds),
    documents: services.versionDocuments(publicUrl),
    answer: services.handler(ports),
    fastPathSource: null,
  };
}
