/**
 * The Nova dialect: OpenStack's own tools with an API key. An identity service of the gateway's own under `/identity`, and the
 * services under `/compute`, `/image`, `/networking` and `/volume`: the cloud's own, passed through, where it has them; else
 * translated. Further services of the cloud are passed through under their types.
 */

import { type Context, type Handler, Hono, type MiddlewareHandler } from 'hono';
import { every } from 'hono/combine';
import { KeyTokens } from '../../access/key-token.ts';
import type { GatewayEnv, Stage } from '../../context.ts';
import { isFurtherService, isOtherService } from '../../further-services.ts';
import type { RequestBody } from '../../http/request-target.ts';
import { OTHER_SERVICES_ROUTE } from '../../telemetry/dialect-of-route.ts';
import type { FindHit } from '../../traffic/cache/request-memo.ts';
import { serviceRules } from './access-rules.ts';
import { authenticateToken } from './authenticate.ts';
import { forward } from './forward.ts';
import { forwardFurther } from './further/forward.ts';
import { identityFacade } from './identity/identity.ts';
import { keystonePassThrough } from './identity/keystone.ts';
import { rejectMethodOverride } from './method-override.ts';
import { type AnonymousAdmission, anonymousObjects, objectStorage } from './object-store/object-store.ts';
import type { PassThrough } from './pass-through.ts';
import { ProxyCache, type ProxyCachePorts } from './proxy-cache.ts';
import {
  DEFAULT_SERVICES,
  OTHERS,
  prefixOf,
  SERVICE_ENDPOINTS,
  SERVICES,
  type ServedServices,
  serviceOfPath,
} from './services.ts';
import type { OpenSession } from './session.ts';
import type { NovaTranslation, TranslationPorts } from './translation.ts';
import { versionDocuments } from './version-documents.ts';

interface NovaPorts extends TranslationPorts {
  /** How the services are served: as the cloud's own, or by the gateway in their place. */
  readonly services: PassThrough | NovaTranslation;
  /** The default ones unless given. */
  readonly served?: ServedServices;
  /** Absent: object storage is not served without a key. */
  readonly anonymousObjects?: AnonymousAdmission | undefined;
  readonly requestBody: RequestBody;
  readonly cache: Pick<ProxyCachePorts, 'responses' | 'isOn' | 'waitUntil'>;
  /** What the head of a passed-through response may take, milliseconds. */
  readonly headTimeoutMs: number;
  readonly limit: Stage;
  /** Behind them the request's region is served, and the key may use it. */
  readonly region: readonly Stage[];
}

interface NovaDialect {
  /** Every route of the dialect, to be mounted at `/`. Handlers throw; `novaErrorResponse` renders. */
  readonly routes: Hono<GatewayEnv>;
  /** Serves a request that no route takes, if it may be of a service that only the catalog names. */
  readonly others: ((c: Context<GatewayEnv>) => Promise<Response> | null) | null;
  /** The stages of a read that is passed through, and the look-up of its cached response; null: nothing is cached. */
  readonly fastPath: {
    readonly prefixes: readonly string[];
    readonly stages: readonly Stage[];
    readonly findHit: FindHit;
  } | null;
}

export function novaDialect(ports: NovaPorts): NovaDialect {
  const { access, limit, region, served = DEFAULT_SERVICES } = ports;
  const tokens = new KeyTokens(access.secret);
  const { openSession, keystone, documents, handler, findHit } = servicesOf(ports, tokens);
  const router = new Hono<GatewayEnv>({ strict: false });
  const override = rejectMethodOverride(ports.requestTarget);
  const further = [...served].filter(isFurtherService);
  for (const { prefix } of Object.values(SERVICE_ENDPOINTS)) router.use(`${prefix}/*`, override.handle);
  for (const service of further) router.use(`${prefixOf(service)}/*`, override.handle);
  router.route(
    SERVICE_ENDPOINTS.identity.prefix,
    identityFacade({ ...ports, tokens, openSession }, limit.handle, keystone),
  );
  const authenticated = authenticateToken(access, tokens);
  const rules = serviceRules(ports.requestTarget);
  const prefixes = SERVICES.filter((service) => served.has(service)).map(
    (service) => `${SERVICE_ENDPOINTS[service].prefix}/`,
  );
  const regionHandlers = region.map(({ handle }) => handle);
  for (const prefix of prefixes) {
    router.all(
      `${prefix}*`,
      documents.handle,
      authenticated.handle,
      limit.handle,
      ...regionHandlers,
      rules,
      handler,
    );
  }
  if ('forward' in ports.services) {
    const own = { ...ports, passThrough: ports.services };
    const forwarded = forwardFurther(own);
    for (const service of further) {
      const path = `${prefixOf(service)}/*`;
      const isObjects = service === 'object-store';
      router.use(path, documents.handle);
      if (isObjects && ports.anonymousObjects)
        router.use(path, anonymousObjects(own, ports.anonymousObjects));
      for (const { handle } of [authenticated, limit, ...region]) router.use(path, handle);
      router.all(path, rules, isObjects ? objectStorage(own) : forwarded);
    }
  }
  return {
    routes: router,
    others: othersOf(ports, tokens, rules),
    fastPath: findHit && {
      prefixes,
      stages: [override, documents, authenticated, limit, ...region],
      findHit,
    },
  };
}

function othersOf(
  ports: NovaPorts,
  tokens: KeyTokens,
  rules: MiddlewareHandler<GatewayEnv>,
): NovaDialect['others'] {
  const { access, limit, region, services, served, requestTarget } = ports;
  if (!served?.has(OTHERS) || !('forward' in services)) return null;
  const stages = [rejectMethodOverride(requestTarget), authenticateToken(access, tokens), limit, ...region];
  const forwarded = forwardFurther({ ...ports, passThrough: services });
  const run = every(...stages.map(({ handle }) => handle), rules, forwarded);
  return (c) => {
    const service = serviceOfPath(c.req.path);
    if (service === null || !isOtherService(service)) return null;
    c.set('route', OTHER_SERVICES_ROUTE);
    return Promise.resolve(run(c, async () => {})).then((response) => response ?? c.res);
  };
}

interface Services {
  readonly openSession: OpenSession;
  readonly keystone: MiddlewareHandler<GatewayEnv> | null;
  readonly documents: Stage;
  readonly handler: Handler<GatewayEnv>;
  readonly findHit: FindHit | null;
}

function servicesOf(ports: NovaPorts, tokens: KeyTokens): Services {
  const { services, access, regionalUrl } = ports;
  if ('forward' in services) {
    const { metrics } = access;
    const cache = new ProxyCache({ ...ports, ...ports.cache, metrics, passThrough: services });
    const own = { ...ports, passThrough: services, cache };
    const openSession: OpenSession = (credential, call) => services.session(credential, call);
    return {
      openSession,
      keystone: keystonePassThrough(own),
      // A document is no read of a resource, so no cached response is one.
      documents: { handle: versionDocuments(own, tokens, ports.cache.waitUntil), check: () => true },
      handler: forward(own),
      findHit: ports.cache.isOn ? cache.findHit : null,
    };
  }
  return {
    openSession: services.openSession(access.clouds),
    keystone: null,
    documents: { handle: services.versionDocuments(regionalUrl) },
    handler: services.handler(ports),
    findHit: null,
  };
}
