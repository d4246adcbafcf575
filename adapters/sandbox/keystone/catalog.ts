/** @module The service catalog: where each service of the sandbox lives. */

import type { Cloud } from '../cloud.ts';
import { hexId } from '../http.ts';

const SERVICES = [
  ['identity', 'keystone', '/identity/v3'],
  ['network', 'neutron', '/networking'],
  ['compute', 'nova', '/compute/v2.1'],
  ['image', 'glance', '/image'],
  ['volumev3', 'cinder', '/volume/v3/'],
] as const;

/**
 * The catalog as it stands in a token. Service and endpoint ids stay the same as long as the cloud lives. As in Keystone, a service
 * has the endpoints of all regions, and where there are several they are in the order of their ids, which is none. One that no
 * region has is not registered.
 */
export function catalog(cloud: Cloud, projectId: string): unknown[] {
  const { regions, catalogIds } = cloud.identity;
  const idOf = (key: string) => {
    const id = catalogIds.get(key) ?? hexId();
    catalogIds.set(key, id);
    return id;
  };
  const hasSeveral = regions.length > 1;
  const registered = SERVICES.filter(([type]) => regions.some(({ without }) => !without.includes(type)));
  return registered.map(([type, name, path]) => {
    const endpoints = regions
      .filter(({ without }) => !without.includes(type))
      .flatMap((region) =>
        ['internal', 'admin', 'public'].map((scope) => ({
          id: idOf(`${region.name}/${type}/${scope}`),
          interface: scope,
          region_id: region.name,
          // Cinder's addresses name the project.
          url:
            type === 'identity'
              ? cloud.authUrl
              : region.baseUrl + path + (path.endsWith('/') ? projectId : ''),
          region: region.name,
        })),
      );
    if (hasSeveral) endpoints.sort((a, b) => (a.id < b.id ? -1 : 1));
    return { endpoints, id: idOf(type), type, name };
  });
}
