/** What the tools do: each redu route as a verb on a kind of resource. */

import * as z from 'zod';
import type { RouteDefinition } from '../http/route.ts';
import { nameOf, ROUTES } from '../openapi/routes.ts';
import { TEXTS } from '../openapi/texts.ts';

export const VERBS = ['list', 'show', 'create', 'change', 'act', 'delete'] as const;
export type Verb = (typeof VERBS)[number];

export interface Operation {
  readonly verb: Verb;
  /** As in the path: `instances`, `instance_networks`. Unique among those of its verb. */
  readonly kind: string;
  /** Names in the path, all required. */
  readonly parameters: readonly string[];
  /** Names in the query but for those of paging. */
  readonly filters: readonly string[];
  readonly summary: string;
  readonly route: RouteDefinition;
}

/** Parameters of every list, which are arguments of the tool by themselves. */
export const PAGING: readonly string[] = ['limit', 'cursor', 'marker'];

export const OPERATIONS: readonly Operation[] = ROUTES.filter(isTool).map((route) => {
  const verb = verbOf(route);
  return {
    verb,
    kind: kindOf(route.path, verb),
    parameters: [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
    filters: filtersOf(route),
    summary: TEXTS[nameOf(route)].summary,
    route,
  };
});

/** JSON alone, and no route whose response is the text of an API key, which would end up in an assistant's context. */
function isTool({ method, path, media, takesBytes }: RouteDefinition): boolean {
  const givesKey = method === 'POST' && path.startsWith('/v1/api_keys');
  return path.startsWith('/v1/') && media === undefined && takesBytes === undefined && !givesKey;
}

function verbOf({ method, path, response }: RouteDefinition): Verb {
  if (method === 'GET') return response !== undefined && isList(response) ? 'list' : 'show';
  if (method === 'POST') return path.endsWith('/actions') ? 'act' : 'create';
  return method === 'DELETE' ? 'delete' : 'change';
}

function isList(response: NonNullable<RouteDefinition['response']>): boolean {
  return 'page' in response || 'list' in response;
}

function kindOf(path: string, verb: Verb): string {
  const names = path.split('/').filter((segment) => !/^$|^v1$|^\{/.test(segment));
  if (verb === 'act') names.pop();
  return names.map((name, index) => (index < names.length - 1 ? name.replace(/s$/, '') : name)).join('_');
}

function filtersOf({ query }: RouteDefinition): string[] {
  if (query === undefined) return [];
  if (!(query instanceof z.ZodObject)) throw new Error('the query of a route is no object');
  return Object.keys(query.shape).filter((name) => !PAGING.includes(name));
}
