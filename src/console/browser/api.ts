/**
 * The gateway, as the page asks it: the client that customers have, and the few paths that are the console's and the operator's.
 *
 * @module
 */

import { errorOf, LinguanovaError } from '../../client/error.ts';
import { createClient } from '../../client/index.ts';
import { recordLimit } from './rate-limit.ts';

/** Where the gateway is: the page lies directly beneath it. */
export const BASE = new URL('.', document.baseURI).href.replace(/\/$/, '');

/** Without it the session's cookie opens nothing: no other site's page can send it. */
const HEADERS = { 'x-linguanova-console': '1' };

/** Fired on the window when the session is over, because its time is or its key has been revoked. */
export const SESSION_EXPIRED = 'session-over';

/** Fired on the window when the session has another key. */
export const SESSION_RENEWED = 'session-renewed';

/** As the session. */
export const client = createClient({ baseUrl: BASE, headers: HEADERS, fetch: asSession });

async function asSession(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, { ...init, credentials: 'same-origin' });
  recordLimit(response.headers);
  // Who signs up for a key is refused for what is given there.
  const isSignUp = init?.method === 'POST' && String(input).endsWith('/v1/api_keys');
  if (response.status === 401 && !isSignUp) window.dispatchEvent(new Event(SESSION_EXPIRED));
  return response;
}

/** With a key of its own, which is not kept. */
export function clientOf(apiKey: string): typeof client {
  return createClient({ baseUrl: BASE, apiKey });
}

/** A path that the client does not know. @throws LinguanovaError */
export async function request<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(BASE + path, {
    method,
    credentials: 'same-origin',
    headers: { ...HEADERS, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch((cause) => {
    throw new LinguanovaError('networkError', 'The gateway did not respond.', { cause });
  });
  if (!response.ok) {
    const error = await errorOf(response);
    if (error.status === 401 && path.startsWith('/admin/')) window.dispatchEvent(new Event(SESSION_EXPIRED));
    throw error;
  }
  return response.status === 204 ? (undefined as Answer) : response.json();
}

/** What an error says, for people. */
export function messageOf(error: unknown): string {
  if (!(error instanceof LinguanovaError)) return 'The console failed. Reload the page.';
  const id = error.requestId === null || error.status < 500 ? '' : ` (${error.requestId})`;
  return error.message + id;
}
