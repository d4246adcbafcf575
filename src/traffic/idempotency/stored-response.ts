import * as z from 'zod';
import { type ServerSecret, sealText, unsealText } from '../../access/server-secret.ts';

/** What is given again. */
export interface StoredResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What its first reader had, and a later one has to have too: roles at the cloud, and the scope `admin`. */
  readonly roles: readonly string[];
  readonly isAdmin: boolean;
}

/** The others are of the moment: ids of requests, limits. */
const STORED_HEADERS = ['content-type', 'location'];

const StoredResponseSchema = z.object({
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  // Absent in what a gateway before this one has kept.
  roles: z.array(z.string()).default([]),
  isAdmin: z.boolean().default(false),
});

const PURPOSE = 'linguanova idempotent answer';

/** What to keep of an answer; the answer itself stays as it is. */
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
 * Encrypted, for an answer may hold a private key or an API key: to open it takes the server's secret and the customer's.
 *
 * @param scope What it is the answer to: in another record it does not open.
 */
export function sealResponse(
  server: ServerSecret,
  customerSecret: string,
  scope: string,
  response: StoredResponse,
): Promise<Uint8Array> {
  return sealText(
    server,
    { purpose: PURPOSE, secret: customerSecret, boundTo: scope },
    JSON.stringify(response),
  );
}

/** null when it was sealed with another secret. */
export async function openResponse(
  server: ServerSecret,
  customerSecret: string,
  scope: string,
  sealed: Uint8Array,
): Promise<StoredResponse | null> {
  const text = await unsealText(server, { purpose: PURPOSE, secret: customerSecret, boundTo: scope }, sealed);
  return text === null ? null : StoredResponseSchema.parse(JSON.parse(text));
}
