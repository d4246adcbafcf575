/** @module One request to Keystone, as its handlers see it. */

import type { Cloud } from '../cloud.ts';
import { type Fields, isFields, parseJson } from '../http.ts';
import { badRequest, forbidden, unauthorized } from './faults.ts';
import type { Principal } from './model.ts';
import { principalOf } from './principal.ts';

export interface KeystoneCall {
  readonly cloud: Cloud;
  readonly request: Request;
  readonly query: URLSearchParams;
  /** The path and query below the service's root, for `links.self`. */
  readonly self: string;
  /** @throws Fault 400 when the body is not a JSON object. */
  body(): Fields;
  /** @throws Fault 401 without a valid token. */
  principal(): Principal;
  /** The principal; requires the role admin. @throws Fault 401 or 403. */
  admin(action: string): Principal;
}

export function keystoneCall(
  cloud: Cloud,
  request: Request,
  url: URL,
  self: string,
  text: string,
): KeystoneCall {
  const path = url.pathname.replace(/^\/identity/, '');
  // Any token may be validated, whatever its access rules.
  const isValidation = request.method === 'GET' && path === '/v3/auth/tokens';
  const principal = () => {
    const found = principalOf(cloud, request, isValidation ? undefined : { type: 'identity', path });
    if (!found) throw unauthorized(cloud);
    return found;
  };
  return {
    cloud,
    request,
    query: url.searchParams,
    self,
    body() {
      const body = parseJson(text);
      if (!isFields(body)) throw badRequest('Expecting to find valid JSON in request body.');
      return body;
    },
    principal,
    admin(action) {
      const found = principal();
      if (!found.isAdmin) throw forbidden(action);
      return found;
    },
  };
}

/** A Keystone collection: the items under their name, and the links that never page. */
export function collection(call: KeystoneCall, name: string, items: unknown[]): unknown {
  return { [name]: items, links: { next: null, self: call.self, previous: null } };
}
