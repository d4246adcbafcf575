/** @module Keystone's errors: `{"error": {"code", "message", "title"}}`. */

import type { Cloud } from '../cloud.ts';
import { Fault, json, title } from '../http.ts';
import { challenge } from './principal.ts';

const MALFORMED =
  'The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.';

/** 401, always with the same message: Keystone does not reveal the reason. */
export function unauthorized(cloud: Cloud): Fault {
  return new Fault(401, '', 'The request you have made requires authentication.', challenge(cloud));
}

/** 403 for an action of policy.yaml, such as `identity:get_user`. */
export function forbidden(action: string): Fault {
  return new Fault(403, '', `You are not authorized to perform the requested action: ${action}.`);
}

/** 404 for a kind of thing, such as `user`. */
export function notFound(kind: string, id: string): Fault {
  return new Fault(404, '', `Could not find ${kind}: ${id}.`);
}

/** 400; `reason` is followed by the sentence Keystone always adds. */
export function badRequest(reason: string): Fault {
  return new Fault(400, '', `${reason} ${MALFORMED}`);
}

/** 400 for a body that does not fit the schema; only the first line of what jsonschema prints. */
export function invalid(message: string): Fault {
  return new Fault(400, '', message);
}

/** The reply for a fault. */
export function faultReply(fault: Fault): Response {
  const { status, message, headers, kind } = fault;
  const identity = kind === 'identity' ? { identity: {} } : {};
  return json(status, { error: { code: status, ...identity, message, title: title(status) } }, headers);
}
