import { isFurtherService } from '../../../further-services.ts';
import { type EndpointName, prefixOf, SERVICE_ENDPOINTS, type Service } from '../services.ts';
import { keystoneId, type NovaSession } from '../session.ts';

/** One URL for all, so that clients configured for another interface work. */
const INTERFACES = ['public', 'internal', 'admin'] as const;

export function catalogOf(session: NovaSession, publicUrl: string): object[] {
  const offered: (EndpointName | Service)[] = ['identity', ...session.services.keys()];
  return offered.map((part) => {
    const { type, name } = namesOf(part, session);
    const url = publicUrl + pathOf(part, session);
    const { region } = session;
    return {
      id: keystoneId(type),
      type,
      name,
      endpoints: INTERFACES.map((one) => ({
        id: keystoneId(`${type}/${one}`),
        interface: one,
        region,
        region_id: region,
        url,
      })),
    };
  });
}

/** A further service has the type that the cloud gives it, which may be an alias: clients search for one or the other. */
function namesOf(part: EndpointName | Service, { services }: NovaSession): { type: string; name: string } {
  if (!isFurtherService(part)) return SERVICE_ENDPOINTS[part];
  return { type: services.get(part)?.type ?? part, name: part };
}

/**
 * Image and network without their version, which clients append (gophercloud to any URL); compute and identity with it, which
 * saves version discovery. Further services as the cloud has it.
 */
function pathOf(part: EndpointName | Service, { services, project }: NovaSession): string {
  const prefix = prefixOf(part);
  if (isFurtherService(part)) return prefix + (services.get(part)?.path ?? '');
  const { version } = SERVICE_ENDPOINTS[part];
  switch (part) {
    case 'image':
    case 'network':
      return prefix;
    case 'volume':
      return `${prefix}/${version}${services.get(part)?.projectInPath ? `/${project.id}` : ''}`;
    default:
      return `${prefix}/${version}`;
  }
}
