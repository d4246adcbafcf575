import * as z from 'zod';
import { type ServerSecret, sealText, unsealText } from '../../access/server-secret.ts';
import { ComputeError, type ErrorCode, INDETERMINATE_CODES } from '../../compute/errors.ts';

export interface StoredResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Rights of its first reader, which a later one must have too: roles at the cloud, and the scope `admin`. */
  readonly roles: readonly string[];
  readonly isAdmin: boolean;
}

/** Other headers, such as request ids and rate limits, belong to a single request. */
const STORED_HEADERS = ['content-type', 'location'];

const StoredResponseSchema = z.object({
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  // Absent in responses that an earlier release stored.
  roles: z.array(z.string()).default([]),
  isAdmin: z.boolean().default(false),
});

const PURPOSE = 'linguanova idempotent answer';

/** Leaves the response itself unread. */
export async function toStoredResponse(
  response: Response,
  reader: Pick<StoredResponse, 'roles' | 'isAdmin'>,
): Promise<StoredResponse> {
  const headers = [...response.headers].filter(([name]) => STORED_HEADERS.includes(name));
  return {
    status: response.status,
    headers: Object.fromEntries(headers),
    body: await response.clone().text(),
    ...reader,
  };
}

/**
 * Encrypts a response, which may hold a private key or an API key: unsealing takes the server's secret and the customer's.
 */
export function sealResponse(
  server: ServerSecret,
  customerSecret: string,
  scope: string,
  response: StoredResponse,
): Promise<Uint8Array> {
  const context = { purpose: PURPOSE, secret: customerSecret, boundTo: scope };
  return sealText(server, context, JSON.stringify(response));
}

/** null if it was sealed with another secret. */
export async function openResponse(
  server: ServerSecret,
  customerSecret: string,
  scope: string,
  sealed: Uint8Array,
): Promise<StoredResponse | null> {
  const text = await unsealText(server, { purpose: PURPOSE, secret: customerSecret, boundTo: scope }, sealed);
  return text === null ? null : StoredResponseSchema.parse(JSON.parse(text));
}

/**
 * - `store`: the response is final, and replayed for every retry.
 * - `release`: nothing was made, and the request or the moment was at fault: a retry may run.
 * - `unknown`: the request may have been carried out.
 */
export type Outcome = 'store' | 'release' | 'unknown';

/** The cloud rejected the request because of the state of its resources. */
const REJECTIONS: readonly ErrorCode[] = ['not_found', 'conflict', 'quota_exceeded'];

/** @param error Thrown by the handler, if any. */
export function outcomeOf(error: Error | undefined, status: number): Outcome {
  // A failure without an error: no such path or method.
  if (error === undefined) return status >= 200 && status < 300 ? 'store' : 'release';
  if (!(error instanceof ComputeError)) return 'unknown';
  if (REJECTIONS.includes(error.code)) return 'store';
  return INDETERMINATE_CODES.includes(error.code) && !error.notApplied ? 'unknown' : 'release';
}
