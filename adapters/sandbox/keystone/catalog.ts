/** @module The service catalog: where each service of the sandbox lives. */

import type { Cloud } from '../cloud.ts';
import { hexId } from '../http.ts';
import { REGION } from './model.ts';

const SERVICES = [
  ['identity', 'keystone', '/identity/v3'],
  ['network', 'neutron', '/networking'],
  ['compute', 'nova', '/compute/v2.1'],
  ['image', 'glance', '/image'],
  ['volumev3', 'cinder', '/volume/v3/'],
] as const;

/** The catalog as it stands in a token. Service and endpoint ids stay the same as long as the cloud lives. */
export function catalog(cloud: Cloud, projectId: string): unknown[] {
  const idOf = (key: string) => {
    const id = cloud.identity.catalogIds.get(key) ?? hexId();
    cloud.identity.catalogIds.set(key, id);
    return id;
  };
  return SERVICES.map(([type, name, path]) => ({
    endpoints: ['internal', 'admin', 'public'].map((scope) => ({
      id: idOf(`${type}/${scope}`),
      interface: scope,
      region_id: REGION,
      // Cinder's addresses name the project.
      url: cloud.baseUrl + path + (path.endsWith('/') ? projectId : ''),
      region: REGION,
    })),
    id: idOf(type),
    type,
    name,
  }));
}
