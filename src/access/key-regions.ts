import type { ServedRegions } from '../compute/regions.ts';
import type { Principal } from './principal.ts';

/** The regions that an API key is bound to; null: all, also those that are served later. */
export type KeyRegions = Principal['regions'];

/** @param region As `CallContext.region`. */
export function mayUseRegion(
  { regions }: Pick<Principal, 'regions'>,
  region: string,
  served: ServedRegions,
): boolean {
  if (regions === null) return true;
  return region === '' ? regions.some((name) => served.resolve(name) === '') : regions.includes(region);
}

/** Whether a key with the regions `given` may issue or revoke one with those of `wanted`. */
export function isWithinRegions(wanted: KeyRegions, given: KeyRegions): boolean {
  return given === null || (wanted?.every((region) => given.includes(region)) ?? false);
}
