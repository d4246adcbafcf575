import type { NovaCall } from './call.ts';

/** `GET /os-availability-zone`. */
export async function listAvailabilityZones({ c, cloud }: NovaCall): Promise<Response> {
  const zones = (await cloud.listAvailabilityZones()).map(({ name, available }) => ({
    zoneName: name,
    zoneState: { available },
    hosts: null,
  }));
  return c.json({ availabilityZoneInfo: zones });
}
