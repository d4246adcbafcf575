/** @module Neutron's extensions, of the hundred that Neutron lists those that clients check for. */

import { Fault, json } from '../http.ts';
import type { NeutronCall } from './call.ts';

const EXTENSIONS = Object.entries({
  'external-net': 'Neutron external network',
  router: 'Neutron L3 Router',
  'security-group': 'security-group',
  quotas: 'Quota management support',
  quota_details: 'Quota details management support',
  'port-security': 'Port Security',
  'standard-attr-revisions': 'Resource revision numbers',
  'revision-if-match': 'If-Match constraints based on revision_number',
  'standard-attr-tag':
    'Tag support for resources with standard attribute: subnet, trunk, network, router, port',
  'fip-port-details': 'Floating IP Port Details Extension',
  pagination: 'Pagination support',
  sorting: 'Sorting support',
}).map(([alias, name]) => ({
  name,
  alias,
  description: name,
  updated: '2016-01-01T00:00:00-00:00',
  links: [],
}));

/** GET /v2.0/extensions */
export function listExtensions(): Response {
  return json(200, { extensions: EXTENSIONS });
}

/** GET /v2.0/extensions/{alias} */
export function showExtension(_call: NeutronCall, alias: string): Response {
  const extension = EXTENSIONS.find((candidate) => candidate.alias === alias);
  if (!extension) {
    const message = `Extension with alias ${alias} does not exist`;
    throw new Fault(404, 'ExtensionNotFound', message);
  }
  return json(200, { extension });
}
