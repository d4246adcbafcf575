/**
 * From what OpenStack's services answer to the gateway's closed set of errors.
 *
 * @module
 */

import { ComputeError, type ErrorCode } from '../../../src/compute/errors.ts';
import type { ServiceType } from './transport.ts';
import type { UpstreamResponse } from './upstream-client.ts';

/** What a service said when it refused; kept as the cause of the `ComputeError`, for the log and for the adapter. */
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

/** Whether `error` was made from an answer with this Neutron or Nova type. */
export function isUpstream(error: unknown, ...types: string[]): error is ComputeError {
  return (
    error instanceof ComputeError && error.cause instanceof UpstreamError && types.includes(error.cause.type)
  );
}

/**
 * The error for an answer that is no success. A service's refusal of the request keeps its text, for it is the client's
 * to act on; a fault of the service itself keeps it as cause only.
 */
export function errorFrom(service: ServiceType, answer: UpstreamResponse): ComputeError {
  const { type, message } = explain(answer.body);
  const cause = new UpstreamError(service, answer.status, type, message);
  const code = codeOf(answer.status, type, message);
  const retryAfter = retryAfterOf(answer);
  return new ComputeError(code, OWN_MESSAGES[code] ?? (message || DEFAULT_MESSAGE), {
    cause,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

/**
 * The error for a sign-in that Keystone did not take. Nothing of its text is kept: it may repeat what was sent, passwords
 * and all.
 */
export function signInErrorFrom(answer: UpstreamResponse): ComputeError {
  return errorFrom('identity', { ...answer, body: '' });
}

const DEFAULT_MESSAGE = 'The cloud refused this without a reason.';

/** Said instead of the service's text, which would speak of things that are not the client's. */
const OWN_MESSAGES: Partial<Record<ErrorCode, string>> = {
  bad_gateway: 'The cloud failed to handle this request.',
  unavailable: 'The cloud is not available at the moment.',
  timeout: 'The cloud did not answer in time.',
  rate_limited: 'The cloud itself is limiting requests.',
};

/** How Nova words an exhausted quota: its own, Neutron's, Glance's and those of unified limits. */
const EXHAUSTED = /^Quota exceeded|^Maximum number of|limit exceeded|exceeds maximum|over a? ?limit/i;
/** `OverQuota` and `SubnetPoolQuotaExceeded` of Neutron. */
const EXHAUSTED_TYPE = /^OverQuota$|QuotaExceeded$/;

/** Nova answers an exhausted quota with 403, Neutron with 409; Glance, Cinder and old Novas with 413. */
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
 * The kind and text of an error body. Nova wraps by kind, Neutron names its exception, Keystone says `error`, and paths
 * that no service routes get a page in JSON.
 */
function explain(body: string): { type: string; message: string } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return { type: '', message: '' };
  }
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

/** Whole seconds; a date or rubbish counts as not given. */
function retryAfterOf(answer: UpstreamResponse): number | undefined {
  const seconds = Number(answer.headers['retry-after']);
  return Number.isInteger(seconds) && seconds > 0 ? seconds : undefined;
}
