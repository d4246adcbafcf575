import type { KeyRegions } from '../../../access/key-regions.ts';
import { isFurtherService } from '../../../further-services.ts';
import { regionPath } from '../../../http/region-path.ts';
import { type EndpointName, prefixOf, SERVICE_ENDPOINTS, type Service } from '../services.ts';
import { keystoneId, type NovaSession, type OfferedRegion, type OfferedService } from '../session.ts';

/** One URL for all, so that clients configured for another interface work. */
const INTERFACES = ['public', 'internal', 'admin'] as const;

type Part = EndpointName | Service;

/**
 * Each service with its endpoints in all regions that the key may use, those of the default one first: clients that name no region
 * take the first. Identity is the same in each.
 */
export function catalogOf(session: NovaSession, bound: KeyRegions, publicUrl: string): object[] {
  const regions = session.regions.filter(({ name }) => bound === null || bound.includes(name));
  const services = new Set(regions.flatMap((region) => [...region.services.keys()]));
  return (['identity', ...services] as const).flatMap((part) => {
    const having = regions.filter((region) => part === 'identity' || region.services.has(part));
    const { type, name } = namesOf(part, having);
    const endpoints = having.flatMap((region) => endpointsIn(region, part, type, session, publicUrl));
    return endpoints.length === 0 ? [] : [{ id: keystoneId(type), type, name, endpoints }];
  });
}

/** A further service has the type and the name that the cloud gives it: clients search for one or the other. */
function namesOf(part: Part, [region]: readonly OfferedRegion[]): { type: string; name: string } {
  if (!isFurtherService(part)) return SERVICE_ENDPOINTS[part];
  const offered = region?.services.get(part);
  return { type: offered?.type ?? part, name: offered?.name ?? part };
}

function endpointsIn(
  { name, isDefault, services }: OfferedRegion,
  part: Part,
  type: string,
  { project }: NovaSession,
  publicUrl: string,
): object[] {
  const base = isDefault || part === 'identity' ? publicUrl : publicUrl + regionPath(name);
  const url = base + pathOf(part, part === 'identity' ? undefined : services.get(part), project.id);
  return INTERFACES.map((one) => ({
    id: keystoneId(isDefault ? `${type}/${one}` : `${type}/${one}/${name}`),
    interface: one,
    region: name,
    region_id: name,
    url,
  }));
}

/**
 * Image and network without their version, which clients append (gophercloud to any URL); compute and identity with it, which
 * saves version discovery. Further services as the cloud has it.
 */
function pathOf(part: Part, offered: OfferedService | undefined, projectId: string): string {
  const prefix = prefixOf(part);
  if (isFurtherService(part)) return prefix + (offered?.path ?? '');
  const { version } = SERVICE_ENDPOINTS[part];
  switch (part) {
    case 'image':
    case 'network':
      return prefix;
    case 'volume':
      return `${prefix}/${version}${offered?.projectInPath ? `/${projectId}` : ''}`;
    default:
      return `${prefix}/${version}`;
  }
}
