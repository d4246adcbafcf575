/** @module Flavors: the four that are there. */

import { type Fields, json } from '../http.ts';
import { adminOnly, bodyOf, links, type NovaCall, pageLinks, pageOf } from './call.ts';
import { badRequest, notFound } from './faults.ts';
import type { Flavor } from './model.ts';

/** GET /flavors */
export function listFlavors(call: NovaCall): Response {
  const page = flavorsPage(call);
  const view = page.map((flavor) => ({
    id: flavor.id,
    name: flavor.name,
    links: links(call.cloud, 'flavors', flavor.id),
    ...(call.minor >= 55 && { description: null }),
  }));
  return json(200, { flavors: view, ...pageLinks(call, 'flavors', page, page.at(-1)?.id) });
}

/** GET /flavors/detail */
export function listFlavorsWithDetail(call: NovaCall): Response {
  const page = flavorsPage(call);
  const view = page.map((flavor) => flavorView(call, flavor));
  return json(200, { flavors: view, ...pageLinks(call, 'flavors', page, page.at(-1)?.id) });
}

/** GET /flavors/{id} */
export function showFlavor(call: NovaCall, id: string): Response {
  return json(200, { flavor: flavorView(call, findFlavor(call, id)) });
}

/** GET /flavors/{id}/os-extra_specs */
export function showExtraSpecs(call: NovaCall, id: string): Response {
  findFlavor(call, id);
  return json(200, { extra_specs: {} });
}

/** POST /flavors is for the administrator, and the sandbox makes none. */
export function createFlavor(call: NovaCall): Response {
  adminOnly(call, 'os-flavor-manage:create');
  throw badRequest('The flavors of the sandbox are fixed.');
}

/** PUT /flavors/{id}: schema first, policy after it, as Nova does. */
export function updateFlavor(call: NovaCall): Response {
  bodyOf(call, { type: 'object', required: ['flavor'] });
  adminOnly(call, 'os-flavor-manage:update');
  throw badRequest('The flavors of the sandbox are fixed.');
}

function findFlavor(call: NovaCall, id: string): Flavor {
  const flavor = call.cloud.compute.flavors.find((candidate) => candidate.id === id);
  if (!flavor) throw notFound(`Flavor ${id} could not be found.`);
  return flavor;
}

const SORTABLE: Record<string, (flavor: Flavor) => string | number> = {
  flavorid: (flavor) => flavor.id,
  name: (flavor) => flavor.name,
  memory_mb: (flavor) => flavor.ramMiB,
  vcpus: (flavor) => flavor.vcpus,
  root_gb: (flavor) => flavor.diskGiB,
};

function flavorsPage(call: NovaCall): Flavor[] {
  const { query } = call;
  const least = (name: string) => {
    const value = Number(query.get(name) ?? 0);
    if (!Number.isInteger(value)) throw badRequest(`Invalid ${name} filter [${query.get(name)}]`);
    return value;
  };
  const [minRam, minDisk] = [least('minRam'), least('minDisk')];
  const read = SORTABLE[query.get('sort_key') ?? 'flavorid'] ?? ((flavor: Flavor) => flavor.id);
  const sign = query.get('sort_dir') === 'desc' ? -1 : 1;
  const found = call.cloud.compute.flavors
    .filter((flavor) => flavor.ramMiB >= minRam && flavor.diskGiB >= minDisk)
    .filter(({ name }) => call.minor < 102 || name === (query.get('name') ?? name))
    .sort((a, b) => (read(a) < read(b) ? -sign : sign));
  const page = pageOf(found, query, (flavor) => flavor.id);
  if (!page) throw badRequest(`marker [${query.get('marker')}] not found`);
  return page;
}

function flavorView(call: NovaCall, flavor: Flavor): Fields {
  return {
    id: flavor.id,
    name: flavor.name,
    ram: flavor.ramMiB,
    disk: flavor.diskGiB,
    swap: call.minor >= 75 ? 0 : '',
    'OS-FLV-EXT-DATA:ephemeral': 0,
    ...(call.minor < 102 && { 'OS-FLV-DISABLED:disabled': false, rxtx_factor: 1 }),
    vcpus: flavor.vcpus,
    'os-flavor-access:is_public': true,
    links: links(call.cloud, 'flavors', flavor.id),
    ...(call.minor >= 55 && { description: null }),
    ...(call.minor >= 61 && { extra_specs: {} }),
  };
}
