/**
 * Errors of the gateway in the format of the service whose path was requested: Nova, Cinder, Neutron, Glance or Keystone. Error
 * responses of the cloud are passed through unchanged.
 */

import type { Context } from 'hono';
import type { ComputeError, ErrorCode } from '../../compute/errors.ts';
import type { GatewayEnv } from '../../context.ts';
import { type FurtherService, isFurtherService } from '../../further-services.ts';
import { reportError } from '../../http/error-report.ts';
import { furtherErrorBody } from './further/errors.ts';
import { type EndpointName, SERVICE_ENDPOINTS, serviceOfPath } from './services.ts';

interface ErrorRow {
  readonly status: number;
  /** Nova's envelope; with Neutron the type. */
  readonly kind: string;
  readonly title: string;
}

/** One row for each code of the closed set; a missing one does not compile. */
export const NOVA_ERRORS = {
  invalid: { status: 400, kind: 'badRequest', title: 'Bad Request' },
  unauthenticated: { status: 401, kind: 'unauthorized', title: 'Unauthorized' },
  forbidden: { status: 403, kind: 'forbidden', title: 'Forbidden' },
  // Nova has 403 for an exhausted quota as well.
  quota_exceeded: { status: 403, kind: 'forbidden', title: 'Forbidden' },
  not_found: { status: 404, kind: 'itemNotFound', title: 'Not Found' },
  method_not_allowed: { status: 405, kind: 'badMethod', title: 'Method Not Allowed' },
  conflict: { status: 409, kind: 'conflictingRequest', title: 'Conflict' },
  precondition_failed: { status: 412, kind: 'preconditionFailed', title: 'Precondition Failed' },
  body_too_large: { status: 413, kind: 'entityTooLarge', title: 'Request Entity Too Large' },
  request_timeout: { status: 408, kind: 'requestTimeout', title: 'Request Timeout' },
  expectation_failed: { status: 417, kind: 'expectationFailed', title: 'Expectation Failed' },
  headers_too_large: {
    status: 431,
    kind: 'requestHeaderFieldsTooLarge',
    title: 'Request Header Fields Too Large',
  },
  unsupported_media_type: { status: 415, kind: 'badMediaType', title: 'Unsupported Media Type' },
  rate_limited: { status: 429, kind: 'overLimit', title: 'Too Many Requests' },
  internal: { status: 500, kind: 'computeFault', title: 'Internal Server Error' },
  not_implemented: { status: 501, kind: 'notImplemented', title: 'Not Implemented' },
  bad_gateway: { status: 502, kind: 'badGateway', title: 'Bad Gateway' },
  unavailable: { status: 503, kind: 'serviceUnavailable', title: 'Service Unavailable' },
  timeout: { status: 504, kind: 'gatewayTimeout', title: 'Gateway Timeout' },
} as const satisfies Record<ErrorCode, ErrorRow>;

/** Cinder has a status of its own for an exhausted quota. */
const VOLUME_QUOTA: ErrorRow = { status: 413, kind: 'overLimit', title: 'Request Entity Too Large' };

function rowOf(service: EndpointName | FurtherService, code: ErrorCode): ErrorRow {
  return service === 'volume' && code === 'quota_exceeded' ? VOLUME_QUOTA : NOVA_ERRORS[code];
}

/** Codes whose text never depends on what was thrown. */
const FIXED_MESSAGES: Partial<Record<ErrorCode, string>> = {
  unauthenticated: 'The request you have made requires authentication.',
  internal: 'The gateway failed. Quote the X-OpenStack-Request-ID of this response when you report it.',
};

/** @param publicUrl The gateway's public URL, for the challenge of 401. */
export function novaErrorResponse(thrown: unknown, c: Context<GatewayEnv>, publicUrl: string): Response {
  const { requestId, log } = c.var;
  const { error, retryAfter } = reportError(thrown, NOVA_ERRORS, requestId, log);
  const { code } = error;
  const service = serviceOfPath(c.req.path) ?? 'compute';
  const headers = new Headers({
    'Content-Type': 'application/json',
    'X-OpenStack-Request-ID': requestId,
    ...(service === 'compute' && { 'X-Compute-Request-ID': requestId }),
    ...(service === 'identity' && { Vary: 'X-Auth-Token' }),
    ...(retryAfter !== null && { 'Retry-After': retryAfter }),
    ...(code === 'unauthenticated' && {
      'WWW-Authenticate': `Keystone uri="${publicUrl}${SERVICE_ENDPOINTS.identity.prefix}/v3"`,
    }),
  });
  const body = bodyOf(service, code, FIXED_MESSAGES[code] ?? messageOf(error), retryAfter);
  return new Response(JSON.stringify(body), { status: rowOf(service, code).status, headers });
}

/** An exhausted quota shares its status with `forbidden` in Nova; clients recognize it by its message. */
function messageOf({ code, message }: ComputeError): string {
  const namesQuota = code !== 'quota_exceeded' || /^(?:Quota exceeded|Maximum number of)/.test(message);
  return namesQuota ? message : `Quota exceeded: ${message}`;
}

function bodyOf(
  service: EndpointName | FurtherService,
  code: ErrorCode,
  message: string,
  retryAfter: string | null,
): object {
  const { status, kind, title } = rowOf(service, code);
  if (isFurtherService(service)) return furtherErrorBody(service, { status, kind, title, message });
  const wait = retryAfter === null ? {} : { retryAfter };
  switch (service) {
    case 'compute':
    case 'volume':
      return { [kind]: { code: status, message, ...wait } };
    case 'image':
      return { message, code: `${status} ${title}`, title };
    case 'network':
      // Neutron's 401 comes from keystonemiddleware, in another format.
      if (code === 'unauthenticated') return { error: { code: status, title, message } };
      return { NeutronError: { type: neutronType(kind), message, detail: '' } };
    case 'identity':
      return { error: { code: status, message, title } };
  }
}

/** Neutron's exception names begin with a capital. */
function neutronType(kind: string): string {
  return kind[0]?.toUpperCase() + kind.slice(1);
}
