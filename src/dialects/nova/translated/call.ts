import type { Context } from 'hono';
import type { Cloud } from '../../../compute/cloud.ts';
import { ComputeError } from '../../../compute/errors.ts';
import type { GatewayEnv } from '../../../context.ts';
import { uuid } from '../../../http/field-schemas.ts';
import { SERVICE_ENDPOINTS } from '../services.ts';

/** A request for a service that the gateway answers in the cloud's place. */
export interface NovaCall {
  readonly c: Context<GatewayEnv>;
  readonly cloud: Cloud;
  readonly query: URLSearchParams;
  /** Where clients find the gateway; no trailing slash. */
  readonly publicUrl: string;
}

/** Answers a call; the segments of the path that its pattern leaves open come in their order. */
export type NovaHandler = (call: NovaCall, ...segments: string[]) => Promise<Response>;

export interface Link {
  readonly rel: string;
  readonly href: string;
}

/** Where something of compute is, and Nova's address without a version for it. */
export function linksTo(publicUrl: string, collection: string, id: string): [Link, Link] {
  const { prefix, version } = SERVICE_ENDPOINTS.compute;
  return [
    { rel: 'self', href: `${publicUrl}${prefix}/${version}/${collection}/${id}` },
    { rel: 'bookmark', href: `${publicUrl}${prefix}/${collection}/${id}` },
  ];
}

/** The id in a path, in lower case. @throws ComputeError `not_found` when it is no UUID: nothing has such an id. */
export function parseId(segment: string, kind: string): string {
  const id = uuid.safeParse(segment);
  if (!id.success) throw notFound(kind, segment);
  return id.data;
}

/** The one that is asked for. `not_found`. */
export function findOrThrow<T>(items: readonly T[], is: (item: T) => boolean, kind: string, name: string): T {
  const found = items.find(is);
  if (found === undefined) throw notFound(kind, name);
  return found;
}

export function notFound(kind: string, name: string): ComputeError {
  return new ComputeError('not_found', `${kind} ${name} could not be found.`);
}

/** For what a Nova has and this cloud has not. */
export function unsupported(operation: string): ComputeError {
  return new ComputeError('not_implemented', `The cloud behind this gateway cannot do this: ${operation}.`);
}

/** Answers of 202 and 204 without a body. */
export function emptyResponse({ c }: NovaCall, status: 202 | 204): Response {
  return c.body(null, status);
}
