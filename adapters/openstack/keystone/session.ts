import type { CloudSession, ServiceAddress } from '../../../src/dialects/nova/pass-through.ts';
import {
  type EndpointName,
  SERVICES,
  type ServedServices,
  type Service,
} from '../../../src/dialects/nova/services.ts';
import { type FurtherService, isFurtherService } from '../../../src/further-services.ts';
import { belowRoot, type EndpointChoice, entriesOf, projectIn, rootOf, typeOf } from './catalog.ts';
import type { CatalogEntry, Token } from './token.ts';

const DEFAULT_PARTS: readonly EndpointName[] = ['identity', ...SERVICES];

const sessions = new WeakMap<Token, CloudSession>();

/** The subject and the services of a token; computed once per token. */
export function sessionOf(
  token: Token,
  choice: EndpointChoice,
  authUrl: string,
  served: ServedServices,
): CloudSession {
  const known = sessions.get(token);
  if (known !== undefined) return known;
  const { accessRules } = token.identity;
  const services = new Map<Service, ServiceAddress>();
  for (const service of served) {
    const endpoint = endpointsOf(token.catalog, service, choice).find(
      ({ interface: one }) => one === choice.interface,
    );
    if (endpoint !== undefined) {
      services.set(service, {
        root: rootOf(endpoint.url),
        projectInPath: projectIn(endpoint.url) !== '',
        type: typeOf(token.catalog, service) ?? service,
        path: belowRoot(endpoint.url),
      });
    }
  }
  const session = {
    ...token.subject,
    ...(accessRules !== undefined && { accessRules }),
    region: regionOf(token.catalog, choice),
    services,
    roots: rootsOf(token, choice, authUrl, [...served].filter(isFurtherService)),
  };
  sessions.set(token, session);
  return session;
}

/** Any interface: a service may name itself, and its neighbours, by another than the gateway uses. */
function rootsOf(
  { catalog }: Token,
  choice: EndpointChoice,
  authUrl: string,
  further: readonly FurtherService[],
): CloudSession['roots'] {
  const roots = new Map<string, EndpointName | FurtherService>([[rootOf(authUrl), 'identity']]);
  for (const part of [...DEFAULT_PARTS, ...further]) {
    for (const { url } of endpointsOf(catalog, part, choice)) {
      if (!roots.has(rootOf(url))) roots.set(rootOf(url), part);
    }
  }
  return [...roots].map(([url, part]) => ({ url, part })).sort((a, b) => b.url.length - a.url.length);
}

function endpointsOf(
  catalog: readonly CatalogEntry[],
  part: EndpointName | FurtherService,
  { region }: EndpointChoice,
) {
  const isHere = (one: CatalogEntry['endpoints'][number]) =>
    region === null || one.region_id === region || one.region === region;
  return entriesOf(catalog, part).filter(isHere);
}

function regionOf(catalog: readonly CatalogEntry[], choice: EndpointChoice): string {
  const [endpoint] = endpointsOf(catalog, 'compute', choice).filter(
    ({ interface: one }) => one === choice.interface,
  );
  return choice.region ?? endpoint?.region_id ?? endpoint?.region ?? 'RegionOne';
}
