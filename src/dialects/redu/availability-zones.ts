import * as z from 'zod';
import type { AvailabilityZone } from '../../compute/model.ts';
import { byName, pagedList } from './paged-list.ts';

export const availabilityZoneSchema = z
  .object({ name: z.string(), available: z.boolean() })
  .meta({ id: 'AvailabilityZone' });

/** `GET /v1/availability_zones`. */
export const listAvailabilityZones = pagedList(
  (cloud) => cloud.listAvailabilityZones(),
  byName,
  encodeAvailabilityZone,
);

function encodeAvailabilityZone(zone: AvailabilityZone): z.infer<typeof availabilityZoneSchema> {
  return { name: zone.name, available: zone.available };
}
