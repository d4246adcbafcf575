import { ComputeError } from '../../../compute/errors.ts';
import type { Flavor } from '../../../compute/model.ts';
import { findOrThrow, linksTo, type NovaCall } from './call.ts';
import { nextLinks, paginate } from './lists.ts';

/** `GET /flavors`. */
export function listFlavors(call: NovaCall): Promise<Response> {
  return listResponse(call, ({ id, name }) => ({ id, name, links: linksTo(call.publicUrl, 'flavors', id) }));
}

/** `GET /flavors/detail`. */
export function listFlavorsWithDetail(call: NovaCall): Promise<Response> {
  return listResponse(call, (flavor) => flavorView(flavor, call.publicUrl));
}

/** `GET /flavors/{id}`; by name too, for a redu cloud may name the flavor of an instance so. */
export async function showFlavor({ c, cloud, publicUrl }: NovaCall, wanted = ''): Promise<Response> {
  return c.json({ flavor: flavorView(await flavorOf(cloud, wanted), publicUrl) });
}

/** `GET /flavors/{id}/os-extra_specs`: none are told. */
export async function listExtraSpecs({ c, cloud }: NovaCall, wanted = ''): Promise<Response> {
  await flavorOf(cloud, wanted);
  return c.json({ extra_specs: {} });
}

async function flavorOf(cloud: NovaCall['cloud'], wanted: string): Promise<Flavor> {
  const flavors = await cloud.listFlavors();
  return (
    flavors.find(({ id }) => id === wanted) ??
    findOrThrow(flavors, ({ name }) => name === wanted, 'Flavor', wanted)
  );
}

async function listResponse(call: NovaCall, view: (flavor: Flavor) => object): Promise<Response> {
  const [minRam, minDisk] = [minimumOf(call, 'minRam'), minimumOf(call, 'minDisk')];
  const flavors = (await call.cloud.listFlavors())
    .filter(({ ram, disk }) => ram >= minRam && disk >= minDisk)
    .toSorted(orderOf(call.query));
  const { items, next } = paginate(call, flavors);
  return call.c.json({ flavors: items.map(view), ...nextLinks('flavors', next) });
}

function minimumOf({ query }: NovaCall, name: string): number {
  const text = query.get(name) ?? '0';
  if (!/^\d{1,9}$/.test(text)) throw ComputeError.field(name, 'must be a whole number of 0 or more');
  return Number(text);
}

const SORTED_BY: Readonly<Record<string, (flavor: Flavor) => string | number>> = {
  flavorid: ({ id }) => id,
  name: ({ name }) => name,
  memory_mb: ({ ram }) => ram,
  root_gb: ({ disk }) => disk,
  vcpus: ({ vcpus }) => vcpus,
};

function orderOf(query: URLSearchParams): (a: Flavor, b: Flavor) => number {
  const key = query.get('sort_key') ?? '';
  const read = (Object.hasOwn(SORTED_BY, key) ? SORTED_BY[key] : undefined) ?? (({ id }) => id);
  const sign = query.get('sort_dir') === 'desc' ? -1 : 1;
  return (a, b) => (read(a) === read(b) ? 0 : read(a) < read(b) ? -sign : sign);
}

function flavorView({ id, name, vcpus, ram, disk, isPublic }: Flavor, publicUrl: string) {
  return {
    id,
    name,
    ram,
    disk,
    vcpus,
    swap: '',
    rxtx_factor: 1,
    'OS-FLV-EXT-DATA:ephemeral': 0,
    'OS-FLV-DISABLED:disabled': false,
    'os-flavor-access:is_public': isPublic,
    links: linksTo(publicUrl, 'flavors', id),
  };
}
