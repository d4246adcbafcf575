import * as z from 'zod';
import type { CallContext } from '../../src/compute/cloud.ts';
import { ComputeError } from '../../src/compute/errors.ts';
import { LruMap } from '../../src/lru-map.ts';
import type { ReduHttpClient, ReduRequest, ReduResponse } from './http-client.ts';
import { reduErrorFrom } from './redu-error.ts';

const MAX_PAGES = 500;

/** Statuses of an unknown path or method, as opposed to an unknown resource. */
const NO_SUCH_ROUTE: ReadonlySet<number> = new Set([404, 405, 501]);
const NO_SUCH_METHOD: ReadonlySet<number> = new Set([405, 501]);

/** A redu API as one caller reaches it during one request. */
export class ReduSession {
  readonly call: CallContext;
  readonly missing: MissingOperations;
  readonly #site: ReduHttpClient;
  readonly #key: string;

  constructor(site: ReduHttpClient, missing: MissingOperations, key: string, call: CallContext) {
    this.#site = site;
    this.missing = missing;
    this.#key = key;
    this.call = call;
  }

  send(request: ReduRequest): Promise<ReduResponse> {
    return this.#site.send(request, this.#key, this.call);
  }

  /**
   * A successful response.
   *
   * @param on `collection`: the path always exists, so 404 means that the cloud has no such route.
   * @throws ComputeError `not_implemented`, naming the operation, if the cloud does not have it.
   */
  async request(request: ReduRequest, on: 'collection' | 'item'): Promise<ReduResponse> {
    const operation = operationOf(request);
    this.missing.assertSupported(operation);
    const response = await this.send(request);
    if (response.status >= 200 && response.status < 300) return response;
    const absent = on === 'collection' ? NO_SUCH_ROUTE : NO_SUCH_METHOD;
    if (absent.has(response.status)) throw this.missing.add(operation);
    throw reduErrorFrom(response);
  }

  /** The validated body of `request`. */
  async read<T>(request: ReduRequest, on: 'collection' | 'item', schema: z.ZodType<T>): Promise<T> {
    return this.parse(await this.request(request, on), schema);
  }

  /** A whole list in pages, `{items, next_cursor}`; a bare array counts as the only page. */
  async list<T>(path: string, item: z.ZodType<T>, on: 'collection' | 'item' = 'collection'): Promise<T[]> {
    const paged = z.object({ items: z.array(item), next_cursor: z.string().nullish() });
    const bare = z.array(item).transform((items) => ({ items, next_cursor: null }));
    const all: T[] = [];
    let cursor: string | null | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const query = cursor ? `${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}` : '';
      const body = await this.read({ method: 'GET', path: path + query }, on, paged.or(bare));
      all.push(...body.items);
      cursor = body.next_cursor;
      if (!cursor) return all;
    }
    throw new ComputeError('bad_gateway', "The cloud's pagination did not terminate.");
  }

  /** @throws ComputeError `bad_gateway` when the body does not match the schema. */
  parse<T>({ body }: ReduResponse, schema: z.ZodType<T>): T {
    try {
      return schema.parse(JSON.parse(body));
    } catch (cause) {
      throw new ComputeError('bad_gateway', 'The cloud returned an invalid response.', { cause });
    }
  }
}

/** `GET /v1/flavors`, with ids replaced: an operation is missing for all resources alike. */
export function operationOf({ method, path }: ReduRequest): string {
  const route = path.replace(/\?.*$/s, '').replace(/^(\/v1\/[a-z_]+)\/[^/]+/, '$1/{id}');
  return `${method} ${route.replace(/(\{id\}\/[a-z_]+)\/[^/]+$/, '$1/{id}')}`;
}

/** Then the operation is tried again: the cloud may have been upgraded. */
const MISSING_TTL_MS = 60_000;

/**
 * Operations that a redu cloud turned out not to support. Only the four documented reads are required; the rest is discovered on
 * first use.
 */
export class MissingOperations {
  readonly #missing = new LruMap<true>({
    max: 100,
    lifetimeMs: MISSING_TTL_MS,
  });

  /** @throws ComputeError `not_implemented` when `operation` is known to be missing. */
  assertSupported(operation: string): void {
    if (this.#missing.has(operation)) throw notImplemented(operation);
  }

  has(operation: string): boolean {
    return this.#missing.has(operation);
  }

  /** Records that `operation` is missing, and returns the error for it. */
  add(operation: string): ComputeError {
    this.#missing.set(operation, true);
    return notImplemented(operation);
  }
}

function notImplemented(operation: string): ComputeError {
  return new ComputeError('not_implemented', `The cloud behind this gateway cannot do this: ${operation}.`);
}
