/** @module Nova's errors: `{"<kind>": {"code", "message"}}`. */

import { Fault, json } from '../http.ts';

const KINDS: Record<number, string> = {
  400: 'badRequest',
  403: 'forbidden',
  404: 'itemNotFound',
  409: 'conflictingRequest',
  415: 'badMediaType',
};

/** An error of a status; the envelope's key follows from it. */
export function novaFault(status: number, message: string): Fault {
  return new Fault(status, KINDS[status] ?? 'computeFault', message);
}

export const badRequest = (message: string) => novaFault(400, message);
export const conflict = (message: string) => novaFault(409, message);
export const notFound = (message: string) => novaFault(404, message);

/** 403 of the policy; `rule` as policy.yaml names it, without the prefix. */
export function disallowed(rule: string): Fault {
  return novaFault(403, `Policy doesn't allow os_compute_api:${rule} to be performed.`);
}

/** Nova's error for a path that the requested microversion does not have. */
export function goneAtThisVersion(): Fault {
  return notFound('The resource could not be found.');
}

/** The reply for a fault. */
export function faultReply(fault: Fault): Response {
  const body = { [fault.kind]: { code: fault.status, message: fault.message } };
  return json(fault.status, body, { 'Content-Type': 'application/json; charset=UTF-8', ...fault.headers });
}
