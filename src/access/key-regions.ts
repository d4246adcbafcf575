/** Regions that an API key is bound to; null: all, also those that are served later. */

import { ComputeError } from '../compute/errors.ts';
import type { Principal } from './principal.ts';

export type KeyRegions = Principal['regions'];

export function mayUseRegion({ regions }: Pick<Principal, 'regions'>, region: string): boolean {
  return regions === null || regions.includes(region);
}

/** @throws ComputeError `forbidden`, naming the region. */
export function assertRegion(principal: Pick<Principal, 'regions'>, region: string): void {
  if (!mayUseRegion(principal, region)) {
    throw new ComputeError('forbidden', `This API key may not be used in the region "${region}".`);
  }
}

/** Whether a key with the regions `given` may issue or revoke one with those of `wanted`. */
export function isWithinRegions(wanted: KeyRegions, given: KeyRegions): boolean {
  return given === null || (wanted?.every((region) => given.includes(region)) ?? false);
}
