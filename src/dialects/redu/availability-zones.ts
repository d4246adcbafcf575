import * as z from 'zod';
import type { AvailabilityZone } from '../../compute/model.ts';
import { pageQuerySchema } from '../../http/page-schemas.ts';
import { route } from '../../http/route.ts';
import { byName, pagedList } from './paged-list.ts';

export const availabilityZoneSchema = z
  .object({ name: z.string(), available: z.boolean() })
  .meta({ id: 'AvailabilityZone' });

export const AVAILABILITY_ZONES = route({
  method: 'GET',
  path: '/v1/availability_zones',
  scope: 'instances:read',
  query: pageQuerySchema,
  status: 200,
  response: { page: availabilityZoneSchema },
});

/** `GET /v1/availability_zones`. */
export const listAvailabilityZones = pagedList(
  (cloud) => cloud.listAvailabilityZones(),
  byName,
  encodeAvailabilityZone,
);

function encodeAvailabilityZone(zone: AvailabilityZone): z.infer<typeof availabilityZoneSchema> {
  return { name: zone.name, available: zone.available };
}
