import { type EndpointName, SERVICE_ENDPOINTS, SERVICES } from '../services.ts';
import { keystoneId, type NovaSession } from '../session.ts';

/** One URL for both, so that clients configured for the internal interface work. */
const INTERFACES = ['public', 'internal'] as const;

export function catalogOf(session: NovaSession, publicUrl: string): object[] {
  const offered: EndpointName[] = [
    'identity',
    ...SERVICES.filter((service) => session.services.has(service)),
  ];
  return offered.map((part) => {
    const { type, name } = SERVICE_ENDPOINTS[part];
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

/**
 * Image and network without their version, which clients append (gophercloud to any URL); compute and identity with it, which
 * saves version discovery.
 */
function pathOf(part: EndpointName, { services, project }: NovaSession): string {
  const { prefix, version } = SERVICE_ENDPOINTS[part];
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
