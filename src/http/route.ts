/**
 * Route definitions: mounting, decoding, the contract (`src/openapi`) and the client's types derive from them.
 */

import type * as z from 'zod';
import type { Scope } from '../scopes.ts';

export interface RouteDefinition {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** In OpenAPI's form: `/v1/instances/{id}`. */
  readonly path: `/${string}`;
  readonly scope?: Scope;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** The body is bytes, `application/octet-stream`, and streamed. */
  readonly takesBytes?: true;
  readonly status: 200 | 201 | 202 | 204;
  readonly response?: ResponseBody;
  /** The page is CSV for `Accept: text/csv`. */
  readonly csv?: true;
  /** Media type of the response; JSON by default. */
  readonly media?: 'text/plain' | 'text/event-stream';
}

/** A value, a bare array, or a page: `{items, next_cursor}`. */
export type ResponseBody = z.ZodType | { readonly list: z.ZodType } | { readonly page: z.ZodType };

export function route<const R extends RouteDefinition>(definition: R): R {
  return definition;
}

export function at({ method, path }: RouteDefinition): [method: string, path: string] {
  return [method, path.replaceAll(/\{(\w+)\}/g, ':$1')];
}
