/**
 * A route, said once: it is mounted by this, its handler decodes by this, and the contract (`src/openapi`) and the types of the
 * client are made of it.
 *
 * @module
 */

import type * as z from 'zod';
import type { Scope } from '../scopes.ts';

export interface RouteDefinition {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** As it is written in the contract: `/v1/instances/{id}`. */
  readonly path: `/${string}`;
  /** What a key needs; absent: any key may. */
  readonly scope?: Scope;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Of the answer when all is well. */
  readonly status: 200 | 201 | 202 | 204;
  /** Its body; absent: none. */
  readonly response?: ResponseBody;
  /** Of its body, where it is not JSON. */
  readonly media?: 'text/plain' | 'text/event-stream';
}

/** One thing, a bare array of things, or a page of them: `{items, next_cursor}`. */
export type ResponseBody = z.ZodType | { readonly list: z.ZodType } | { readonly page: z.ZodType };

/** Keeps the words of a definition as types. */
export function route<const R extends RouteDefinition>(definition: R): R {
  return definition;
}

/** Where hono has a route: method and path. */
export function at({ method, path }: RouteDefinition): [method: string, path: string] {
  return [method, path.replaceAll(/\{(\w+)\}/g, ':$1')];
}
