import { errorOf, LinguanovaError } from '../../client/error.ts';
import { createClient } from '../../client/index.ts';
import { recordLimit } from './rate-limit.ts';

/** The gateway's URL, whose direct child is the page. */
const BASE = new URL('.', document.baseURI).href.replace(/\/$/, '');

/** Required with the session's cookie; pages of other sites cannot send it. */
const HEADERS = { 'x-linguanova-console': '1' };

/** Event on the window: the session has expired or its key was revoked. */
export const SESSION_EXPIRED = 'session-over';

/** Event on the window: the session has another key. */
export const SESSION_RENEWED = 'session-renewed';

const REGION = 'linguanova-region';

/** That of the tab; empty: the default one. */
export const region = window.sessionStorage.getItem(REGION) ?? '';

/** Reloads the page: all of its data belongs to the region. */
export function chooseRegion(name: string): void {
  window.sessionStorage.setItem(REGION, name);
  window.location.reload();
}

const OF_SESSION = { baseUrl: BASE, headers: HEADERS, fetch: asSession };

/** Authenticated by the session, in the region of the tab. */
export const client = createClient({ ...OF_SESSION, region });

/** The same in no region. */
export const regionlessClient = createClient(OF_SESSION);

async function asSession(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, { ...init, credentials: 'same-origin' });
  recordLimit(response.headers);
  // A sign-up is rejected for its own credentials, not for the session.
  const isSignUp = init?.method === 'POST' && String(input).endsWith('/v1/api_keys');
  if (response.status === 401 && !isSignUp) window.dispatchEvent(new Event(SESSION_EXPIRED));
  return response;
}

/** Authenticated by another key, which is not stored. */
export function clientOf(apiKey: string): typeof client {
  return createClient({ baseUrl: BASE, apiKey });
}

/** For paths without a method in the client. @throws LinguanovaError */
export async function request<Body>(method: string, path: string, body?: unknown): Promise<Body> {
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
  return response.status === 204 ? (undefined as Body) : response.json();
}

export function messageOf(error: unknown): string {
  if (!(error instanceof LinguanovaError)) return 'The console failed. Reload the page.';
  const id = error.requestId === null || error.status < 500 ? '' : ` (${error.requestId})`;
  return error.message + id;
}
