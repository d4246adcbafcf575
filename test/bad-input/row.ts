/**
 * Rows of the tables: requests that must be rejected before any call of the cloud.
 *
 * @module
 */

import type { Scope } from '../../src/scopes.ts';

/** A customer with default scopes or with exactly the given ones, the operator, or an unauthenticated client. */
export type Sender = 'customer' | 'operator' | 'anonymous' | readonly Scope[];

export interface BadRequest {
  readonly name: string;
  readonly method: string;
  /** Sent as is, not normalized. `{key}` is the customer's key, `{key id}` its id. */
  readonly path: string;
  readonly from: Sender;
  /** In addition to those of `from`. A list repeats the header. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Uint8Array | null;
  /** Sent without a Content-Length. */
  readonly chunked: boolean;
  readonly refusal: Refusal;
}

export interface Refusal {
  readonly status: number;
  readonly code: string;
  /** With 400: exactly the fields in `details`. */
  readonly fields?: readonly string[];
  /** Substring of the message. */
  readonly message?: string;
  /** With 405: the methods of `Allow`. */
  readonly allow?: readonly string[];
}

export const ID = '8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11';
export const OTHER_ID = 'c3a29e87-5e7f-4f88-b8a2-44d6e8f19abc';
export const LONE_SURROGATE = 'a\ud800b';

export const UNAUTHORIZED: Refusal = { status: 401, code: 'unauthorized', message: 'Invalid API key' };
/** For a request without any key. */
export const NO_KEY: Refusal = { status: 401, code: 'unauthorized', message: 'x-api-key' };
export const NOT_FOUND: Refusal = { status: 404, code: 'itemNotFound' };
export const TOO_LARGE: Refusal = { status: 413, code: 'entityTooLarge' };
export const BAD_MEDIA_TYPE: Refusal = { status: 415, code: 'badMediaType' };

export function badFields(...fields: string[]): Refusal {
  return { status: 400, code: 'badRequest', fields };
}

export function lacking(scope: Scope): Refusal {
  return { status: 403, code: 'forbidden', message: `"${scope}"` };
}

type Options = Partial<Pick<BadRequest, 'from' | 'headers' | 'body' | 'chunked'>>;

/** @param target Method and path: `GET /v1/me`. */
export function row(name: string, target: string, refusal: Refusal, options: Options = {}): BadRequest {
  const [method = '', path = ''] = target.split(/ (.*)/s);
  return {
    name: `${method} ${shortened(path)}: ${name}`,
    method,
    path,
    from: 'customer',
    headers: {},
    body: null,
    chunked: false,
    refusal,
    ...options,
  };
}

/** A row whose body is sent as JSON. */
export function jsonRow(
  name: string,
  target: string,
  body: unknown,
  refusal: Refusal,
  from: Sender = 'customer',
): BadRequest {
  return row(name, target, refusal, {
    from,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/**
 * Rows for one route, each with one change of a valid body. `undefined` omits the field.
 *
 * @param cases The defect, the changed fields, and the fields that `details` must name (default: the changed ones).
 */
export function fieldRows(
  target: string,
  good: object,
  cases: readonly (readonly [name: string, change: object, fields?: readonly string[]])[],
  from: Sender = 'customer',
): BadRequest[] {
  return cases.map(([name, change, fields = Object.keys(change)]) =>
    jsonRow(name, target, { ...good, ...change }, badFields(...fields), from),
  );
}

function shortened(path: string): string {
  return path.length > 70 ? `${path.slice(0, 70)}...` : path;
}
