import { serviceNamed } from '../dialects/nova/service-list.ts';
import { SERVICES, type ServedServices, type Service } from '../dialects/nova/services.ts';
import { ConfigError, type Problem } from './config-error.ts';

/** The endpoint of a service that the operator gives by hand: it counts before that of the catalog. */
export interface GivenEndpoint {
  readonly service: Service;
  /** null: the default one. */
  readonly region: string | null;
  /** As in Keystone's catalog templates, `%(project_id)s` stands for the caller's project. */
  readonly url: string;
}

/** Followed by a type of `LINGUANOVA_SERVICES`, in capitals and with `_` for `-`. */
const PREFIX = 'LINGUANOVA_ENDPOINT_';

/** One row for all of them in the lists of variables. */
export const ENDPOINT_VARIABLES = {
  name: `${PREFIX}<TYPE>`,
  description:
    "URL of a service, in place of the catalog's, also where the catalog has none: [endpoints by hand](services.md#endpoints-by-hand). `TYPE` is one of `LINGUANOVA_SERVICES`, in capitals and with `_` for `-`.",
};

const PROJECT = /[%$]\((?:project|tenant)_id\)s/g;
const URL_FORM = /^https?:\/\/[^/?#@\\\s]+(?:\/[\w.~-]+)*\/?$/;
const FORM =
  'must be an http or https URL without user, query and fragment, or REGION=URL for several regions, comma-separated; %(project_id)s stands for the project';

/** What a region has of its own: docs/regions.md. */
const PER_REGION: ReadonlySet<Service> = new Set(['compute', 'network']);
const VERSION = /\/v\d+(?:\.\d+)?(?:\/[^/]+)?$/;

interface Served {
  readonly services: ServedServices;
  readonly region: string | null;
  readonly served: readonly string[] | '*';
  /** False for a redu cloud. */
  readonly hasCatalog: boolean;
}

export function isEndpointVariable(name: string): boolean {
  return name.startsWith(PREFIX);
}

/** @throws ConfigError listing all problems. */
export function givenEndpoints(given: Readonly<Record<string, string>>, served: Served): GivenEndpoint[] {
  const variables = new Map<Service, string>();
  const problems: Problem[] = [];
  const endpoints: GivenEndpoint[] = [];
  for (const variable of Object.keys(given).filter(isEndpointVariable)) {
    const found = endpointsIn(variable, given[variable] ?? '', served, variables);
    if (typeof found === 'string') problems.push({ variable, problem: found });
    else endpoints.push(...found);
  }
  const [first, ...others] = problems;
  if (first !== undefined) throw new ConfigError(first.variable, first.problem, ...others);
  return endpoints;
}

/** The problem is a text. */
function endpointsIn(
  variable: string,
  value: string,
  served: Served,
  variables: Map<Service, string>,
): GivenEndpoint[] | string {
  if (!served.hasCatalog) return 'needs OS_AUTH_URL: a redu cloud has no catalog';
  const name = variable.slice(PREFIX.length);
  if (name === 'IDENTITY') return 'is not a variable of linguanova: OS_AUTH_URL has the endpoint of identity';
  const service = serviceNamed(name.toLowerCase().replaceAll('_', '-'));
  if (service === undefined || name !== name.toUpperCase())
    return 'must end in a type of OpenStack services in capitals, with _ for -, as in LINGUANOVA_ENDPOINT_OBJECT_STORE';
  const isServed = served.services.has(service) || SERVICES.some((one) => one === service);
  if (!isServed) return `requires ${service} in LINGUANOVA_SERVICES`;
  const other = variables.get(service);
  if (other !== undefined) return `gives the endpoint of ${service} again: remove it, or ${other}`;
  variables.set(service, variable);
  const parts = isUrl(value.trim()) ? [[null, value.trim()] as const] : value.split(',').map(regionAndUrl);
  if (parts.some(([region, url]) => region === undefined || !isUrl(url))) return FORM;
  const regions = parts.map(([region]) => region ?? null);
  if (new Set(regions).size < regions.length) return 'must name each region once';
  const { region: byDefault, served: all } = served;
  const isNamed = (region: string | null) =>
    region === null || (byDefault !== null && (all === '*' || all.includes(region)));
  if (!regions.every(isNamed))
    return 'must name regions that are served: see OS_REGION_NAME and LINGUANOVA_REGIONS';
  const roots = parts.map(([, url]) => rootOf(url));
  if (PER_REGION.has(service) && new Set(roots).size < roots.length)
    return `must have a URL of its own for each region: two regions never share their ${service} service`;
  return parts.map(([region, url]) => ({ service, region: region ?? null, url }));
}

function regionAndUrl(text: string): readonly [string | undefined, string] {
  const at = text.indexOf('=');
  return at < 0 ? [undefined, ''] : [text.slice(0, at).trim() || undefined, text.slice(at + 1).trim()];
}

/** To compare: as URL parsers print it, without the version of the API and the project behind it. */
function rootOf(url: string): string {
  const given = url.replaceAll(PROJECT, 'p');
  return (URL.parse(given)?.href ?? given).replace(/\/$/, '').replace(VERSION, '');
}

function isUrl(text: string): boolean {
  const url = text.replaceAll(PROJECT, 'p');
  return URL_FORM.test(url) && !/\/\.{1,2}(?:\/|$)/.test(url) && URL.canParse(url);
}
