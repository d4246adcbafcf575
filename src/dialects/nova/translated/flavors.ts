import type { Flavor } from '../../../compute/model.ts';
import { findOrThrow, linksTo, type NovaCall } from './call.ts';
import {
  compareBy,
  pageResponse,
  pageWindow,
  paginate,
  type SortFields,
  sortKeysOf,
  wholeNumber,
} from './lists.ts';

const SORT_FIELDS: SortFields<Flavor> = {
  flavorid: ({ id }) => id,
  name: ({ name }) => name,
  memory_mb: ({ ram }) => ram,
  root_gb: ({ disk }) => disk,
  vcpus: ({ vcpus }) => vcpus,
  is_public: ({ isPublic }) => Number(isPublic),
};
/** Further columns that Nova sorts by. */
const UNSUPPORTED_SORT_KEYS = [
  'created_at',
  'disabled',
  'ephemeral_gb',
  'id',
  'rxtx_factor',
  'swap',
  'updated_at',
  'vcpu_weight',
];

export function listFlavors(call: NovaCall): Promise<Response> {
  return listResponse(call, ({ id, name }) => ({
    id,
    name,
    links: linksTo(call.publicUrl, 'flavors', id),
    ...(call.minor >= 55 && { description: null }),
  }));
}

export function listFlavorsWithDetail(call: NovaCall): Promise<Response> {
  return listResponse(call, (flavor) => flavorView(flavor, call));
}

/** `GET /flavors/{id}`; by name too, as a redu cloud may reference a flavor by name. */
export async function showFlavor(call: NovaCall, idOrName = ''): Promise<Response> {
  return call.c.json({ flavor: flavorView(await flavorOf(call.cloud, idOrName), call) });
}

/** `GET /flavors/{id}/os-extra_specs`: redu reports none. */
export async function listExtraSpecs({ c, cloud }: NovaCall, idOrName = ''): Promise<Response> {
  await flavorOf(cloud, idOrName);
  return c.json({ extra_specs: {} });
}

async function flavorOf(cloud: NovaCall['cloud'], idOrName: string): Promise<Flavor> {
  const flavors = await cloud.listFlavors();
  const byId = flavors.find(({ id }) => id === idOrName);
  return byId ?? findOrThrow(flavors, ({ name }) => name === idOrName, 'Flavor', idOrName);
}

async function listResponse(call: NovaCall, view: (flavor: Flavor) => object): Promise<Response> {
  const { query } = call;
  const minRam = wholeNumber('minRam', query.get('minRam') ?? '0');
  const minDisk = wholeNumber('minDisk', query.get('minDisk') ?? '0');
  const keys = [...sortKeysOf(query, 'asc'), { name: 'flavorid', direction: 'asc' }];
  const compare = compareBy(keys, SORT_FIELDS, 'flavors', UNSUPPORTED_SORT_KEYS);
  const sorted = (await call.cloud.listFlavors()).toSorted(compare);
  const page = paginate(sorted, pageWindow(query), ({ ram, disk }) => ram >= minRam && disk >= minDisk);
  return pageResponse(call, 'flavors', page, view);
}

/** redu reports neither swap nor description nor extra specs. */
function flavorView({ id, name, vcpus, ram, disk, isPublic }: Flavor, { minor, publicUrl }: NovaCall) {
  return {
    id,
    name,
    ram,
    disk,
    vcpus,
    swap: minor >= 75 ? 0 : '',
    rxtx_factor: 1,
    'OS-FLV-EXT-DATA:ephemeral': 0,
    'OS-FLV-DISABLED:disabled': false,
    'os-flavor-access:is_public': isPublic,
    links: linksTo(publicUrl, 'flavors', id),
    ...(minor >= 55 && { description: null }),
    ...(minor >= 61 && { extra_specs: {} }),
  };
}
