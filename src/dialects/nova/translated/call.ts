import type { Context } from 'hono';
import type { Cloud } from '../../../compute/cloud.ts';
import { ComputeError } from '../../../compute/errors.ts';
import type { Owner } from '../../../compute/requests.ts';
import type { GatewayEnv } from '../../../context.ts';
import { uuid } from '../../../http/field-schemas.ts';
import type { RequestBody } from '../../../http/request-target.ts';
import { SERVICE_ENDPOINTS } from '../services.ts';

/** A request for a service that the gateway implements in the cloud's place. */
export interface NovaCall {
  readonly c: Context<GatewayEnv>;
  readonly cloud: Cloud;
  readonly query: URLSearchParams;
  /** Of compute, the second number of the microversion. */
  readonly minor: number;
  /** The gateway's public URL, without a trailing slash. */
  readonly publicUrl: string;
  /** How the data of an image is read. */
  readonly requestBody: RequestBody;
}

/** Handles a call; `segments` are those that the route's pattern leaves open, in order. */
export type NovaHandler = (call: NovaCall, ...segments: string[]) => Promise<Response>;

export interface Link {
  readonly rel: string;
  readonly href: string;
}

/** The address of a compute resource, and the one without a version that Nova calls its bookmark. */
export function linksTo(publicUrl: string, collection: string, id: string): [Link, Link] {
  const { prefix, version } = SERVICE_ENDPOINTS.compute;
  return [
    { rel: 'self', href: `${publicUrl}${prefix}/${version}/${collection}/${id}` },
    { rel: 'bookmark', href: `${publicUrl}${prefix}/${collection}/${id}` },
  ];
}

/** The id in a path, in lower case. @throws ComputeError `not_found` when it is not a UUID. */
export function parseId(segment: string, kind: string): string {
  const id = uuid.safeParse(segment);
  if (!id.success) throw notFound(kind, segment);
  return id.data;
}

export function serverId(segment: string): string {
  return parseId(segment, 'Instance');
}

/** @throws ComputeError `not_found`. */
export function findOrThrow<T>(items: readonly T[], is: (item: T) => boolean, kind: string, name: string): T {
  const found = items.find(is);
  if (found === undefined) throw notFound(kind, name);
  return found;
}

export function notFound(kind: string, name: string): ComputeError {
  return new ComputeError('not_found', `${kind} ${name} could not be found.`);
}

/** The error for what Nova, Glance or Neutron can do and this cloud cannot. */
export function unsupported(operation: string): ComputeError {
  return new ComputeError('not_implemented', `The cloud behind this gateway cannot do this: ${operation}.`);
}

export function emptyResponse({ c }: NovaCall, status: 202 | 204): Response {
  return c.body(null, status);
}

export function ownerOf({ c }: NovaCall): Owner {
  return { keyId: c.var.principal.keyId, releases: c.var.releases };
}
