import type { CloudSession, ServiceAddress } from '../../../src/dialects/nova/pass-through.ts';
import {
  type EndpointName,
  OTHERS,
  SERVICES,
  type ServedServices,
  type Service,
} from '../../../src/dialects/nova/services.ts';
import { type FurtherService, isFurtherService } from '../../../src/further-services.ts';
import { Addresses } from './addresses.ts';
import {
  belowRoot,
  type EndpointChoice,
  entriesOf,
  nameOf,
  projectIn,
  regionOf,
  rootOf,
  typeOf,
} from './catalog.ts';
import type { CatalogRegions } from './regions.ts';
import type { CatalogEntry, Token } from './token.ts';

const DEFAULT_PARTS: readonly EndpointName[] = ['identity', ...SERVICES];

const sessions = new WeakMap<Token, Map<string, CloudSession>>();

/** The subject and the services of a token in a region; computed once per token and region. */
export function sessionOf(token: Token, region: string, openStack: SessionPorts): CloudSession {
  const ofToken = sessions.get(token) ?? new Map<string, CloudSession>();
  const known = ofToken.get(region);
  if (known !== undefined) return known;
  const { accessRules } = token.identity;
  const choice = { region: openStack.regions.nameIn(token.catalog, region), interface: openStack.interface };
  const addresses = new Addresses(token.catalog, openStack.authUrl);
  const served = [...openStack.services].flatMap<Service>((name) =>
    name === OTHERS ? addresses.others : [name],
  );
  const services = (of: EndpointChoice) => servicesOf(token, of, served, addresses);
  const session = {
    ...token.subject,
    ...(accessRules !== undefined && { accessRules }),
    region: choice.region,
    services: services(choice),
    regions: openStack.regions.listIn(token.catalog, choice.interface).map(({ name, isDefault }) => ({
      name,
      isDefault,
      services: services({ ...choice, region: name }),
    })),
    roots: rootsOf(token, choice, openStack.authUrl, served.filter(isFurtherService)),
  };
  sessions.set(token, ofToken.set(region, session));
  return session;
}

interface SessionPorts {
  readonly authUrl: string;
  readonly interface: string;
  readonly regions: CatalogRegions;
  readonly services: ServedServices;
}

function servicesOf(
  { catalog }: Token,
  choice: EndpointChoice,
  served: readonly Service[],
  addresses: Addresses,
): Map<Service, ServiceAddress> {
  const services = new Map<Service, ServiceAddress>();
  for (const service of served) {
    const endpoints = endpointsOf(catalog, service, choice);
    const endpoint = endpoints.find((one) => one.interface === choice.interface);
    const isFurther = isFurtherService(service);
    if (endpoint !== undefined && (!isFurther || addresses.isOwn(service, endpoint.url))) {
      services.set(service, {
        root: rootOf(endpoint.url),
        // The catalog's, which follows one that is given by hand.
        publicRoot: rootOf((endpoints.findLast((one) => one.interface === 'public') ?? endpoint).url),
        projectInPath: projectIn(endpoint.url) !== '',
        type: typeOf(catalog, service) ?? service,
        name: nameOf(catalog, service) ?? service,
        path: belowRoot(endpoint.url),
        below: isFurther ? addresses.below(service, endpoint.url) : [],
      });
    }
  }
  return services;
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
  return entriesOf(catalog, part).filter((endpoint) => regionOf(endpoint) === region);
}
