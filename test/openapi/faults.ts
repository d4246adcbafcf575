import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './faulty-gateways.ts';

const isSignIn = ({ url }: Request) => url.endsWith('/auth/tokens');

/** Keystone rejects every credential. */
export const refusedSignIn: Fault = (request) => (isSignIn(request) ? keystoneError(401) : null);

/** Keystone, or a proxy before it, answers sign-ins with a status that no sign-in has. */
export const strangeSignIn =
  (status: number): Fault =>
  (request) =>
    isSignIn(request) ? keystoneError(status) : null;

/** Keystone's policy forbids to make application credentials. */
export const forbiddenCredentials: Fault = ({ method, url }) =>
  method === 'POST' && url.endsWith('/application_credentials') ? keystoneError(403) : null;

/** Whatever is to be changed is not in a state for it. */
export const conflicting: Fault = (request) =>
  request.method === 'GET' || isSignIn(request)
    ? null
    : Response.json({ conflictingRequest: { message: 'It is in use.', code: 409 } }, { status: 409 });

/** Glance has no room for the data of an image. */
export const fullImageStore: Fault = ({ method, url }) =>
  method === 'PUT' && url.endsWith('/file')
    ? new Response('<h1>413 Request Entity Too Large</h1>', { status: 413 })
    : null;

export const failing: Fault = () => new Response('<h1>500 Internal Server Error</h1>', { status: 500 });

export const unreachable: Fault = () => Promise.reject(new TypeError('fetch failed'));

/** Far longer than the deadline, so that on a busy machine too each request meets it. */
const SILENCE_MS = 5_000;

/** Silent, and then down, so that the cleanup after a request does not wait for its own deadline. */
export function silent(): Fault {
  const until = performance.now() + SILENCE_MS;
  return async ({ signal }) => {
    await sleep(Math.max(0, until - performance.now()), undefined, { signal });
    return new Response(null, { status: 503 });
  };
}

function keystoneError(code: number): Response {
  return Response.json({ error: { message: 'Refused.', code } }, { status: code });
}
