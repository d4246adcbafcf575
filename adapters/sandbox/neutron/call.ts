/** @module One request to Neutron, as its handlers see it, and the check of its body. */

import type { Cloud } from '../cloud.ts';
import { type Fields, isFields, parseJson } from '../http.ts';
import type { Principal } from '../keystone/model.ts';
import { badRequest } from './faults.ts';

export interface NeutronCall {
  readonly cloud: Cloud;
  readonly request: Request;
  readonly principal: Principal;
  readonly query: URLSearchParams;
  /** Absolute URL of the collection, without query, for paging links. */
  readonly self: string;
  readonly text: string;
}

/** The fields of a resource that a request may set. */
export interface Shape {
  /** The envelope: `network`. */
  name: string;
  required?: readonly string[];
  /** Attributes that may be given at creation. */
  creatable: readonly string[];
  /** Attributes that may be changed later. */
  updatable: readonly string[];
}

/** The attributes of a creation. @throws Fault 400 as Neutron words it. */
export function createBody(call: NeutronCall, shape: Shape): Fields {
  const given = envelope(call, shape.name);
  refuseUnknown(given, [...shape.creatable, 'tenant_id', 'project_id']);
  for (const attribute of shape.required ?? []) {
    if (given[attribute] === undefined) {
      throw badRequest(`Failed to parse request. Required attribute '${attribute}' not specified`);
    }
  }
  return given;
}

/** The attributes of an update. @throws Fault 400 as Neutron words it. */
export function updateBody(call: NeutronCall, shape: Shape): Fields {
  const given = envelope(call, shape.name);
  const known = [...shape.creatable, ...shape.updatable, 'id', 'status', 'tenant_id', 'project_id'];
  refuseUnknown(given, known);
  for (const attribute of Object.keys(given)) {
    if (!shape.updatable.includes(attribute)) {
      throw badRequest(`Cannot update read-only attribute ${attribute}`);
    }
  }
  return given;
}

function envelope(call: NeutronCall, name: string): Fields {
  const body = call.text === '' ? {} : parseJson(call.text);
  if (body === undefined) throw badRequest('Body contains invalid data');
  const given = isFields(body) ? body[name] : undefined;
  if (!isFields(given)) throw badRequest(`Unable to find '${name}' in request body`);
  return given;
}

function refuseUnknown(given: Fields, known: readonly string[]): void {
  const unknown = Object.keys(given).filter((attribute) => !known.includes(attribute));
  if (unknown.length > 0) throw badRequest(`Unrecognized attribute(s) '${unknown.join("', '")}'`);
}

/** A string attribute, or what it is when it was left out. */
export function text(given: Fields, attribute: string, otherwise = ''): string {
  const value = given[attribute];
  return typeof value === 'string' ? value : otherwise;
}
