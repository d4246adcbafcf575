/**
 * Maps error responses of OpenStack's services to the gateway's closed set of errors.
 *
 * @module
 */

import type * as z from 'zod';
import { ComputeError, type ErrorCode } from '../../../src/compute/errors.ts';
import type { ServiceType } from './transport.ts';
import type { UpstreamResponse } from './upstream-client.ts';

/** A service's rejection: the cause of a `ComputeError`, for the log and for the adapter. */
export class UpstreamError extends Error {
  readonly service: ServiceType;
  readonly status: number;
  /** Neutron's exception name (`OverQuota`, `PortNotFound`), Nova's envelope (`itemNotFound`); empty elsewhere. */
  readonly type: string;

  constructor(service: ServiceType, status: number, type: string, message: string) {
    super(`${service} ${status} ${type}: ${message}`);
    this.name = 'UpstreamError';
    this.service = service;
    this.status = status;
    this.type = type;
  }
}

/** Whether `error` was made from a response with this Neutron or Nova type. */
export function isUpstream(error: unknown, ...types: string[]): error is ComputeError {
  return (
    error instanceof ComputeError && error.cause instanceof UpstreamError && types.includes(error.cause.type)
  );
}

/**
 * The error for a response that is no success. Rejections of the request keep the service's text, for the client to act on;
 * faults of the service have it as cause only.
 */
export function errorFrom(service: ServiceType, response: UpstreamResponse): ComputeError {
  const { type, message } = explain(response.body);
  const cause = new UpstreamError(service, response.status, type, message);
  const code = codeOf(response.status, type, message);
  const retryAfter = retryAfterOf(response);
  return new ComputeError(code, OWN_MESSAGES[code] ?? (message || DEFAULT_MESSAGE), {
    cause,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

/**
 * The error for a rejected sign-in, without Keystone's text: it may repeat what was sent, passwords included.
 */
export function signInErrorFrom(response: UpstreamResponse): ComputeError {
  return errorFrom('identity', { ...response, body: '' });
}

const DEFAULT_MESSAGE = 'The cloud rejected the request without a reason.';

/** Replace the service's text, which names the provider's internals. */
const OWN_MESSAGES: Partial<Record<ErrorCode, string>> = {
  bad_gateway: 'The cloud failed to handle this request.',
  unavailable: 'The cloud is not available at the moment.',
  timeout: 'The cloud did not respond in time.',
  rate_limited: 'The cloud itself is limiting requests.',
};

/** Nova's texts for exhausted quotas: its own, Neutron's, Glance's and those of unified limits. */
const EXHAUSTED = /^Quota exceeded|^Maximum number of|limit exceeded|exceeds maximum|over a? ?limit/i;
/** `OverQuota` and `SubnetPoolQuotaExceeded` of Neutron. */
const EXHAUSTED_TYPE = /^OverQuota$|QuotaExceeded$/;

/** An exhausted quota is 403 in Nova, 409 in Neutron, 413 in Glance, Cinder and old Novas. */
function codeOf(status: number, type: string, message: string): ErrorCode {
  if (EXHAUSTED_TYPE.test(type) || status === 413) return 'quota_exceeded';
  if (status === 403) return EXHAUSTED.test(message) ? 'quota_exceeded' : 'forbidden';
  return CODE_OF_STATUS[status] ?? 'bad_gateway';
}

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid',
  401: 'unauthenticated',
  404: 'not_found',
  409: 'conflict',
  412: 'conflict',
  429: 'rate_limited',
  501: 'not_implemented',
  503: 'unavailable',
  504: 'timeout',
};

const MAX_MESSAGE = 500;

/**
 * The kind and text of an error body. Nova wraps by kind, Neutron names its exception, Keystone wraps in `error`; unrouted paths
 * get a page in JSON.
 */
function explain(body: string): { type: string; message: string } {
  const parsed = parseJson(body);
  if (!isRecord(parsed)) return { type: '', message: '' };
  for (const [kind, fault] of Object.entries(parsed)) {
    if (isRecord(fault) && typeof fault.message === 'string') {
      return { type: typeof fault.type === 'string' ? fault.type : kind, message: plain(fault.message) };
    }
  }
  return { type: '', message: typeof parsed.message === 'string' ? plain(parsed.message) : '' };
}

/** One line of text: no markup, no trace of the service behind the service. */
function plain(message: string): string {
  return message
    .replace(/\n?Neutron server returns request_ids:.*$/s, '')
    .replace(/<\/?[a-z][^<>]*>/gi, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, MAX_MESSAGE);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whole seconds; undefined for a date or an invalid value. */
function retryAfterOf(response: UpstreamResponse): number | undefined {
  const seconds = Number(response.headers['retry-after']);
  return Number.isInteger(seconds) && seconds > 0 ? seconds : undefined;
}

/** @throws ComputeError `bad_gateway` when the body is not JSON that matches `schema`. */
export function parseBody<T>({ body }: UpstreamResponse, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(parseJson(body));
  if (parsed.success) return parsed.data;
  throw new ComputeError('bad_gateway', 'The cloud returned an invalid response.', { cause: parsed.error });
}

/** undefined when it is not JSON. A `SyntaxError` would carry part of the text, and so of its secrets, into the log. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
