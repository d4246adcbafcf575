import * as z from 'zod';
import { ComputeError, type ErrorCode, type FieldError, type InputField } from '../../src/compute/errors.ts';
import { REDU_ERRORS, REDU_FIELDS } from '../../src/dialects/redu/errors.ts';
import type { ReduResponse } from './http-client.ts';

const Refusal = z.object({
  error: z.object({
    code: z.string().default(''),
    message: z.string().default(''),
    details: z.array(z.object({ field: z.string(), message: z.string() })).default([]),
  }),
});

/** Replace the cloud's texts, which name its internals, or a key that is not the customer's. */
const OWN_MESSAGES: Partial<Record<ErrorCode, string>> = {
  forbidden: 'The cloud does not allow this.',
  internal: 'The cloud failed to handle this request.',
  bad_gateway: 'The cloud failed to handle this request.',
  unavailable: 'The cloud is not available at the moment.',
  timeout: 'The cloud did not respond in time.',
  rate_limited: 'The cloud itself is limiting requests.',
};

const MAX_MESSAGE = 500;

/**
 * The inverse of `REDU_ERRORS`, by the code in the body, else by the status. 413 is an exhausted quota, since the gateway sends no
 * large bodies.
 */
export function reduErrorFrom({ status, headers, body }: ReduResponse): ComputeError {
  const { code, message, details } = read(body);
  const kind = kindOf(status, code);
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN);
  return new ComputeError(
    kind,
    OWN_MESSAGES[kind] ?? (oneLine(message) || 'The cloud rejected the request without a reason.'),
    {
      cause: new Error(`redu ${status} ${code}: ${message}`),
      ...(kind === 'invalid' && { details: details.map(neutral) }),
      ...(Number.isInteger(retryAfter) && retryAfter > 0 && { retryAfter }),
    },
  );
}

const INPUTS = new Map(Object.entries(REDU_FIELDS).map(([input, field]) => [field, input as InputField]));

/** redu's names back to those of the use cases' input, which every dialect renames. */
function neutral({ field, message }: FieldError): FieldError {
  const [head = ''] = field.split('.');
  const input = INPUTS.get(head);
  return input === undefined
    ? { field, message }
    : { field: input + field.slice(head.length), message, input };
}

function read(body: string) {
  try {
    return Refusal.parse(JSON.parse(body)).error;
  } catch {
    return { code: '', message: '', details: [] };
  }
}

/** Errors between the gateway and the cloud: to the client, a cloud that failed. */
const GATEWAY_TO_GATEWAY: readonly ErrorCode[] = [
  'internal',
  'request_timeout',
  'expectation_failed',
  'precondition_failed',
  'headers_too_large',
];

function kindOf(status: number, code: string): ErrorCode {
  const kinds = Object.keys(REDU_ERRORS) as ErrorCode[];
  const kind =
    kinds.findLast((kind) => REDU_ERRORS[kind].code === code) ??
    kinds.findLast((kind) => REDU_ERRORS[kind].status === status);
  // The key used at the cloud is not the client's, so its rejection is not the client's 401.
  if (kind === undefined || GATEWAY_TO_GATEWAY.includes(kind)) return 'bad_gateway';
  return kind === 'unauthenticated' ? 'forbidden' : kind;
}

function oneLine(message: string): string {
  return message.replace(/\s+/g, ' ').trim().slice(0, MAX_MESSAGE);
}
