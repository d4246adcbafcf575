/** @module Neutron's errors: `{"NeutronError": {"type", "message", "detail"}}`. */

import { Fault, json } from '../http.ts';

/** 400 of Neutron's own request check. */
export function badRequest(message: string): Fault {
  return new Fault(400, 'HTTPBadRequest', message);
}

/** 400 for one attribute. */
export function invalidInput(attribute: string, reason: string): Fault {
  return badRequest(`Invalid input for ${attribute}. Reason: ${reason}`);
}

/** 403 of the policy; `rule` as policy.yaml names it. */
export function disallowed(rule: string): Fault {
  return new Fault(403, 'PolicyNotAuthorized', `${rule} is disallowed by policy`);
}

/** 409 when the project has no more of it. */
export function overQuota(resource: string): Fault {
  return new Fault(409, 'OverQuota', `Quota exceeded for resources: ['${resource}'].`);
}

/** The reply for a fault. */
export function faultReply(fault: Fault): Response {
  const { kind: type, message, status, headers } = fault;
  return json(status, { NeutronError: { type, message, detail: '' } }, headers);
}
